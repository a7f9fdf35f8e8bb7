"""Finds the row of headings in a table, whatever it came in, and says which columns are used (lists#headings)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from patients.columns.known import (
    ABOUT_STANDING,
    DEFINITIONS,
    Column,
    FoundColumn,
    find_columns,
    key_of,
    required,
    says_mobile,
)
from patients.tables import faults
from patients.tables.patient_likeness import could_be_patient, split_single_cell

HEADER_WITHIN = 25
"""Rows in which the headings must come: reports may have a title and a date above them."""

_FEWEST_WITHOUT_NHS_NUMBER = 2
_AMBIGUOUS = "nhs"
LIKE_HEADINGS = re.compile(r"nhs|birth|\bdob\b|mobile|telecom|telephone|phone|name|patient", re.IGNORECASE)
"""What a row of headings has in it somewhere."""

_HAS_NUMBER = re.compile(r"[0-9][0-9 -]{5}")


@dataclass(frozen=True, slots=True)
class Header:
    """A row with headings that we know: its number in a spreadsheet, its cells, and the known ones among them."""

    row: int
    cells: Sequence[str]
    found: Sequence[FoundColumn]


def find_header(records: Iterable[tuple[int, list[str]]], system: str) -> Header | None:
    """The row, of the first few, with the most columns that the system needs; None when no row has one we know.

    Where lists were joined there are several such rows. Then the first that has patients below it begins the table.
    """
    head = list(islice(records, HEADER_WITHIN))
    # The cells of a patient may be words that are headings, too, such as "Registered".
    headers = [
        Header(number, cells, matches)
        for number, cells in head
        if (matches := find_columns(cells)) and not could_be_patient(cells)
    ]
    if not headers:
        return None
    whole = [header for header in headers if has_needed(header, system)]
    for header, following in pairwise(whole):
        if any(header.row < number < following.row and could_be_patient(cells) for number, cells in head):
            return header
    return max(headers, key=lambda header: worth(header, system))


def find_single_cell_header(records: Iterable[tuple[int, list[str]]], system: str) -> int | None:
    """The row, of the first few, in whose single filled cell all the headings stand that the system needs."""
    for number, cells in islice(records, HEADER_WITHIN):
        columns = {column.column for column in find_columns(split_single_cell(cells))}
        if len(columns) > 1 and columns.issuperset(required(system)):
            return number
    return None


def heading_again(cells: Sequence[str], header: Header, system: str) -> list[FoundColumn]:
    """The known columns of a row when it is one of headings, below those of a table; none when it is not.

    A row of a patient may have a word in it that is a heading, too, such as "Registered".
    """
    places = {(match.column, match.position) for match in header.found}
    # "NHS" in another column says what kind of patient it is.
    matches = [
        match
        for match in find_columns(cells)
        if key_of(match.header) != _AMBIGUOUS or (match.column, match.position) in places
    ]
    columns = {match.column for match in matches}
    if any(map(_HAS_NUMBER.search, cells)):
        return []
    several = len(columns) > (1 if Column.NHS_NUMBER in columns else _FEWEST_WITHOUT_NHS_NUMBER)
    return matches if several or columns.issuperset(required(system)) else []


def is_same(cells: Sequence[str], header: Header) -> bool:
    """Do these cells have the same headings in the same places?"""
    ours, theirs = (list(map(key_of, row)) for row in (cells, header.cells))
    longer = max(len(ours), len(theirs))
    return ours + [""] * (longer - len(ours)) == theirs + [""] * (longer - len(theirs))


def worth(header: Header, system: str) -> tuple[int, int]:
    """Of two rows that could be the headings, the one that is worth more is."""
    known = {match.column for match in header.found}
    return len(known.intersection(required(system))), len(known)


def has_needed(header: Header | None, system: str) -> bool:
    """Are all the columns there that the system needs?"""
    return header is not None and {match.column for match in header.found}.issuperset(required(system))


def needed_header(header: Header | None, system: str) -> Header:
    """The header, when one was found. Raises FileFault when there is none."""
    if header is None:
        raise faults.no_header([DEFINITIONS[column].name for column in required(system)])
    return header


def heading_of_people(row: int, cells: Sequence[str]) -> Header | None:
    """A row that has headings as lists of people have, needed or not; None when it has none."""
    matches = find_columns(cells)
    return Header(row, cells, matches) if len({match.column for match in matches}) > 1 else None


def missing_columns(header: Header, system: str) -> list[str]:
    """The names of the columns that a system needs and that are not there."""
    there = {match.column for match in header.found}
    return [DEFINITIONS[column].name for column in required(system) if column not in there]


def choose_columns(header: Header, system: str) -> list[FoundColumn]:
    """The columns that are read. Raises FileFault when a needed one is missing, or there twice.

    Of several with phone numbers the only one that says that they are mobiles is taken. Columns about standing are all
    read. Of other columns that are not needed, one that is there twice is left out: which of the two is meant is not
    ours to guess.
    """
    by_column: dict[Column, list[FoundColumn]] = {}
    for match in header.found:
        by_column.setdefault(match.column, []).append(match)
    if missing := missing_columns(header, system):
        raise faults.missing_column(missing, [match.header for match in header.found])
    chosen: list[FoundColumn] = []
    for column, several in by_column.items():
        if column in ABOUT_STANDING:
            chosen += [several[0], *(replace(match, key=f"{column}_{n}") for n, match in enumerate(several[1:], 2))]
            continue
        if len(several) > 1 and column is Column.MOBILE:
            several = [match for match in several if says_mobile(match.header)] or several
        if len(several) == 1:
            chosen += several
        elif column in required(system):
            raise faults.column_twice(DEFINITIONS[column].name, [match.header for match in several])
    return sorted(chosen, key=lambda match: match.position)
