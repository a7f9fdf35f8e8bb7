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


def status_of(raw: str) -> DeliveryStatus | None:
    """Our status for Notify's word; None for a word never seen."""
    return _STATUSES.get(raw.strip().lower())
