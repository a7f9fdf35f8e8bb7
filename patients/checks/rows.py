"""From a row as written to its verdict. `RowCheck` looks at one row by itself; `ListCheck` adds what needs the others.

A list may have 100,000 rows, so what depends on the list alone is settled before the first of them, and each value is
read by the shortest way that its usual spelling allows; other spellings take the long way to the same answer
(docs/performance.md).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from integrations.clinical.registry import profile_of
from integrations.messaging.numbers import MobileFault, NotAMobile, Spelling, parse_mobile, plain_mobile
from patients.checks.checked_row import CheckedRow
from patients.checks.duplicates import Clash, Clashes
from patients.columns.known import FORMULA_STARTS, Column
from patients.files.reader import Row, Table
from patients.models import Verdict
from patients.names.greeting import read_name
from patients.names.plain_names import UsualNames
from patients.names.record_marks import MARKED_COLUMNS, mark_in
from patients.reasons import Reason
from patients.tables.unread_columns import Mark
from patients.values.contact_rules import STANDING
from patients.values.corrections import Tidied
from patients.values.dates import BirthDates, NotABirthDate, latest_birth
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number, plain_nhs_number

__all__ = ["CheckedRow", "Clash", "ListCheck", "RowCheck", "Rules", "unmarked"]

_LONGEST_STORED = 500
"""Characters of a cell that are kept to show what was written."""

# How Excel keeps digits as text: ="0123" or '0123.
_TEXT_MARK = re.compile(r"=\"([^\"]*)\"|'(.*)", re.DOTALL)
# 4.477E+11 has lost digits; 7700900123.0 shows that a spreadsheet took the number for an amount.
_SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+|[0-9]+[.,]0+")
_BROKEN = re.compile(r"[\0\ud800-\udfff]")

MOBILE_REASONS: dict[MobileFault, Reason] = {
    MobileFault.MISSING: Reason.MOBILE_MISSING,
    MobileFault.UNKNOWN_CHARACTER: Reason.MOBILE_CHARACTERS,
    MobileFault.TOO_SHORT: Reason.MOBILE_TOO_SHORT,
    MobileFault.TOO_LONG: Reason.MOBILE_TOO_LONG,
    MobileFault.LANDLINE: Reason.MOBILE_LANDLINE,
    MobileFault.PERSONAL_NUMBER: Reason.MOBILE_PERSONAL_NUMBER,
    MobileFault.PREMIUM: Reason.MOBILE_PREMIUM,
    MobileFault.NOT_UK: Reason.MOBILE_NOT_UK,
    MobileFault.NOT_A_MOBILE: Reason.MOBILE_NOT_A_MOBILE,
    MobileFault.INVALID: Reason.MOBILE_INVALID,
}
"""Why a mobile is refused, here and wherever staff type one in."""

_MENDED: dict[Spelling, Tidied] = {
    Spelling.LOST_ZERO: Tidied.MOBILE_ZERO,
    Spelling.PREFIXED: Tidied.MOBILE_PREFIX,
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the checks depend on besides the row. `today` is the day in London.

    `needs_record`: a row without a fault waits until it has been compared with the patient's record.
    """

    system: str
    today: date
    allow_test_numbers: bool
    allow_islands: bool
    text_from_age: int
    needs_record: bool

    @property
    def latest_birth(self) -> date:
        """The date of birth of the youngest patients who are texted: who was born later is under age."""
        return latest_birth(self.text_from_age, self.today)


