"""What Twilio's error codes mean for a batch: what to do, and what to tell a receptionist.

Twilio splits its codes further as years go by, so a code that is not in the table is judged by its range
(wire 12.2). The same table explains a refusal at the time of sending and a failure that arrives later by receipt.
"""

from dataclasses import dataclass

from integrations.messaging.port import FailureKind

OPTED_OUT = "21610"
"""The patient answered STOP to this sender: record it, and do not text this number again for this practice."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code asks of us, and a sentence for staff that names no number and no provider jargon."""

    kind: FailureKind
    reason: str


ACCOUNT_WRONG = (
    "Text messaging is not set up correctly for this practice. Ask your administrator to check the connection."
)
_SENDER = "The practice's sender name or number cannot send texts. Ask your administrator to check the connection."
_BAD_NUMBER = "The mobile number is not a working number."
_NOT_A_MOBILE = "The number cannot receive texts. It may be a landline."
_BLOCKED = "The patient's phone or network is blocking texts from the practice."
_OFF = "The phone was switched off or out of reach."
_REFUSED = "The text message service would not take this text."
_UNDELIVERED = "The text could not be delivered."
BUSY = "The text message service is busy. Selfbook will try again."
NOT_REACHED = "The text message service could not be reached. Selfbook will try again."
NO_ANSWER = "The text message service did not confirm this text. Selfbook is checking whether it went."

_PERMANENT = FailureKind.PERMANENT
_CONFIGURATION = FailureKind.CONFIGURATION
_RETRY = FailureKind.RETRY

_BY_CODE: dict[int, Meaning] = {
    14107: Meaning(_PERMANENT, "Too many texts were sent to this number in a short time."),
    20404: Meaning(_CONFIGURATION, ACCOUNT_WRONG),
    20429: Meaning(FailureKind.RATE_LIMITED, BUSY),
    21211: Meaning(_PERMANENT, _BAD_NUMBER),
    21212: Meaning(_CONFIGURATION, _SENDER),
    21408: Meaning(_CONFIGURATION, "The practice's account may not send texts to this country."),
    21603: Meaning(_CONFIGURATION, _SENDER),
    21606: Meaning(_CONFIGURATION, _SENDER),
    21608: Meaning(_CONFIGURATION, "The practice's text messaging account is still on trial."),
    21609: Meaning(_CONFIGURATION, ACCOUNT_WRONG),
    21610: Meaning(_PERMANENT, "The patient replied STOP, so the practice can no longer text this number."),
    21611: Meaning(FailureKind.RATE_LIMITED, BUSY),
    21612: Meaning(_PERMANENT, "Texts from the practice cannot reach this number."),
    21614: Meaning(_PERMANENT, _NOT_A_MOBILE),
    21617: Meaning(_PERMANENT, "The text is too long to send."),
    21635: Meaning(_PERMANENT, _NOT_A_MOBILE),
    21659: Meaning(_CONFIGURATION, _SENDER),
    21660: Meaning(_CONFIGURATION, _SENDER),
    21661: Meaning(_CONFIGURATION, _SENDER),
    30001: Meaning(FailureKind.RATE_LIMITED, BUSY),
    30002: Meaning(_CONFIGURATION, "The practice's text messaging account is suspended."),
    30003: Meaning(_RETRY, _OFF),
    30004: Meaning(_PERMANENT, _BLOCKED),
    30005: Meaning(_PERMANENT, "The mobile number is no longer in use."),
    30006: Meaning(_PERMANENT, _NOT_A_MOBILE),
    30007: Meaning(_CONFIGURATION, "The network stopped the text because of its wording. Change the message."),
    30008: Meaning(_RETRY, _UNDELIVERED),
    35114: Meaning(_CONFIGURATION, "The text was given a sending time that is not allowed."),
}

# First and last code of each range, and what a code of it that we do not know means. Checked in order.
_BY_RANGE: tuple[tuple[int, int, Meaning], ...] = (
    (10_000, 10_999, Meaning(_CONFIGURATION, ACCOUNT_WRONG)),
    (20_000, 20_999, Meaning(_CONFIGURATION, ACCOUNT_WRONG)),
    (21_700, 21_799, Meaning(_CONFIGURATION, _SENDER)),  # Messaging Services
    (21_000, 21_999, Meaning(_PERMANENT, _REFUSED)),
    (30_000, 30_999, Meaning(_PERMANENT, _UNDELIVERED)),
)
_UNHEARD_OF = Meaning(_PERMANENT, _UNDELIVERED)


def meaning_of(code: int) -> Meaning:
    """What a code of Twilio's means. A code never seen is permanent for the one text it came with."""
    known = _BY_CODE.get(code)
    if known is not None:
        return known
    return next((meaning for first, last, meaning in _BY_RANGE if first <= code <= last), _UNHEARD_OF)


def meaning_of_answer(http_status: int, code: int | None) -> Meaning:
    """What an answer other than success means.

    `code` is None when the body held none of Twilio's: then something else answered, a proxy for instance, and whether
    Twilio has the text is not known, save that 401 and 403 are always a refusal at the door.
    """
    if http_status == 429:
        return _BY_CODE[20429]
    if 400 <= http_status < 500:
        if code is not None:
            return meaning_of(code)
        if http_status in (401, 403):
            return Meaning(_CONFIGURATION, ACCOUNT_WRONG)
    return Meaning(FailureKind.UNKNOWN, NO_ANSWER)
