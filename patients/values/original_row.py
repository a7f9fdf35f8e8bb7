"""A row as it was written: which of its columns are which, as the staff member's spreadsheet shows them.

Columns are those that a PatientList keeps; where a file has headings again, each row goes by those above it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from patients.columns.known import Column, letters
from patients.reasons import Reason, column_of
from patients.values.contact_rules import STANDING

Columns = Sequence[Mapping[str, Any]]


def columns_of(columns: Columns, row_number: int) -> Columns:
    """The columns that are read in a row: those below the last headings above it."""
    starts = {entry.get("from_row", 0) for entry in columns}
    start = max((start for start in starts if start <= row_number), default=0)
    return [entry for entry in columns if entry.get("from_row", 0) == start] if len(starts) > 1 else columns


def key_of(column: Mapping[str, Any]) -> str:
    """What a column's cells are kept under."""
    return str(column["key"] if "key" in column else column["column"])


def place(column: Mapping[str, Any]) -> str:
    """A column's heading and letter, "Telecom number, column F"; the letter alone when it has no heading."""
    letter = f"column {letters(column['position'])}"
    return f"{column['header']}, {letter}" if column["header"] else letter


def place_of(column: Column, columns: Columns, row_number: int) -> str:
    """Where a known column is in a row; empty when the file does not have it."""
    return next((place(entry) for entry in columns_of(columns, row_number) if entry["column"] == column), "")


def place_of_reason(
    reason: str, original: Mapping[str, str], columns: Columns, unread: Columns, row_number: int
) -> str:
    """The column of a row that gives a reason; empty when it is about no column."""
    if (column := column_of(reason)) is not None:
        return place_of(column, columns, row_number)
    if reason in (Reason.LEFT_OUT, Reason.COLUMN_UNANSWERED):
        return " and ".join(place(entry) for entry in unread if entry["key"] in original)
    for entry in columns_of(columns, row_number):
        says = STANDING.get(entry["column"])
        if says is not None and says(original.get(key_of(entry), "").lstrip("'")) == reason:
            return place(entry)
    return ""


def as_written(
    original: Mapping[str, str], columns: Columns, unread: Columns, row_number: int
) -> list[tuple[str, str]]:
    """Each heading of a row with what stands below it; columns that staff are asked about come last."""
    read = [(entry["header"], original.get(key_of(entry), "")) for entry in columns_of(columns, row_number)]
    return [*read, *((place(entry), original[entry["key"]]) for entry in unread if entry["key"] in original)]
