"""From a row as written to its verdict. The checks of one row are pure; `ListCheck` adds what needs the whole list."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from integrations.messaging.numbers import MobileFault, NotAMobile, parse_mobile
from patients.columns import Column
from patients.dates import NotABirthDate, parse_birth_date
from patients.models import Verdict
from patients.names import clean_name, split_name
from patients.nhs_numbers import NotAnNhsNumber, parse_nhs_number
from patients.reader import Row
from patients.reasons import Reason
from practices.models import ClinicalSystemName

_LONGEST_KEPT = 500
"""Characters of a cell that are kept to show what was written."""

# How Excel keeps digits as text: ="0123" or '0123.
_TEXT_MARK = re.compile(r"=\"([^\"]*)\"|'(.*)", re.DOTALL)
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
_BROKEN = re.compile(r"[\0\ud800-\udfff]")

_MOBILE_REASONS: dict[MobileFault, Reason] = {
    MobileFault.MISSING: Reason.MOBILE_MISSING,
    MobileFault.UNKNOWN_CHARACTER: Reason.MOBILE_CHARACTERS,
    MobileFault.TOO_SHORT: Reason.MOBILE_TOO_SHORT,
    MobileFault.TOO_LONG: Reason.MOBILE_TOO_LONG,
    MobileFault.LANDLINE: Reason.MOBILE_LANDLINE,
    MobileFault.PERSONAL_NUMBER: Reason.MOBILE_PERSONAL_NUMBER,
    MobileFault.NOT_UK: Reason.MOBILE_NOT_UK,
    MobileFault.NOT_A_MOBILE: Reason.MOBILE_NOT_A_MOBILE,
    MobileFault.INVALID: Reason.MOBILE_INVALID,
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the checks depend on besides the row. `today` is the day in London."""

    system: str
    today: date
    allow_test_numbers: bool


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row with its verdict; the fields are those of a Recipient. Values that were refused are empty."""

    row_number: int
    original: dict[str, str]
    nhs_number: str = ""
    mobile: str = ""
    date_of_birth: date | None = None
    given_name: str = ""
    family_name: str = ""
    verdict: Verdict = Verdict.CANNOT
    reasons: tuple[Reason, ...] = ()
    duplicate_of: int | None = None


def check_row(row: Row, columns: Sequence[Column], rules: Rules) -> CheckedRow:
    """One row by itself: its values, and every reason why it cannot be sent. `columns` name the row's cells."""
    cells = dict(zip(columns, row.cells, strict=True))
    original = {column.value: _keepable(cell) for column, cell in cells.items() if cell}
    if row.damaged or row.overlong:
        # Which cell belongs to which column is in doubt, so none of them is used.
        reason = Reason.ROW_UNREADABLE if row.damaged else Reason.ROW_TOO_LONG
        return CheckedRow(row.number, original, reasons=(reason,))
    reasons: list[Reason] = []
    nhs_number = _nhs_number(_unmarked(cells[Column.NHS_NUMBER]), reasons)
    mobile = ""
    written_birth = _unmarked(cells.get(Column.DATE_OF_BIRTH, ""))
    if rules.system == ClinicalSystemName.SYSTMONE:
        mobile = _mobile(_unmarked(cells[Column.MOBILE]), rules, reasons)
        born = _birth_date(written_birth, rules, reasons)
        good = Verdict.CAN
    else:
        # EMIS has the answer; a date in the file is only compared with it, so one that cannot be read is no fault.
        born = _birth_date(written_birth, rules, [])
        good = Verdict.PENDING
    given, family = _names(cells)
    verdict = Verdict.CANNOT if reasons else good
    return CheckedRow(row.number, original, nhs_number, mobile, born, given, family, verdict, tuple(reasons))


def _nhs_number(written: str, reasons: list[Reason]) -> str:
    try:
        return parse_nhs_number(written)
    except NotAnNhsNumber as refusal:
        reasons.append(refusal.reason)
        return ""


def _mobile(written: str, rules: Rules, reasons: list[Reason]) -> str:
    try:
        return parse_mobile(written, allow_test_numbers=rules.allow_test_numbers).e164
    except NotAMobile as refusal:
        damaged = _SCIENTIFIC.fullmatch(written)
        reasons.append(Reason.MOBILE_SPREADSHEET if damaged else _MOBILE_REASONS[refusal.kind])
        return ""


def _birth_date(written: str, rules: Rules, reasons: list[Reason]) -> date | None:
    try:
        return parse_birth_date(written, today=rules.today)
    except NotABirthDate as refusal:
        reasons.append(refusal.reason)
        return None


def _names(cells: dict[Column, str]) -> tuple[str, str]:
    """Given and family name for the greeting, from whichever columns there are."""
    given, family = clean_name(cells.get(Column.GIVEN_NAME, "")), clean_name(cells.get(Column.FAMILY_NAME, ""))
    if not (given and family) and Column.PATIENT_NAME in cells:
        first, last = split_name(cells[Column.PATIENT_NAME])
        return given or first, family or last
    return given, family


def _unmarked(cell: str) -> str:
    """A cell without the mark that made a spreadsheet keep it as text."""
    match = _TEXT_MARK.fullmatch(cell)
    return cell if match is None else match[1] or match[2] or ""


def _keepable(cell: str) -> str:
    """A cell as PostgreSQL can keep it: what is no character becomes the replacement sign, and there is an end."""
    cell = _BROKEN.sub("\N{REPLACEMENT CHARACTER}", cell)
    return cell if len(cell) <= _LONGEST_KEPT else cell[:_LONGEST_KEPT] + "…"


@dataclass(slots=True)
class ListCheck:
    """The check of a whole list, row after row.

    One patient gets one text: of several rows with the same NHS number the first that can be sent is kept, since
    SystmOne writes a row for each phone number. When their dates of birth differ, none is kept: the later ones say so
    at once, and the first is in `conflicts` (by row number, with the number of the row it clashes with) once all
    rows have been read.
    """

    rules: Rules
    conflicts: dict[int, int] = field(default_factory=dict)
    _kept: dict[str, tuple[int, date | None]] = field(default_factory=dict)

    def check(self, rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[CheckedRow]:
        """Every row with its verdict, in order."""
        for row in rows:
            checked = check_row(row, columns, self.rules)
            yield self._against_earlier(checked) if checked.nhs_number else checked

    def _against_earlier(self, checked: CheckedRow) -> CheckedRow:
        earlier = self._kept.get(checked.nhs_number)
        if earlier is None:
            if not checked.reasons:
                self._kept[checked.nhs_number] = (checked.row_number, checked.date_of_birth)
            return checked
        first, born = earlier
        clash = born is not None and checked.date_of_birth is not None and born != checked.date_of_birth
        if clash:
            self.conflicts.setdefault(first, checked.row_number)
        reason = Reason.CONFLICT if first in self.conflicts else Reason.DUPLICATE
        return replace(checked, verdict=Verdict.CANNOT, reasons=(reason,), duplicate_of=first)
