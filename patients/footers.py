"""Tells rows that are no patients, such as totals and repeated headings, from rows of patients with something wrong.

Reports end in such rows, and some repeat their headings on each page. A row that could be a patient's stays one: it
is checked, and staff read what is wrong with it.
"""

import re
from collections.abc import Sequence

from patients import faults
from patients.columns import REQUIRED, Column, FoundColumn, find_columns, known_column
from patients.headers import Header

_THINGS = r"(patients?|rows?|records?|people|persons?|results?|entries)"
_DONE = r"(run|printed|generated|created|produced|exported|extracted)"
_FOOTER = re.compile(
    rf"""
    (grand|sub|overall|report|patients?|list)?[ -]?totals?([ ]({_THINGS}|number|count)([ ]of[ ]{_THINGS})?)?
        [ :=-]*([0-9,]+([ ]{_THINGS})?)?
    | ({_THINGS}[ ])?count[ ]?(of[ ]{_THINGS})?[ :=-]*[0-9,]*
    | (number|no\.?)[ ]of[ ]{_THINGS}[ :=-]*[0-9,]*
    | {_THINGS}([ ](found|listed|returned|selected))?[ :=-]+[0-9,]+
    | [0-9,]+[ ]{_THINGS}([ ](found|listed|returned|selected|affected))?
    | (the[ ])?end([ ]of[ ](the[ ])?(report|list|file|data|export|page|document|search|table).*)?
    | page[ ][0-9]+([ ]?(of|/)[ ]?[0-9]+)?
    | (report|list|search|file)[ ]({_DONE}|name|id)\b.*
    | {_DONE}[ ](on|at|by|from)\b.*
    """,
    re.VERBOSE,
)
_EDGES = " \t\r\n\u00a0*-=_#~.:;()<>[]"
_RULE = re.compile(r"[-=_*.#~ ]{3,}")
_NHS_NUMBER = re.compile(r"(?<![0-9])[0-9]{3}[\s-]?[0-9]{3}[\s-]?[0-9]{4}(?![0-9])")
_DATE = re.compile(r"[0-9]+ ?[/.\- ] ?([0-9]+|[A-Za-z]{3,9})[/.\- ]+[0-9]+|[0-9]{1,2}[A-Za-z]{3,9}[0-9]{2,4}")
_FEWEST_PHONE_DIGITS = 7
_NAMES = (Column.PATIENT_NAME, Column.GIVEN_NAME, Column.FAMILY_NAME)
_COUNT_HEADING = re.compile(
    rf"\W*(({_THINGS}\W+)?(count|total)|(number|count|total)\W+of\W+{_THINGS})\W*", re.IGNORECASE
)


class OtherRows:
    """Knows, for one table, which rows are no patients."""

    def __init__(self, header: Header, columns: Sequence[FoundColumn], system: str) -> None:
        """`columns` are those that are used."""
        self._columns = columns
        self._required = set(REQUIRED[system])
        self._position = {found.column: found.position for found in columns}
        self._names = {found.position for found in columns if found.column in _NAMES}
        self._counts = {at for at, heading in enumerate(header.cells) if _COUNT_HEADING.fullmatch(heading)}

    def has(self, number: int, cells: Sequence[str]) -> bool:
        """Is this row no patient? Raises FileFault when it has headings that are others than the table's.

        `cells` are those of the whole row, at least as many as there are headings.
        """
        if _NHS_NUMBER.search(self._cell(cells, Column.NHS_NUMBER)):
            return False
        filled = [at for at, cell in enumerate(cells) if cell.strip()]
        if not filled:
            return False
        return self._repeats_headings(number, cells) or self._counts_or_ends(cells, filled)

    def _repeats_headings(self, number: int, cells: Sequence[str]) -> bool:
        # Looking every cell up takes long, and in some files no NHS number is plain.
        if "nhs" not in "".join(cells).casefold():
            return False
        again = {found.column for found in find_columns(cells)}
        if not again.issuperset(self._required):
            return False
        if all(known_column(cells[found.position]) == found.column for found in self._columns):
            return True
        raise faults.other_header(number)

    def _counts_or_ends(self, cells: Sequence[str], filled: Sequence[int]) -> bool:
        first = filled[0]
        if self._counts.issuperset(filled):
            return all(cells[at].strip().isdecimal() for at in filled)
        if all(_RULE.fullmatch(cells[at].strip()) for at in filled):
            return True
        words = " ".join(cells[first].casefold().split()).strip(_EDGES)
        if len(filled) == 1 and words.isalpha() and first in self._names:
            # There are people called Count, and perhaps End.
            return False
        return _FOOTER.fullmatch(words) is not None and not self._could_be_patient(cells, first)

    def _could_be_patient(self, cells: Sequence[str], first: int) -> bool:
        """Is there anything in the row, besides the words at its beginning, that a patient has?"""
        others = {column: cells[at] for column, at in self._position.items() if at != first}
        return (
            sum(map(str.isdigit, others.get(Column.MOBILE, ""))) >= _FEWEST_PHONE_DIGITS
            or _DATE.search(others.get(Column.DATE_OF_BIRTH, "")) is not None
            or any(any(map(str.isalpha, others.get(name, ""))) for name in _NAMES)
        )

    def _cell(self, cells: Sequence[str], column: Column) -> str:
        return cells[self._position[column]] if column in self._position else ""
