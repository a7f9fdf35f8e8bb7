"""Made-up patients for sample lists, and how the record systems write what is known of them."""

from dataclasses import dataclass
from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A made-up patient, or a faulty row: a date given as text is written as it is, like everything else."""

    nhs_number: str
    mobile: str = ""
    date_of_birth: date | str = ""
    given_name: str = ""
    family_name: str = ""
    title: str = ""


def spaced_nhs_number(row: SampleRow) -> str:
    """An NHS number as it is printed: 999 000 0018. What a spreadsheet made of one stays as it is."""
    number = row.nhs_number
    return f"{number[:3]} {number[3:6]} {number[6:]}".strip() if number.isdecimal() else number


def birth_with_month_name(row: SampleRow) -> str:
    """A date of birth such as 09-Mar-1958, whatever the machine's language."""
    born = row.date_of_birth
    return born if isinstance(born, str) else f"{born.day:02}-{_MONTHS[born.month - 1]}-{born.year}"
