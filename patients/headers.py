"""Finds the row of headings in a table, whatever the table came in, and says which columns are used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from patients import faults
from patients.columns import ASKED_WHEN_TWICE, DEFINITIONS, REQUIRED, Column, FoundColumn, find_columns

HEADER_WITHIN = 25
"""Rows in which the headings must come: reports may have a title and a date above them."""


@dataclass(frozen=True, slots=True)
class Header:
    """A row with headings that we know: its number in a spreadsheet, its cells, and the known ones among them."""

    row: int
    cells: Sequence[str]
    found: Sequence[FoundColumn]


def find_header(records: Iterable[tuple[int, list[str]]], system: str) -> Header | None:
    """The row, of the first few, with the most columns that the system needs; None when no row has one we know."""
    best: Header | None = None
    for number, cells in islice(records, HEADER_WITHIN):
        if found := find_columns(cells):
            header = Header(number, cells, found)
            best = header if best is None or worth(header, system) > worth(best, system) else best
    return best


def worth(header: Header, system: str) -> tuple[int, int]:
    """Of two rows that could be the headings, the one that is worth more is."""
    known = {found.column for found in header.found}
    return len(known.intersection(REQUIRED[system])), len(known)


def has_needed(header: Header | None, system: str) -> bool:
    """Are all the columns there that the system needs?"""
    return header is not None and {found.column for found in header.found}.issuperset(REQUIRED[system])


def needed_header(header: Header | None, system: str) -> Header:
    """The header, when one was found. Raises FileFault when there is none."""
    if header is None:
        raise faults.no_header([DEFINITIONS[column].name for column in REQUIRED[system]])
    return header


def choose_columns(header: Header, system: str) -> list[FoundColumn]:
    """Each known column once. Raises FileFault when a needed one is missing, or there twice (safety B3, B18).

    Of the columns that are not needed, one that is there twice is left out: which of the two is meant is not ours
    to guess.
    """
    by_column: dict[Column, list[FoundColumn]] = {}
    for one in header.found:
        by_column.setdefault(one.column, []).append(one)
    missing = [column for column in REQUIRED[system] if column not in by_column]
    if missing:
        raise faults.missing_column(
            [DEFINITIONS[column].name for column in missing], [one.header for one in header.found]
        )
    for column, several in by_column.items():
        if len(several) > 1 and (column in REQUIRED[system] or column in ASKED_WHEN_TWICE):
            raise faults.column_twice(DEFINITIONS[column].name, [one.header for one in several])
    return [several[0] for several in by_column.values() if len(several) == 1]
