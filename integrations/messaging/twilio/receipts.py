"""Delivery news from Twilio: is it really from Twilio, and what does it say.

A signature carries no time, so an old receipt verifies again: the caller must let statuses move forward only
(twilio#delivery-news).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from integrations.messaging.port import DeliveryStatus, Post, Receipt, TextAccount
from integrations.messaging.twilio.status import failure, status_of

ALGORITHMS = frozenset({HMAC_SHA1, HMAC_SHA256})
"""The ways of signing that the package knows. Another is refused here, before the package logs what a caller wrote."""


class SignatureCheck(StrEnum):
    """Whether a post is Twilio's, and if not, what keeps it from being so."""

    GENUINE = "genuine"
    NO_SIGNATURE = "no_signature"
    UNREADABLE = "unreadable"
    """A header, or what was posted, has signs in it that Twilio never sends."""
    NO_KEY = "no_key"
    """It is signed by a kind of secret of which none is stored."""
    UNKNOWN_ALGORITHM = "unknown_algorithm"
    WRONG_SIGNATURE = "wrong_signature"


class _Parameters(dict[str, Sequence[str]]):
    """Parameters in the only shape with repeated names that the twilio package reads: Django's."""

    def getlist(self, name: str) -> Sequence[str]:
        """Every value of a name."""
        return self[name]


def verify(post: Post, account: TextAccount) -> SignatureCheck:
    """Whether Twilio signed exactly these parameters for exactly this address (twilio#signatures).

    By the account's auth token, or, where the settings header says so, by one of its SharedKeys and by those alone: a
    token that has leaked signs nothing for an account that signs by keys. `post.url` is the public address that Twilio
    was given, from the configuration: a Host header proves nothing. `post.form` has every value of every name posted,
    known to us or not. As Twilio signs some addresses with their port and some without, either is right.
    """
    signature = post.headers.get(SIGNATURE_HEADER, "").strip()
    settings = post.headers.get(SIGNATURE_SETTINGS_HEADER, "").strip()
    if not signature:
        return SignatureCheck.NO_SIGNATURE
    if not (signature.isascii() and settings.isascii()):
        return SignatureCheck.UNREADABLE
    algorithm = get_signature_algorithm(settings).upper()
    if algorithm not in ALGORITHMS:
        return SignatureCheck.UNKNOWN_ALGORITHM
    secrets = [secret for secret in (account.signing_keys if settings else [account.secret]) if secret]
    if not secrets:
        return SignatureCheck.NO_KEY
    form = _Parameters(post.form)
    try:
        matches = [RequestValidator(secret).validate(post.url, form, signature, algorithm) for secret in secrets]
    except UnicodeError:  # half of a surrogate pair: Twilio never sent it
        return SignatureCheck.UNREADABLE
    return SignatureCheck.GENUINE if any(matches) else SignatureCheck.WRONG_SIGNATURE


def parse(fields: Mapping[str, str]) -> Receipt | None:
    """Read a verified form; None when it is not news of a text.

    A status never seen is kept as it came, with None for ours. The code is put into words when the text failed.
    """
    provider_id = fields.get("MessageSid") or fields.get("SmsSid")
    raw_status = fields.get("MessageStatus") or fields.get("SmsStatus")
    if not provider_id or not raw_status:
        return None
    status, code = status_of(raw_status), fields.get("ErrorCode", "")
    if status is not DeliveryStatus.FAILED:
        return Receipt(provider_id, raw_status, status, code, "")
    meaning = failure(raw_status, code)
    return Receipt(provider_id, raw_status, status, code, meaning.reason, meaning.number)
