"""What NHS Notify's error and failure codes mean: what to do, and what to tell a receptionist (nhs-notify#errors)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from integrations.messaging.port import FailureKind, Meaning

NOT_SET_UP = "NHS Notify is not set up correctly for this practice. Ask your administrator to check the connection."
NOT_REACHED = "NHS Notify could not be reached. Selfbook will try again."
NO_ANSWER = "NHS Notify did not confirm this message. Selfbook is checking whether it went."
BAD_NHS_NUMBER = "NHS Notify does not know this NHS number."

DUPLICATE = "CM_DUPLICATE_REQUEST"


def _permanent(reason: str) -> Meaning:
    return Meaning(FailureKind.PERMANENT, reason)


def _configuration(reason: str) -> Meaning:
    return Meaning(FailureKind.CONFIGURATION, reason)


_SET_UP = _configuration(NOT_SET_UP)
_LOG_IN = _configuration(
    "NHS Notify did not accept the practice's log-in. Ask your administrator to check the keys of the connection."
)
_PLAN = _configuration("NHS Notify does not have this routing plan. Ask your administrator to check the connection.")
_TOO_LARGE = _configuration("NHS Notify found the messages too many or too large. Ask your administrator to report it.")
_BUSY = Meaning(FailureKind.RATE_LIMITED, "NHS Notify is busy. Selfbook will try again.")
_IN_DOUBT = Meaning(FailureKind.UNKNOWN, NO_ANSWER)

_BY_CODE = {
    "CM_INVALID_NHS_NUMBER": _permanent(BAD_NHS_NUMBER),
    "CM_DUPLICATE_VALUE": _permanent("NHS Notify was given this message twice at once, and would not take it."),
    "CM_NO_SUCH_ROUTING_PLAN": _PLAN,
    "CM_MISSING_ROUTING_PLAN_TEMPLATE": _PLAN,
    "CM_ROUTING_PLAN_DUPLICATE_TEMPLATES": _PLAN,
}
_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: _LOG_IN,
    HTTPStatus.FORBIDDEN: _configuration("NHS Notify does not let this practice send. Ask your administrator why."),
    HTTPStatus.REQUEST_TIMEOUT: _IN_DOUBT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _TOO_LARGE,
    # It is still at work on what it was given before under this reference.
    HTTPStatus.TOO_EARLY: _IN_DOUBT,
    HTTPStatus.TOO_MANY_REQUESTS: _BUSY,
}


class Cause(StrEnum):
    """What a failure says about the patient, whatever the channel (nhs-notify#patients-not-to-be-contacted)."""

    OTHER = ""
    """Nothing: it may reach them in another way."""
    DEATH = "death"
    """They are known, or said, to have died. Nobody is texted, and staff are told."""
    RECORD = "record"
    """Their record with the NHS has ended or is flagged: it is not ours to text them. Staff are told."""


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    cause: Cause = Cause.OTHER


FLAGGED = "FLAGGED"
"""Stands for the one description that has no code of NHS Notify's."""

_EXIT = _Failure("By the NHS's own record this patient has left their practice.", Cause.RECORD)
_FAILURES = {
    "PDSV_0001": _Failure("The contact details that the NHS holds for this patient are not right."),
    "PDSV_0002": _Failure("The NHS holds no contact details for this patient."),
    "PDSV_0004": _Failure("The NHS number was not found."),
    "PDSV_0006": _Failure("The NHS number was not found."),
    "PDSV_0008": _Failure("The patient's record with the NHS is no longer valid.", Cause.RECORD),
    "PDSV_0110": _EXIT,
    "PDSV_0111": _Failure(
        "The NHS has been told that this patient has died. Check before you contact anyone.", Cause.DEATH
    ),
    "PDSV_0112": _Failure("The NHS holds that this patient has died. Check before you contact anyone.", Cause.DEATH),
    "SUPE_0007": _Failure("The message could not be delivered."),
    FLAGGED: _Failure(
        "The patient's record with the NHS is flagged, so NHS Notify may not contact them.", Cause.RECORD
    ),
}
_UNKNOWN = _Failure("The message could not be delivered.")

# Descriptions come with a code or without one, as they are or "on re-enrichment". What matters is said first.
_DESCRIBED = (
    (re.compile(r"\binformally (?:dead|deceased)\b"), "MFR_PDSV_0111"),
    (re.compile(r"\bformally (?:dead|deceased)\b|\bpatient (?:is|was|has) (?:dead|deceased|died)\b"), "MFR_PDSV_0112"),
    (re.compile(r"\bexit codes?\b|\bexitcodes?\b"), "MFR_PDSV_0110"),
    (re.compile(r"\binvalidated\b"), "MFR_PDSV_0008"),
    (re.compile(r"\bflagged\b"), FLAGGED),
)
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def meaning_of(status: int, code: str) -> Meaning:
    """What an error answer means. Anything not in the tables is judged by its HTTP status."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(status)]
    return _SET_UP if 400 <= status < 500 else _IN_DOUBT


def failure_code(code: str, description: str) -> str:
    """The code of a failure: the one that its description stands for, where that is one about the patient's record.

    Descriptions are read in any case and spacing. A death, by code or words, comes before all else. Any other code, or
    none, stays as it came.
    """
    words = _BETWEEN_WORDS.sub(" ", description.casefold())
    described = next((known for pattern, known in _DESCRIBED if pattern.search(words)), code)
    return code if cause_of(code) is Cause.DEATH or _number(code) == _number(described) else described


def cause_of(code: str) -> Cause:
    """What a failure's code says about the patient: `MFR_...` of the message and `CFR_...` of a channel alike."""
    return _failure(code).cause


def failure_reason(code: str) -> str:
    """Why a message that NHS Notify took did not arrive, for staff; of both kinds of code too."""
    return _failure(code).reason


NOT_TO_BE_TEXTED = frozenset(
    FLAGGED if number == FLAGGED else f"{kind}_{number}"
    for number, failure in _FAILURES.items()
    for kind in ("MFR", "CFR")
    if failure.cause is not Cause.OTHER
)
"""The codes of failures after which the patient gets no text of ours by itself."""


def _failure(code: str) -> _Failure:
    return _FAILURES.get(_number(code), _UNKNOWN)


def _number(code: str) -> str:
    """A code without what it is the code of."""
    return code if code == FLAGGED else code.partition("_")[2]
