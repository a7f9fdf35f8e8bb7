"""From the clinical system's answer about a patient to the row's verdict."""

from typing import Final

from integrations.clinical import port
from integrations.messaging.numbers import NotAMobile, parse_mobile
from patients.models import Recipient, Verdict
from patients.names import clean_name
from patients.reasons import Reason

Answer = port.PatientDetails | port.ClinicalError
"""What came back about one patient: the record, or why there is none."""

NO_ANSWER: Final = port.Busy("not asked")
"""Stands for the answer of a patient who was not asked about, because the system had just failed."""

_REASONS: dict[type[port.ClinicalError], Reason] = {
    port.PatientNotFound: Reason.RECORD_NOT_FOUND,
    port.SeveralPatients: Reason.RECORD_SEVERAL,
    port.InvalidNhsNumber: Reason.RECORD_NUMBER_REFUSED,
}


def settle(row: Recipient, answer: Answer, *, allow_test_numbers: bool) -> None:
    """Give a pending row its verdict, without saving it.

    A date of birth that the file had is compared with the record's: when they differ the NHS number may be another
    patient's, and the row is held back.
    """
    if isinstance(answer, port.ClinicalError):
        row.verdict, row.reasons = Verdict.CANNOT, [_REASONS.get(type(answer), Reason.RECORD_UNREADABLE)]
        return
    reasons = []
    row.mobile = _first_mobile(answer.mobiles, allow_test_numbers)
    if not row.mobile:
        reasons.append(Reason.RECORD_BAD_MOBILE if any(answer.mobiles) else Reason.RECORD_NO_MOBILE)
    if answer.date_of_birth is None:
        reasons.append(Reason.RECORD_NO_BIRTH)
    elif row.date_of_birth not in (None, answer.date_of_birth):
        reasons.append(Reason.RECORD_BIRTH_DIFFERS)
    row.date_of_birth = answer.date_of_birth
    row.given_name, row.family_name = clean_name(answer.given), clean_name(answer.family)
    row.verdict = Verdict.CANNOT if reasons else Verdict.CAN
    row.reasons = reasons


def _first_mobile(written: tuple[str, ...], allow_test_numbers: bool) -> str:
    """The first of a record's numbers that can be texted; empty when none can."""
    for number in written:
        try:
            return parse_mobile(number, allow_test_numbers=allow_test_numbers).e164
        except NotAMobile:
            continue
    return ""
