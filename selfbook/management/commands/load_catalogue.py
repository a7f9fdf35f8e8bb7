"""Add the SNOMED CT codes and message templates that every installation starts with."""

from typing import Any

from django.core.management.base import BaseCommand

from campaigns.codes import catalogue


class Command(BaseCommand):
    """Safe to run at every deployment: what an administrator changed stays."""

    help = "Add the shared SNOMED CT codes and message templates that are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Add what is missing, and change nothing that is there."""
        catalogue.load()
