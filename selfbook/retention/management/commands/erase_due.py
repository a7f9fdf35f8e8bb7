"""Erase now what the nightly sweep would: batches, drafts and lists whose time is over (retention#every-night)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from practices.models import Practice
from selfbook.retention import closing, services


class Command(BaseCommand):
    """Safe to repeat, and to break off. Prints counts and nothing about anybody."""

    help = "Erase the patients of all batches whose time is over, as every night."

    def add_arguments(self, parser: CommandParser) -> None:
        """See `manage.py erase_due --help`."""
        parser.add_argument("--dry-run", action="store_true", help="Only count the batches whose time is over.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, or count."""
        if options["dry_run"]:
            closing.note()
            count = sum(closing.due(practice).count() for practice in Practice.objects.all())
            self.stdout.write(f"{count} batches would be erased.")
            return
        self.stdout.write(f"{services.sweep()} batches erased.")
