"""Erase one patient of a practice, because they ask (retention#erase-a-patient)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practices.models import Practice
from selfbook.retention import commands, patient


class Command(BaseCommand):
    """Safe to repeat. Prints counts and nothing about anybody."""

    help = "Erase one patient of a practice. The NHS number comes on standard input, or in a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """See `manage.py erase_patient --help`."""
        commands.add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="Erase. Without it, only say how much there is.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, or say what would be. Raises CommandError while something of the patient is on its way."""
        practice, nhs_number = commands.practice_of(options), commands.nhs_number_of(options)
        try:
            extent = self._extent(practice, nhs_number, options)
        except patient.UnderWay as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{extent.rows} rows of lists, {extent.invitations} invitations.")
        if extent.to_come:
            self.stdout.write(f"{extent.to_come} appointments to come stay in the appointment book: tell the practice.")
        self.stdout.write("Erased." if options["yes"] else "Nothing was erased. Add --yes to erase.")

    def _extent(self, practice: Practice, nhs_number: str, options: dict[str, Any]) -> patient.Extent:
        if options["yes"]:
            return patient.erase(practice, nhs_number, by=None)
        return patient.extent(practice, nhs_number)
