"""Rows of one list with the same NHS number: which one is kept, and when they clash so that none may be.

A wrong NHS number in one of two rows would send a text to somebody else, so rows that differ are all held back
(lists#same-patient-twice).
"""

from struct import Struct
from typing import NamedTuple

from patients.checks.checked_row import CheckedRow
from patients.models import Verdict
from patients.reasons import NAME_MARKS, Reason
from patients.values.contact_rules import ABOUT_THE_PATIENT

# The least that keeps a hundred thousand patients within a few megabytes: row and sendable, mobile, day, names.
_PACKED = Struct("<IIHHH")
_BEFORE_MOBILES = 447_000_000_000 - 1
_MOST = 65_535
_TABLES = 16


_OF_ALL_ROWS = ABOUT_THE_PATIENT | NAME_MARKS - {Reason.NAME_NOT_IN_USE}
"""Whoever has died, or left, has in every row. A spare record, though, leaves the patient's other one."""


class Clash(NamedTuple):
    """Why a row that could be sent by itself is held back: the other row's number, and the reason."""

    other_row: int
    reason: Reason


class _Facts(NamedTuple):
    """What later rows of a patient are compared with; 0 stands for what is not known.

    A day is counted round and round in 179 years, more than anybody's age. Names are hashes of their folded forms:
    two that have one hash pass for the same, and then the second row is a duplicate, which is not sent either.
    """

    row_number_and_sendable: int
    mobile: int
    day: int
    given: int
    family: int

    @property
    def row_number(self) -> int:
        """The row's number in the file."""
        return self.row_number_and_sendable >> 1

    @property
    def sendable(self) -> bool:
        """Whether the row could be sent by itself."""
        return bool(self.row_number_and_sendable & 1)


def _unpack(packed: bytes) -> _Facts:
    return _Facts._make(_PACKED.unpack(packed))


class Clashes:
    """Compares each row of a list with the earlier ones of its patient.

    The first row that can be sent is kept, since SystmOne writes a row for each phone number. Once rows have clashed,
    every row of that patient is held back: later ones say so at once, and the one kept until then is in `held_back`,
    by its row number, when all rows have been compared.
    """

    def __init__(self) -> None:
        """No row has been read yet."""
        self.held_back: dict[int, Clash] = {}
        # In several tables, because one that grows is there twice while it does.
        self._tables: list[dict[int, bytes]] = [{} for _ in range(_TABLES)]
        self._barred: dict[int, Reason] = {}

    def compare(self, row: CheckedRow) -> CheckedRow:
        """The row as it stands beside the earlier ones with its NHS number, which must be a valid one."""
        number, _, _, nhs_number, mobile, born, _, _, _, reasons, _, _, (given, family), _ = row
        patient = int(nhs_number)
        # In the least memory: there is one of these for every patient of a list.
        packed = _PACKED.pack(
            number << 1 | (not reasons),
            int(mobile) - _BEFORE_MOBILES if mobile else 0,
            born.toordinal() % _MOST + 1 if born else 0,
            hash(given) % _MOST + 1 if given else 0,
            hash(family) % _MOST + 1 if family else 0,
        )
        earlier = self._tables[patient % _TABLES].setdefault(patient, packed)
        if earlier is not packed:
            return self._beside(_unpack(earlier), row, packed)
        if reasons and (barred := _about_the_patient(row)):
            self._barred[patient] = barred
        return row

    def _beside(self, earlier: _Facts, row: CheckedRow, packed: bytes) -> CheckedRow:
        patient, facts = int(row.nhs_number), _unpack(packed)
        reason = self._barred.get(patient) or _about_the_patient(row) or _difference(earlier, facts)
        if reason is not None:
            self._barred[patient] = reason
            if earlier.sendable:
                self.held_back.setdefault(earlier.row_number, Clash(row.row_number, reason))
            return _refused(row, (*row.reasons, reason), earlier.row_number) if reason not in row.reasons else row
        if earlier.sendable:
            return _refused(row, (Reason.DUPLICATE,), earlier.row_number)
        if facts.sendable or not earlier.day:
            self._tables[patient % _TABLES][patient] = packed
        return row


def _about_the_patient(row: CheckedRow) -> Reason | None:
    return next((reason for reason in row.reasons if reason in _OF_ALL_ROWS), None)


def _difference(facts: _Facts, other: _Facts) -> Reason | None:
    """What two rows of one patient disagree about. Their phones and names only matter when either could be sent."""
    if _differ(facts.day, other.day):
        return Reason.CONFLICT_BIRTH
    if not (facts.sendable and other.sendable):
        return None
    if _differ(facts.mobile, other.mobile):
        return Reason.CONFLICT_MOBILE
    if _differ(facts.given, other.given) or _differ(facts.family, other.family):
        return Reason.CONFLICT_NAME
    return None


def _differ(value: int, other: int) -> bool:
    """Whether both are known and not the same."""
    return bool(value and other) and value != other


def _refused(row: CheckedRow, reasons: tuple[Reason, ...], other_row: int) -> CheckedRow:
    return row._replace(verdict=Verdict.CANNOT, reasons=reasons, duplicate_of=other_row)
