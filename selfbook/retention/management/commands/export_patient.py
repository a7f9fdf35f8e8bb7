"""Write a copy of what there is about one patient, for the patient to read (retention#copy-for-a-patient)."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practices.audit import trail as audit
from selfbook.retention import commands, export


class Command(BaseCommand):
    """It changes nothing but the audit trail. The file is for nobody else to read."""

    help = "Write a copy of one patient's data as a file. The NHS number comes on standard input, or in a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """See `manage.py export_patient --help`."""
        commands.add_arguments(parser)
        parser.add_argument("--output", metavar="PATH", required=True, help="The new file, a .zip. It must not exist.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect, write and say how much. Raises CommandError where there is nothing, or no new file."""
        practice, nhs_number = commands.practice_of(options), commands.nhs_number_of(options)
        copy = export.collect(practice, nhs_number)
        if copy.is_empty:
            raise CommandError("There is nothing about this patient in this practice.")
        try:
            descriptor = os.open(options["output"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"The file cannot be written: {type(error).__name__}. It must be a new one.") from None
        with os.fdopen(descriptor, "wb") as file:
            file.write(export.as_zip(copy))
        audit.record("patient.copied", practice=practice, actor=None)
        self.stdout.write(f"{sum(len(section.entries) for section in copy.sections)} entries written.")
