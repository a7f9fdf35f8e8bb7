"""After a restore: what is due, what has gone since the dump, and letting things leave (restoring#step-by-step)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practices.holds import commands
from practices.models import Hold, Practice
from selfbook.reconciling import due, services


class Command(BaseCommand):
    """Safe to repeat, and to break off. It sends nothing. Prints counts and nothing about anybody."""

    help = "Find out what went before the database was restored, and let things leave again."

    def add_arguments(self, parser: CommandParser) -> None:
        """See `manage.py reconcile --help`."""
        parser.add_argument("--practice", metavar="ODS", help="Only this practice, by its ODS code; all without it.")
        parser.add_argument("--due", action="store_true", help="Only show what is due, and ask nobody.")
        parser.add_argument("--release", action="store_true", help="Then let things leave, where all was found out.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the practices that Selfbook holds by itself."""
        practice = commands.practice_of(options["practice"])
        held = [hold for hold in services.held() if practice is None or hold.practice_id == practice.id]
        if not held:
            self.stdout.write("Selfbook holds nothing by itself.")
        failed = [hold for hold in held if not self._go_through(hold, options)]
        if failed:
            raise CommandError(f"Still on hold: {len(failed)} of {len(held)} practices.")

    def _go_through(self, hold: Hold, options: dict[str, Any]) -> bool:
        practice = hold.practice
        assert practice is not None
        self.stdout.write(f"{hold}. Last known: {hold.last_known or hold.since:%Y-%m-%d %H:%M} UTC.")
        self._show_due(practice, "Due now")
        if options["due"]:
            return True
        report = services.find_out(practice)
        if report.trouble:
            self.stdout.write(f"  {services.describe_trouble(report.trouble)}")
            return False
        for name, label in services.LABELS.items():
            if count := getattr(report, name):
                self.stdout.write(f"  {count} {label}")
        self._show_due(practice, "Due once released")
        if options["release"]:
            services.let_go(practice, by=None)
            self.stdout.write("  Released: things may leave again.")
        return True

    def _show_due(self, practice: Practice, title: str) -> None:
        rows = due.of(practice)
        self.stdout.write(f"  {title}: {'nothing' if not rows else ''}".rstrip())
        for row in rows:
            self.stdout.write(f"    {row.count} {row.kind}, oldest {row.age}")
