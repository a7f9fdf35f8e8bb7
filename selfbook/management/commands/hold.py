"""Let nothing leave: no text, booking, cancellation or code, of one practice or of all."""

from time import monotonic, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from booking.workers import under_way
from practices.holds import commands, services
from practices.models import Practice

LOOK_AGAIN = 0.5
"""Seconds between two looks at what is under way."""


class Command(BaseCommand):
    """Safe to repeat. Nothing is claimed once it has answered; what was claimed before is waited for, and counted."""

    help = "Let nothing leave for a practice, or for all: no text, booking, cancellation or code."

    def add_arguments(self, parser: CommandParser) -> None:
        """See `manage.py hold --help`."""
        parser.add_argument("--practice", metavar="ODS", help="Only this practice, by its ODS code; all without it.")
        parser.add_argument("--reason", default="", help="Shown to staff. Write nothing about patients.")
        parser.add_argument("--wait", type=float, default=30.0, help="Seconds to wait for what is under way.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Hold, wait, and say what was under way."""
        practice = commands.practice_of(options["practice"])
        created = services.hold(practice, by=None, reason=options["reason"])
        whom = f"{practice.name} is" if practice else "All practices are"
        self.stdout.write(f"{whom} on hold{'' if created else ' already'}. Nothing new leaves.")
        self._say_what_is_under_way(practice, monotonic() + options["wait"])

    def _say_what_is_under_way(self, practice: Practice | None, until: float) -> None:
        before = left = under_way.count(practice)
        if not before:
            self.stdout.write("Nothing was under way.")
            return
        while left and monotonic() < until:
            sleep(LOOK_AGAIN)
            left = under_way.count(practice)
        self.stdout.write(f"Under way when the hold began, and perhaps gone: {before}.")
        if left:
            self.stdout.write(f"Still without an answer: {left}. Look again with manage.py reconcile.")
