"""What NHS Notify's error and failure codes mean: what to do, and what to tell a receptionist (nhs-notify#errors)."""

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
_FAILURES = {
    "PDSV_0001": "The contact details that the NHS holds for this patient are not right.",
    "PDSV_0002": "The NHS holds no contact details for this patient.",
    "PDSV_0004": "The NHS number was not found.",
    "PDSV_0006": "The NHS number was not found.",
    "PDSV_0008": "The patient's record with the NHS is no longer valid.",
    "PDSV_0110": "The patient has left the practice.",
    "PDSV_0111": "The NHS has been told that this patient has died. Check before you contact anyone.",
    "PDSV_0112": "The NHS holds that this patient has died. Check before you contact anyone.",
    "SUPE_0007": "The message could not be delivered.",
}


def meaning_of(status: int, code: str) -> Meaning:
    """What an error answer means. Anything not in the tables is judged by its HTTP status."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(status)]
    return _SET_UP if 400 <= status < 500 else _IN_DOUBT


def is_death(code: str) -> bool:
    """Whether a message did not go because its patient is known to have died: nobody is to be told another way."""
    return code.partition("_")[2] in ("PDSV_0111", "PDSV_0112")


def failure_reason(code: str) -> str:
    """Why a message that NHS Notify took did not arrive: `MFR_...` of the message and `CFR_...` of a channel alike."""
    return _FAILURES.get(code.partition("_")[2], "The message could not be delivered.")
