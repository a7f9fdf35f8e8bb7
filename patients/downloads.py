"""The list of those who cannot be sent to, as a CSV that opens cleanly in Excel and can run nothing there."""

import csv
from collections.abc import Iterator

from patients.columns import Column
from patients.models import PatientList, Recipient

_BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that the file is UTF-8."""

# What spreadsheets take for the start of a formula, the full-width signs included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Echo:
    """A file for csv.writer that hands each written row straight back."""

    def write(self, text: str) -> str:
        return text


def cannot_be_sent_csv(patient_list: PatientList) -> Iterator[str]:
    """The rows that cannot be sent, line by line: row number, their columns as written, reason and what to do."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    headers = [found["header"] for found in patient_list.columns]
    columns = [Column(found["column"]) for found in patient_list.columns]
    yield _BYTE_ORDER_MARK + writer.writerow(map(harmless, ["Row", *headers, "Reason", "What to do"]))
    rows = patient_list.recipients.cannot().order_by("row_number")
    for row in rows.iterator(chunk_size=2000):
        yield writer.writerow(map(harmless, _cells(row, columns)))


def _cells(row: Recipient, columns: list[Column]) -> list[str]:
    said = row.explanations()
    return [
        str(row.row_number),
        *(row.original.get(column, "") for column in columns),
        " ".join(one.sentence for one in said),
        " ".join(dict.fromkeys(one.remedy for one in said)),
    ]


def harmless(cell: str) -> str:
    """A cell that a spreadsheet takes as text: an apostrophe goes before what it would take as a formula (ASVS 1.2.10).

    The reader takes that apostrophe off again, so that a corrected download can be uploaded as it is.
    """
    return "'" + cell if cell.startswith(_FORMULA_STARTS) else cell
