"""What the commands about one patient share: the NHS number never stands on the command line (retention#commands).

There it would be in the shell's history, and every user of the machine could read it.
"""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number
from practices.holds import commands
from practices.models import Practice

LONGEST = 1_000
"""Characters that are read: an NHS number, with whatever stands around it by mistake."""


def add_arguments(parser: CommandParser) -> None:
    """The practice, and where the NHS number is read from."""
    parser.add_argument("--practice", metavar="ODS", required=True, help="The practice, by its ODS code.")
    parser.add_argument("--file", metavar="PATH", help="Read the NHS number from this file, not from standard input.")


def practice_of(options: dict[str, Any]) -> Practice:
    """The practice that is named. Raises CommandError."""
    practice = commands.practice_of(options["practice"])
    assert practice is not None  # it is required
    return practice


def nhs_number_of(options: dict[str, Any]) -> str:
    """The one NHS number that is in the file or comes in. Raises CommandError, which does not repeat it."""
    try:
        if options["file"]:
            with Path(options["file"]).open(encoding="utf-8") as file:
                text = file.read(LONGEST)
        else:
            text = sys.stdin.read(LONGEST)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The file cannot be read: {type(error).__name__}.") from None
    try:
        return parse_nhs_number(text.strip())
    except NotAnNhsNumber:
        raise CommandError(
            "What came in is not one NHS number of 10 digits. Give it on standard input, or in a file with --file."
        ) from None
