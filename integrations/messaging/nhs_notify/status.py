"""NHS Notify's words for how far a message has come, and ours (nhs-notify#statuses)."""

from integrations.messaging.port import DeliveryStatus

_STATUSES = {
    "created": DeliveryStatus.ACCEPTED,
    "pending_enrichment": DeliveryStatus.ACCEPTED,
    "enriched": DeliveryStatus.ACCEPTED,
    "sending": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "failed": DeliveryStatus.FAILED,
}

_IN_APP = {
    "read": DeliveryStatus.DELIVERED,
    "received": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.SENT,
    "notified": DeliveryStatus.SENT,
    "notification_attempted": DeliveryStatus.SENT,
    "unnotified": DeliveryStatus.FAILED,
    "rejected": DeliveryStatus.FAILED,
}
"""What the supplier of the NHS App says of a message there."""

REJECTED = "rejected"
"""The supplier's word for a message that is not in the app at all."""


def status_of(raw: str) -> DeliveryStatus | None:
    """Our status for Notify's word; None for a word never seen."""
    return _STATUSES.get(raw.strip().lower())


def supplier_word(raw: object) -> str:
    """A supplier's status as the specification writes it; empty where there is none."""
    return "_".join(str(raw or "").lower().replace("-", " ").replace("_", " ").split())


def app_status_of(raw: str, supplier: str) -> DeliveryStatus | None:
    """Our status for the NHS App's channel: DELIVERED once the patient has opened the message, and not before.

    The supplier's status (`supplier_word`) tells more than the channel's, and need not be there. A channel that has
    failed stays so whatever the supplier did before, unless the message was read.
    """
    status, detail = status_of(raw), _IN_APP.get(supplier)
    if detail is DeliveryStatus.DELIVERED:
        return detail
    return status if status is DeliveryStatus.FAILED or detail is None else detail