class RowCheck:
    """The check of one row by itself, made ready for the columns and rules of a list."""

    def __init__(self, columns: Sequence[Column], rules: Rules, keys: Sequence[str] = ()) -> None:
        """`columns` name the cells of every row, in their order; `keys` what they are kept under, if it is another."""
        place = {column: position for position, column in enumerate(columns)}
        of_the_list = not profile_of(rules.system).details_from_record
        self._rules = rules
        self._cell_names = list(keys) or [column.value for column in columns]
        self._nhs_number_at = place[Column.NHS_NUMBER]
        # Where the record has the mobile, a date of birth in the list is only compared: so that need not be right.
        self._mobile_at = place[Column.MOBILE] if of_the_list else None
        self._birth_at = place.get(Column.DATE_OF_BIRTH)
        self._birth_needed = of_the_list
        self._names_at = [place.get(column) for column in MARKED_COLUMNS]
        self._usual_name = UsualNames().read
        self._standing = [(at, STANDING[column]) for at, column in enumerate(columns) if column in STANDING]
        self._birth_dates = BirthDates(rules.today)
        self._latest_birth = rules.latest_birth
        self._good = Verdict.PENDING if rules.needs_record else Verdict.CAN

    def check(self, row: Row) -> CheckedRow:
        """The row's values, and every reason why it cannot be sent.

        Each value is read the short way first: `plain_...` knows the spellings that nearly all rows have.
        """
        number, cells, damaged, overlong, marks = row
        written = "".join(cells)
        if "'" in written:
            cells = [_unguarded(cell) for cell in cells]
        plain = written.isascii() and len(written) <= _LONGEST_STORED and "\0" not in written
        stored = cells if plain else [_keepable(cell) for cell in cells]
        if overlong or (damaged and not self._only_names_are_damaged(cells)):
            # Which cell belongs to which column is in doubt, so none of them is used.
            reason = Reason.ROW_UNREADABLE if damaged else Reason.ROW_TOO_LONG
            return CheckedRow(number, self._cell_names, stored, reasons=(reason,))
        reasons: list[Reason] = []
        tidied: list[Tidied] = []
        cell = cells[self._nhs_number_at]
        nhs_number = plain_nhs_number(cell) or _nhs_number(cell, reasons)
        mobile, born = "", None
        if self._mobile_at is not None:
            cell = cells[self._mobile_at]
            mobile = plain_mobile(cell) or self._mobile(cell, reasons, tidied)
        if self._birth_at is not None:
            cell = cells[self._birth_at]
            born = self._birth_dates.plain(cell) or self._birth_date(cell, reasons, tidied)
            if born is not None and born > self._latest_birth:
                reasons.append(Reason.UNDER_AGE)
        given, family, compared = self._name(cells, reasons, tidied)
        if self._standing:
            reasons += self._said_against(cells)
        verdict, names = Verdict.CANNOT if reasons else self._good, self._cell_names
        # As CheckedRow(...), which takes twice as long, and there is one for every row.
        values = (
            number,
            names,
            stored,
            nhs_number,
            mobile,
            born,
            given,
            family,
            verdict,
            tuple(reasons) if reasons else (),
            tuple(tidied) if tidied else (),
            None,
            compared,
            (),
        )
        checked = tuple.__new__(CheckedRow, values)
        return _marked(checked, marks) if marks else checked

    def _mobile(self, cell: str, reasons: list[Reason], tidied: list[Tidied]) -> str:
        written = unmarked(cell)
        try:
            mobile = parse_mobile(written, allow_test_numbers=self._rules.allow_test_numbers)
        except NotAMobile as refusal:
            damaged = _SHORTENED.fullmatch(written)
            reasons.append(Reason.MOBILE_SPREADSHEET if damaged else MOBILE_REASONS[refusal.kind])
            return ""
        if mobile.island and not self._rules.allow_islands:
            reasons.append(Reason.MOBILE_ISLAND)
            return ""
        if mobile.spelling in _MENDED:
            tidied.append(_MENDED[mobile.spelling])
        return mobile.e164

    def _birth_date(self, cell: str, reasons: list[Reason], tidied: list[Tidied]) -> date | None:
        try:
            born = self._birth_dates.read(unmarked(cell))
        except NotABirthDate as refusal:
            if self._birth_needed:
                reasons.append(refusal.reason)
            return None
        if born.century_taken and not self._birth_needed:
            return None  # the record says which of the centuries it is; the cell is compared with it as it is written
        if born.century_taken:
            tidied.append(Tidied.BIRTH_CENTURY)
        return born.day

    def _only_names_are_damaged(self, cells: Sequence[str]) -> bool:
        """Whether all that the row is judged by is whole, so that at worst the patient is greeted without a name."""
        others = "".join(cell for at, cell in enumerate(cells) if at not in self._names_at)
        return others.isascii() and "\0" not in "".join(cells)

    def _name(
        self, cells: Sequence[str], reasons: list[Reason], tidied: list[Tidied]
    ) -> tuple[str, str, tuple[str, str]]:
        """Given and family name, and both as rows are compared; a mark in them is a reason to leave the row out."""
        title_at, given_at, family_at, whole_at = self._names_at
        title = "" if title_at is None else cells[title_at]
        given = "" if given_at is None else cells[given_at]
        family = "" if family_at is None else cells[family_at]
        whole = "" if whole_at is None else cells[whole_at]
        if usual := self._usual_name(title, given, family, whole):
            return usual
        name = read_name(title, given, family, whole)
        tidied += name.remarks
        if mark := mark_in(title, given, family, whole):
            reasons.append(mark.reason)
        return name.given, name.family, name.compared

    def _said_against(self, cells: Sequence[str]) -> list[Reason]:
        """What the file itself says against a text, each reason once."""
        reasons = [read(unmarked(cells[place])) for place, read in self._standing]
        return list(dict.fromkeys(reason for reason in reasons if reason))


