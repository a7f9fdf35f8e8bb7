"""Lists of patients as CSVs that open cleanly in Excel and can run nothing there."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from patients.columns import FORMULA_STARTS, Column
from patients.models import PatientList, Recipient

_BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that the file is UTF-8."""

_DIGITS = re.compile("[0-9]+")
_SHOWN_WHOLE = 11
"""Digits of a number that Excel still shows as it is; it writes longer ones as 4.477E+11."""


class _Echo:
    """A file for csv.writer that hands each written row straight back."""

    def write(self, text: str) -> str:
        return text


def cannot_be_sent_csv(patient_list: PatientList) -> Iterator[str]:
    """The rows that cannot be sent, line by line: row number, their columns as written, reason and what to do.

    The reader takes such a file back in, with the same values, so that it can be corrected and uploaded as it is.
    """
    headers = [found["header"] for found in patient_list.columns]
    columns = [Column(found["column"]) for found in patient_list.columns]
    rows = patient_list.recipients.cannot().order_by("row_number").iterator(chunk_size=2000)
    return csv_lines(["Row", *headers, "Reason", "What to do"], (_cells(row, columns) for row in rows))


def csv_lines(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A CSV, line by line, of cells that a spreadsheet takes as text."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield _BYTE_ORDER_MARK + writer.writerow(map(harmless, headers))
    for row in rows:
        yield writer.writerow(map(harmless, row))


def _cells(row: Recipient, columns: list[Column]) -> list[str]:
    said = row.explanations()
    return [
        str(row.row_number),
        *(lasting(row.original.get(column, ""), column) for column in columns),
        " ".join(f"{one.where}: {one.sentence}" if one.where else one.sentence for one in said),
        " ".join(dict.fromkeys(one.remedy for one in said)),
    ]


def lasting(cell: str, column: Column) -> str:
    """A cell whose digits outlive being opened and saved in a spreadsheet.

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
