"""Read now what the sweep would: the appointment reports in REPORTS_FOLDER."""

from typing import Any

from django.core.management.base import BaseCommand

from booking.reports import folder


class Command(BaseCommand):
    """Safe to repeat, and beside the sweep. Prints a count and nothing about anybody."""

    help = "Read the appointment reports in REPORTS_FOLDER, and delete those that were stored."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read them all."""
        self.stdout.write(f"{folder.read_all()} reports stored.")