class ListCheck:
    """The check of a whole list, row after row, in memory that grows by about 130 bytes for each patient.

    `conflicts` has the rows that could be sent when they were read, and must be held back now, by row number, once all
    rows have been read.
    """

    def __init__(self, rules: Rules) -> None:
        """Check against `rules`; one list has one of these, because it remembers every patient."""
        self.rules = rules
        self._clashes = Clashes()

    @property
    def conflicts(self) -> Mapping[int, Clash]:
        """See above; for `storing.hold_back`."""
        return self._clashes.held_back

    def check_table(self, table: Table) -> Iterator[CheckedRow]:
        """Every row of a table with its verdict, in order, each section's by its own columns."""
        return chain.from_iterable(
            self.check(rows, [known.column for known in section.columns], [known.key for known in section.columns])
            for section, rows in table.sections()
        )

    def check(self, rows: Iterable[Row], columns: Sequence[Column], keys: Sequence[str] = ()) -> Iterator[CheckedRow]:
        """Every row with its verdict, in order; `columns` and `keys` as in RowCheck."""
        check, compare = RowCheck(columns, self.rules, keys).check, self._clashes.compare
        for row in rows:
            checked = check(row)
            yield compare(checked) if checked.nhs_number else checked


def _marked(row: CheckedRow, marks: Sequence[Mark]) -> CheckedRow:
    """The row with what it says that staff are asked about, in the words of the file."""
    asked = tuple(dict.fromkeys(question.number for question, _ in marks))
    more = {question.key: _keepable(text) for question, text in marks if question.key not in row.cell_names}
    return row._replace(cell_names=[*row.cell_names, *more], cells=[*row.cells, *more.values()], asked=asked)


def _nhs_number(cell: str, reasons: list[Reason]) -> str:
    try:
        return parse_nhs_number(unmarked(cell))
    except NotAnNhsNumber as refusal:
        reasons.append(refusal.reason)
        return ""


def unmarked(cell: str) -> str:
    """A cell without the mark that made a spreadsheet keep it as text."""
    match = _TEXT_MARK.fullmatch(cell)
    return cell if match is None else match[1] or match[2] or ""


def _unguarded(cell: str) -> str:
    """A cell without the apostrophe that our downloads put before what a spreadsheet would take as a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def _keepable(cell: str) -> str:
    """A cell as PostgreSQL can keep it: what is no character becomes the replacement sign, and there is an end."""
    cell = _BROKEN.sub("\N{REPLACEMENT CHARACTER}", cell)
    return cell if len(cell) <= _LONGEST_STORED else cell[:_LONGEST_STORED] + "…"
