"""Let things leave again that a person has held."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practices.holds import commands, services


class Command(BaseCommand):
    """Ends what `hold` began. What Selfbook holds by itself, after a restore, `reconcile --release` lets go."""

    help = "Let things leave again for a practice, or for all, that a person has held."

    def add_arguments(self, parser: CommandParser) -> None:
        """See `manage.py release --help`."""
        parser.add_argument(
            "--practice", metavar="ODS", help="The hold of this practice, by its ODS code; that of all without it."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Release, and say what still holds."""
        practice = commands.practice_of(options["practice"])
        count = services.release(practice, by=None)
        rest = list(services.in_force(practice))
        self.stdout.write("Released." if count else "Nobody has held that by hand.")
        for hold in rest:
            self.stdout.write(f"Still on hold: {hold}.")
        if any(hold.cause in services.AUTOMATIC for hold in rest):
            raise CommandError(
                "See what is due, and let it go: manage.py reconcile, then manage.py reconcile --release"
            )
