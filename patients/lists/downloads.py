"""Lists of patients as CSVs that open cleanly in Excel and can run nothing there."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from patients.columns.known import FORMULA_STARTS, Column
from patients.models import PatientList, Recipient
from patients.values.original_row import key_of

_BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that the file is UTF-8."""

_DIGITS = re.compile("[0-9]+")
_SHOWN_WHOLE = 11
"""Digits of a number that Excel still shows as it is; it writes longer ones as 4.477E+11."""


class _Echo:
    """A file for csv.writer that hands each written row straight back."""

    def write(self, text: str) -> str:
        return text


PATIENT_HEADERS = ("First name", "Surname", "NHS number", "Mobile", "Date of birth")
"""Headings for `patient_cells`: all that a list of either clinical system needs, so that each file can be uploaded."""


def patient_cells(patient: Recipient) -> list[str]:
    """A patient as every file of ours has them; what is not known is empty."""
    mobile, born = patient.mobile, patient.date_of_birth
    return [
        patient.given_name,
        patient.family_name,
        lasting(patient.nhs_number, Column.NHS_NUMBER),
        lasting("0" + mobile.removeprefix("+44") if mobile.startswith("+44") else mobile, Column.MOBILE),
        # With the month in letters a spreadsheet would shorten the year to two digits.
        f"{born.day:02}/{born.month:02}/{born.year}" if born else "",
    ]


def cannot_be_sent_csv(patient_list: PatientList) -> Iterator[str]:
    """The rows that cannot be sent, line by line: row number, their columns as written, reason and what to do.

    Columns that staff are asked about are among them, so that nobody is texted because such a column has gone. The
    reader takes such a file back in, with the same values, so that it can be corrected and uploaded as it is.
    """
    headers = _headers(patient_list)
    rows = patient_list.recipients.cannot().order_by("row_number").iterator(chunk_size=2000)
    return csv_lines(["Row", *headers.values(), "Reason", "What to do"], (_cells(row, list(headers)) for row in rows))


def _headers(patient_list: PatientList) -> dict[str, str]:
    """The headings of a list's columns that are kept, by their keys: those that were read, and those asked about."""
    asked = set(patient_list.questions.values_list("key", flat=True))
    unread = [column for column in patient_list.unread_columns if column["key"] in asked]
    headers: dict[str, str] = {}
    for column in (*patient_list.columns, *unread):
        headers.setdefault(key_of(column), column["header"])
    return headers


def csv_lines(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A CSV, line by line, of cells that a spreadsheet takes as text."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield _BYTE_ORDER_MARK + writer.writerow(map(harmless, headers))
    for row in rows:
        yield writer.writerow(map(harmless, row))


def _cells(row: Recipient, keys: Sequence[str]) -> list[str]:
    explanations = row.explanations()
    return [
        str(row.row_number),
        *(lasting(row.original.get(key, ""), key) for key in keys),
        " ".join(
            f"{explanation.where}: {explanation.sentence}" if explanation.where else explanation.sentence
            for explanation in explanations
        ),
        " ".join(dict.fromkeys(explanation.remedy for explanation in explanations)),
    ]


def lasting(cell: str, column: str) -> str:
    """A cell of a column (a Column value, or another key) whose digits outlive being opened and saved in a spreadsheet.

    A spreadsheet takes plain digits for a number, drops the zeros before them and shortens long ones. Spaces stop
    that: after the fifth digit of a mobile, and 3-3-4 in an NHS number. The reader passes over them.
    """
    if not _DIGITS.fullmatch(cell):
        return cell
    if column == Column.NHS_NUMBER and len(cell) == 10:
        return f"{cell[:3]} {cell[3:6]} {cell[6:]}"
    at_risk = cell.startswith("0") or len(cell) > _SHOWN_WHOLE
    if len(cell) > 5 and (column == Column.MOBILE or at_risk):
        return f"{cell[:5]} {cell[5:]}"
    return "'" + cell if at_risk and cell != "0" else cell


def harmless(cell: str) -> str:
    """A cell that a spreadsheet takes as text: an apostrophe goes before what it would take as a formula (ASVS 1.2.10).

    The reader takes that apostrophe off again, so that a corrected download can be uploaded as it is.
    """
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell
