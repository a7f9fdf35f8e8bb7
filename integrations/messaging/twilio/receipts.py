"""Delivery news from Twilio: is it really from Twilio, and what does it say.

A signature carries no time, so an old receipt verifies again: the caller must let statuses move forward only
(twilio#delivery-news).
"""

import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import urlparse

from twilio.request_validator import RequestValidator, add_port, remove_port

from integrations.messaging.port import DeliveryStatus, Receipt
from integrations.messaging.twilio.status import failure, status_of


class _Parameters(dict[str, Sequence[str]]):
    """Parameters in the only shape with repeated names that the twilio package reads: Django's."""

    def getlist(self, name: str) -> Sequence[str]:
        """Every value of a name."""
        return self[name]


def verify(url: str, parameters: Mapping[str, Sequence[str]], signature: str, auth_token: str) -> bool:
    """Whether Twilio, with this account's token, signed exactly these parameters for exactly this address.

    `url` is the public address that Twilio was given, from the configuration: a Host header proves nothing.
    `parameters` has every value of every name posted, known to us or not. As Twilio signs some addresses with their
    port and some without, either is right.
    """
    if not signature or not auth_token:
        return False
    validator, form, parts = RequestValidator(auth_token), _Parameters(parameters), urlparse(url)
    addresses = {url, add_port(parts), remove_port(parts)}
    try:
        wanted = [validator.compute_signature(address, form).encode() for address in addresses]
        given = signature.encode()
    except UnicodeError:  # half of a surrogate pair: Twilio never sent it
        return False
    # Compared in full every time, so that the time taken tells nothing.
    return sum(hmac.compare_digest(given, right) for right in wanted) > 0


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
