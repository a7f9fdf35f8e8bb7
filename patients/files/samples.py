"""Writes sample patient lists, laid out as EMIS and SystmOne lay out theirs."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TextIO

from practices.models import ClinicalSystemName

SYSTMONE_HEADINGS = (
    "Title", "First name", "Surname", "Date of birth", "NHS number", "Telecom number", "Patient count",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A made-up patient, or a faulty row: a date given as text is written as it is, like everything else."""

    nhs_number: str
    mobile: str = ""
    date_of_birth: date | str = ""
    given_name: str = ""
    family_name: str = ""
    title: str = ""


def write_sample(*, system: str, rows: Iterable[SampleRow], file: TextIO) -> None:
    """Write rows as one system exports them; open the file with newline="". EMIS lists need the NHS number only."""
    writer = csv.writer(file, lineterminator="\r\n")
    if system == ClinicalSystemName.EMIS:
        writer.writerow(["NHS Number"])
        writer.writerows([_spaced(row.nhs_number)] for row in rows)
        return
    writer.writerow(SYSTMONE_HEADINGS)
    for row in rows:
        born = row.date_of_birth if isinstance(row.date_of_birth, str) else _systmone_date(row.date_of_birth)
        writer.writerow([row.title, row.given_name, row.family_name, born, row.nhs_number, row.mobile, "1"])


def _spaced(nhs_number: str) -> str:
    """An NHS number as it is printed: 999 000 0018. What a spreadsheet made of one stays as it is."""
    if not nhs_number.isdecimal():
        return nhs_number
    return f"{nhs_number[:3]} {nhs_number[3:6]} {nhs_number[6:]}".strip()


def _systmone_date(day: date) -> str:
    return f"{day:%d-%b-%Y}"
