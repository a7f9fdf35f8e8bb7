"""What Twilio's error codes mean for a batch: what to do, and what to tell a receptionist.

Twilio splits its codes further as years go by, so a code that is not in the table is judged by its range, and one of
no known range by the HTTP status it came with (twilio#errors). The same table explains a refusal at the time of sending
and a failure that arrives later by receipt; what to do matters only for the first, because a text that Twilio took is
never sent again.
"""

from http import HTTPStatus

from integrations.messaging.port import FailureKind, Meaning, NumberFault
from integrations.messaging.reasons import ACCOUNT_WRONG, BUSY, LOG_IN_REFUSED, NO_ANSWER, STOPPED


def _permanent(reason: str, number: NumberFault = NumberFault.NONE) -> Meaning:
    return Meaning(FailureKind.PERMANENT, reason, number)


def _bad(reason: str) -> Meaning:
    return _permanent(reason, NumberFault.BAD)


def _configuration(reason: str) -> Meaning:
    return Meaning(FailureKind.CONFIGURATION, reason)


def _retry(reason: str) -> Meaning:
    return Meaning(FailureKind.RETRY, reason)


_BUSY = Meaning(FailureKind.RATE_LIMITED, BUSY)
_IN_DOUBT = Meaning(FailureKind.UNKNOWN, NO_ANSWER)
_ACCOUNT = _configuration(ACCOUNT_WRONG)
_CREDENTIALS = _configuration(LOG_IN_REFUSED)
_INACTIVE = _configuration(
    "The practice's text message account is not active. It may have run out of money. "
    "Ask your administrator to check it."
)
_TRIAL = _configuration("The practice's text message account is still on trial. Ask your administrator to upgrade it.")
_SENDER = _configuration(
    "The practice's sender name or number may not send texts. Ask your administrator to check the connection."
)
_NOT_A_MOBILE = _bad("The number cannot receive texts. It may be a landline.")
_BAD_NUMBER = _bad("The mobile number is not a working number.")
_TOO_LONG = _permanent("The text is too long to send.")
_REFUSED = _permanent("The text message service would not take this text.")
_UNDELIVERED = _permanent("The text could not be delivered.")

_BY_CODE: dict[int, Meaning] = {
    # The account. Every text of the practice would meet the same.
    **dict.fromkeys((20003, 20006, 20008, 70051), _CREDENTIALS),
    **dict.fromkeys((10001, 20005, 30002, 90010), _INACTIVE),
    **dict.fromkeys((10002, 14111, 21219, 21267, 21607, 21608, 572002), _TRIAL),
    # The only resource that a new text names is the account, so "no such resource" is about that.
    **dict.fromkeys((20404, 21609), _ACCOUNT),
    **dict.fromkeys((21210, 21212, 21401, 21601, 21603, 21606, 21616, 21659, 21660, 21661), _SENDER),
    **dict.fromkeys((30018, 30024, 30042), _SENDER),
    21408: _configuration(
        "The practice's text message account may not send to this country. Ask your administrator to allow it."
    ),
    30007: _configuration("The network stopped the text because of its wording. Change the message before the next."),
    30010: _configuration(
        "The text would cost more than the practice's account allows. Ask your administrator to check the limit."
    ),
    35114: _configuration(
        "The text was given a sending time that is not allowed. Ask your administrator to report this."
    ),
    63038: _configuration(
        "The practice has sent as many texts as its account may in one day. "
        "Selfbook will go on trying. Ask your administrator to raise the limit."
    ),
    # Busy: not taken, and welcome later.
    **dict.fromkeys((20429, 21611, 30001, 30022), _BUSY),
    # The patient, the phone or the one text.
    21610: _permanent(STOPPED, NumberFault.STOPPED),
    14107: _permanent("Too many texts were sent to this number in a short time."),
    **dict.fromkeys((21211, 21214, 21217, 21265, 21604), _BAD_NUMBER),
    21266: _permanent("The mobile number is the practice's own."),
    # The sender may be why, and then the number is none the worse.
    21612: _permanent("Texts from the practice cannot reach this number."),
    **dict.fromkeys((21614, 21635, 30006), _NOT_A_MOBILE),
    **dict.fromkeys((21605, 21617), _TOO_LONG),
    30003: _retry("The phone was switched off or out of reach."),
    30004: _bad("The patient's phone or network is blocking texts from the practice."),
    30005: _bad("The mobile number is no longer in use."),
    30008: _retry("The text could not be delivered. The network did not say why."),
    30017: _retry("The mobile network was too busy to deliver the text."),
    30036: _retry("The text waited too long to be sent, and was given up."),
    30410: Meaning(FailureKind.UNKNOWN, "The mobile network did not say whether the text arrived."),
}

# First and last code of each range, and what a code of it that we do not know means. Checked in order.
_BY_RANGE: tuple[tuple[int, int, Meaning], ...] = (
    (10_000, 10_999, _ACCOUNT),
    (20_000, 20_999, _ACCOUNT),
    (21_700, 21_799, _SENDER),  # Messaging Services
    (21_000, 21_999, _REFUSED),
    (30_000, 30_999, _UNDELIVERED),
    (35_000, 35_999, _ACCOUNT),  # scheduling
    (70_000, 70_999, _ACCOUNT),  # authorization
    (90_000, 90_999, _ACCOUNT),  # limits and settings
)

# Refusals at the door, whatever the text says, when no code tells more.
_BY_STATUS: dict[int, Meaning] = {
    HTTPStatus.UNAUTHORIZED: _CREDENTIALS,
    HTTPStatus.PAYMENT_REQUIRED: _INACTIVE,
    HTTPStatus.FORBIDDEN: _ACCOUNT,
    HTTPStatus.NOT_FOUND: _ACCOUNT,
    HTTPStatus.METHOD_NOT_ALLOWED: _ACCOUNT,
}
_SURE_WITHOUT_A_CODE = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN})

# These do not say that nothing was done.
_NOT_A_REFUSAL = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.LOCKED, HTTPStatus.TOO_EARLY})


def meaning_of(code: int) -> Meaning:
    """What a code of Twilio's means. A code never seen is permanent for the one text it came with."""
    return _BY_CODE.get(code) or _of_range(code) or _UNDELIVERED


def meaning_of_answer(http_status: int, code: int | None) -> Meaning:
    """What an answer other than success means.

    `code` is None when the body held none of Twilio's: then something else answered, a proxy for instance, and whether
    Twilio has the text is not known, save where the status is always a refusal at the door.
    """
    if http_status == HTTPStatus.TOO_MANY_REQUESTS:
        return _BY_CODE.get(code or 0, _BUSY)
    if not 400 <= http_status < 500 or http_status in _NOT_A_REFUSAL:
        return _IN_DOUBT
    if code is None:
        return _BY_STATUS[http_status] if http_status in _SURE_WITHOUT_A_CODE else _IN_DOUBT
    return _BY_CODE.get(code) or _of_range(code) or _BY_STATUS.get(http_status, _REFUSED)


def _of_range(code: int) -> Meaning | None:
    return next((meaning for first, last, meaning in _BY_RANGE if first <= code <= last), None)
