"""Twilio's words for how far a text has come, and ours."""

from integrations.messaging.port import DeliveryStatus, FailureKind, Meaning
from integrations.messaging.twilio.errors import meaning_of

_STATUSES = {
    "accepted": DeliveryStatus.ACCEPTED,
    "scheduled": DeliveryStatus.ACCEPTED,
    "queued": DeliveryStatus.ACCEPTED,
    "sending": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    # Some parts have arrived, so "delivered" would be saying too much.
    "partially_delivered": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}


def status_of(raw: str) -> DeliveryStatus | None:
    """Our status for Twilio's word; None for a word never seen."""
    return _STATUSES.get(raw.strip().lower())


def failure(raw_status: str, code: str) -> Meaning:
    """Why a text that Twilio took did not arrive."""
    if raw_status.strip().lower() == "canceled":
        return Meaning(FailureKind.PERMANENT, "The text was cancelled before it went.")
    return meaning_of(int(code) if code.isascii() and code.isdigit() and len(code) < 10 else 0)
