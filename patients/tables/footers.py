"""Tells rows that are no patients, such as totals, from rows of patients with something wrong.

Reports end in such rows. A row that could be a patient's stays one: it is checked, and staff read what is wrong with
it.
"""

import re
from collections.abc import Callable, Sequence

from patients.columns.known import Column, FoundColumn
from patients.tables.headers import Header

_ROWS = r"(patients?|rows?|records?|people|persons?|population|results?|entries)"
_DONE = r"(run|printed|generated|created|produced|exported|extracted)"
_FOOTER = re.compile(
    rf"""
    (grand|sub|overall|report|patients?|list)?[ -]?totals?([ ]({_ROWS}|number|count)([ ]of[ ]{_ROWS})?)?
        [ :=-]*([0-9,]+([ ]{_ROWS})?)?
    | (total[ ])?({_ROWS}[ ]){{0,2}}(count|size)[ ]?(of[ ]{_ROWS})?[ :=-]*[0-9,]*
    | (total|whole|parent|base)[ ]population[ :=-]*[0-9,]*
    | (number|no\.?)[ ]of[ ]{_ROWS}[ :=-]*[0-9,]*
    | {_ROWS}([ ](found|listed|returned|selected))?[ :=-]+[0-9,]+
    | [0-9,]+[ ]{_ROWS}([ ](found|listed|returned|selected|affected|in[ ](the[ ])?(population|report|list|search)))?
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
_COUNT_HEADING = re.compile(rf"\W*(({_ROWS}\W+)?(count|total)|(number|count|total)\W+of\W+{_ROWS})\W*", re.IGNORECASE)
_COUNTED = re.compile(rf"{_ROWS}[ :=-]+[0-9,]+")
_COUNT = re.compile(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,6}")


class OtherRows:
    """Knows, for the rows below one row of headings, which are no patients."""

    def __init__(
        self, header: Header, columns: Sequence[FoundColumn], only_counts: Callable[[int], bool] = lambda at: False
    ) -> None:
        """`columns` are those that are read; `only_counts` says whether another has had nothing but counts so far."""
        self._position = {column.column: column.position for column in columns}
        self._names = {column.position for column in columns if column.column in _NAMES}
        self._wordy = self._names | {column.position for column in columns if column.column is Column.TITLE}
        self._read = {column.position for column in columns}
        self._counts = {at for at, heading in enumerate(header.cells) if _COUNT_HEADING.fullmatch(heading)}
        self._only_counts = only_counts

    def has(self, cells: Sequence[str], patients: int) -> bool:
        """Is this row no patient? `patients` is how many rows above it are.

        `cells` are those of the whole row, at least as many as there are headings.
        """
        filled = [at for at, cell in enumerate(cells) if cell.strip()]
        return self._is_bare_count(cells, filled, patients) or self._counts_or_ends(cells, filled)

    def is_numbered(self, cells: Sequence[str]) -> bool:
        """Is there an NHS number in the row's cell for it?"""
        return _NHS_NUMBER.search(self._cell(cells, Column.NHS_NUMBER)) is not None

    def _is_bare_count(self, cells: Sequence[str], filled: Sequence[int], patients: int) -> bool:
        """Is there nothing in the row but a number where no number of a patient is, or the number of its patients?"""
        if len(filled) != 1 or not _COUNT.fullmatch(cells[filled[0]].strip()):
            return False
        at = filled[0]
        if at == self._position[Column.NHS_NUMBER]:
            return 1 < int(cells[at].replace(",", "")) == patients
        return at in self._wordy or (at not in self._read and self._only_counts(at))

    def _counts_or_ends(self, cells: Sequence[str], filled: Sequence[int]) -> bool:
        first = filled[0]
        if self._counts.issuperset(filled):
            return all(cells[at].strip().isdecimal() for at in filled)
        if all(_RULE.fullmatch(cells[at].strip()) for at in filled):
            return True
        text = " ".join(cells[first].casefold().split()).strip(_EDGES)
        if len(filled) == 1 and text.isalpha() and first in self._names:
            # There are people called Count, and perhaps End.
            return False
        together = text if len(filled) == 1 else " ".join([text, *(cells[at].strip() for at in filled[1:])])
        is_footer = _FOOTER.fullmatch(text) or _COUNTED.fullmatch(together)
        return is_footer is not None and not self._could_be_patient(cells, first)

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
