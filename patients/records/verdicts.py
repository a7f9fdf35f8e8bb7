"""From the clinical system's answer about a patient to the row's verdict."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from integrations.clinical import errors, port
from integrations.clinical.registry import profile_of
from integrations.messaging.numbers import NotAMobile, parse_mobile
from patients.checks.rows import Rules
from patients.columns.known import NAME_COLUMNS, Column
from patients.models import Recipient, Verdict
from patients.names.greeting import read_name
from patients.names.record_marks import mark_in
from patients.reasons import Reason
from patients.records.same_person import Difference, Held, differences, slight_differences
from patients.values.corrections import OF_NAMES, OF_THE_RECORD, Tidied
from patients.values.date_readings import birth_readings
from patients.values.genders import read_gender

RecordAnswer = port.PatientDetails | errors.ClinicalError
"""What came back about one patient: the record, or why there is none."""

NO_ANSWER: Final = errors.Busy("not asked")
"""Stands for the answer of a patient who was not asked about, because the system had just failed."""

_REASONS: dict[type[errors.ClinicalError], Reason] = {
    errors.PatientNotFound: Reason.RECORD_NOT_FOUND,
    errors.SeveralPatients: Reason.RECORD_SEVERAL,
    errors.InvalidNhsNumber: Reason.RECORD_NUMBER_REFUSED,
    errors.OtherNumber: Reason.RECORD_OTHER_NUMBER,
}
_DIFFERENCES: dict[Difference, Reason] = {
    Difference.BIRTH: Reason.RECORD_BIRTH_DIFFERS,
    Difference.NO_BIRTH: Reason.RECORD_NO_BIRTH,
    Difference.SURNAME: Reason.RECORD_NAME_DIFFERS,
}
_REMARKS: dict[Difference, Tidied] = {
    Difference.GIVEN: Tidied.GIVEN_DIFFERS,
    Difference.GENDER: Tidied.GENDER_DIFFERS,
}
"""Differences that are shown to staff and hold nobody back."""

_LONGEST_STORED = 200


def give_verdict(row: Recipient, answer: RecordAnswer, rules: Rules) -> None:
    """Give a pending row its verdict, without saving it.

    Some systems' lists get mobile, date of birth and name from the record; others have their own, which were checked
    with the file. A date of birth or a surname that the file had is compared with the record's: where one of them
    differs the NHS number may be another patient's. The row is held back then, and takes nothing of that record but
    the name to show beside the file's. Another given name or gender is a remark.
    """
    if isinstance(answer, errors.ClinicalError):
        row.verdict, row.reasons = Verdict.CANNOT, [_REASONS.get(type(answer), Reason.RECORD_UNREADABLE)]
        return
    found = differences(held(row, rules.today), answer)
    reasons = [_DIFFERENCES[one] for one in found]
    slight = slight_differences(held(row, rules.today), answer)
    # Where the row takes its name from the record, that is what is shown beside the file's.
    is_shown = Difference.GIVEN in slight and not profile_of(rules.system).details_from_record
    row.recorded_name = _whole_name(answer) if Difference.SURNAME in found or is_shown else ""
    if Difference.BIRTH in found or Difference.SURNAME in found:
        row.verdict, row.reasons = Verdict.CANNOT, reasons
        return
    row.tidied = [*(remark for remark in row.tidied if remark not in OF_THE_RECORD), *map(_REMARKS.__getitem__, slight)]
    if profile_of(rules.system).details_from_record:
        row.mobile, fault = _first_mobile(answer.mobiles, rules)
        reasons += fault
        reasons += _take_name(row, answer)
    reasons += _take_birth(row, answer.date_of_birth, rules)
    row.verdict = Verdict.CANNOT if reasons else Verdict.CAN
    row.reasons = reasons


@dataclass(frozen=True, slots=True)
class Contact:
    """How a patient is texted by their record alone: mobile (E.164) and name to greet with, or why not."""

    mobile: str
    given_name: str
    reason: Reason | None = None


def contact(answer: RecordAnswer, rules: Rules) -> Contact:
    """By which phone and name a patient is texted who stands on no list of ours, whatever system the practice has."""
    if isinstance(answer, errors.ClinicalError):
        return Contact("", "", _REASONS.get(type(answer), Reason.RECORD_UNREADABLE))
    mobile, reasons = _first_mobile(answer.mobiles, rules)
    if mark := mark_in(answer.title, answer.given, answer.family):
        reasons.insert(0, mark.reason)
    if answer.date_of_birth is not None and answer.date_of_birth > rules.latest_birth:
        reasons.append(Reason.UNDER_AGE)
    given = read_name(answer.title, answer.given, answer.family, is_record=True).given
    return Contact(mobile, given, reasons[0] if reasons else None)


def held(row: Recipient, today: date) -> Held:
    """What a row's patient is held to be: the name as the file has it, and the date of birth.

    A row that has its verdict was checked against one date. One that has not may mean every day that its cell may.
    """
    births = birth_readings(row.original.get(Column.DATE_OF_BIRTH, ""), today)
    if row.date_of_birth is not None and (row.verdict != Verdict.PENDING or not births):
        births = frozenset({row.date_of_birth})
    given, family, whole = (row.original.get(column, "") for column in NAME_COLUMNS)
    return Held(births, given, family, whole, read_gender(row.original.get(Column.GENDER, "")))


def _whole_name(record: port.PatientDetails) -> str:
    """The record's name as it is shown to staff."""
    name = " ".join(f"{record.given} {record.family}".split())
    return "".join(character for character in name if character.isprintable())[:_LONGEST_STORED]


def _first_mobile(written: tuple[str, ...], rules: Rules) -> tuple[str, list[Reason]]:
    """The first of a record's numbers that can be texted; when none can, an empty one and why."""
    for number in written:
        try:
            mobile = parse_mobile(number, allow_test_numbers=rules.allow_test_numbers)
        except NotAMobile:
            continue
        if rules.allow_islands or not mobile.island:
            return mobile.e164, []
    return "", [Reason.RECORD_BAD_MOBILE if any(written) else Reason.RECORD_NO_MOBILE]


def _take_name(row: Recipient, record: port.PatientDetails) -> list[Reason]:
    """The record's name in place of the file's, with what there is to remark; and why a mark in it keeps it back."""
    name = read_name(record.title, record.given, record.family, is_record=True)
    row.given_name, row.family_name = name.given, name.family
    row.tidied = [*(remark for remark in row.tidied if remark not in OF_NAMES), *name.remarks]
    mark = mark_in(record.title, record.given, record.family)
    return [mark.reason] if mark else []


def _take_birth(row: Recipient, recorded: date | None, rules: Rules) -> list[Reason]:
    """The record's date of birth into the row, and what is wrong with it."""
    if recorded is None:
        return []
    row.date_of_birth = recorded
    return [Reason.UNDER_AGE] if recorded > rules.latest_birth else []
