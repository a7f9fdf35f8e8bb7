"""Whether a practice has a record gateway, and what that has said it can do (record-gateway#capabilities).

What was read is kept in the database, so that pages can go by it without a call, and workers ask again only when it has
become old. It is of the address and token that were asked: with others it says nothing.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from integrations.clinical.port import Capabilities, CapabilityAnswer
from integrations.models import ClinicalConnection, GatewayCapabilities

FRESH_FOR = timedelta(minutes=10)
"""How long what was read is filed by: a gateway that is exchanged, or learns something, is known a little later."""

NOTHING = Capabilities(CapabilityAnswer.NONE)
"""As of a gateway that is older than the question, or was not asked yet: nothing is taken for granted."""


def has_gateway(practice_id: UUID) -> bool:
    """Whether the practice has a record gateway. Without any connection it has none."""
    return ClinicalConnection.objects.filter(practice_id=practice_id).exclude(gateway_url="").exists()


def is_without(practice_id: UUID) -> bool:
    """Whether the practice is connected, and has chosen to have no record gateway."""
    return ClinicalConnection.objects.filter(practice_id=practice_id, gateway_url="").exists()


def fresh(stored: ClinicalConnection) -> Capabilities | None:
    """What a connection's gateway said of late; None when it must be asked, or there is none."""
    row = _row(stored)
    return _value(row) if row and row.read_at > timezone.now() - FRESH_FOR else None


def last_known(practice_id: UUID) -> Capabilities:
    """What the practice's gateway said when it was last asked, for pages; NOTHING when it never was."""
    stored = ClinicalConnection.objects.filter(practice_id=practice_id).first()
    row = _row(stored) if stored else None
    return _value(row) if row else NOTHING


def keep(stored: ClinicalConnection, capabilities: Capabilities) -> None:
    """Keep what a connection's gateway has just said."""
    GatewayCapabilities.objects.update_or_create(
        practice_id=stored.practice_id,
        defaults={
            "connection": _digest(stored),
            "answer": capabilities.answer.value,
            "contract": capabilities.contract,
            "maps_local_codes": capabilities.maps_local_codes,
            "takes_description_ids": capabilities.takes_description_ids,
            "read_at": timezone.now(),
        },
    )


def _row(stored: ClinicalConnection) -> GatewayCapabilities | None:
    if not stored.gateway_url:
        return None
    return GatewayCapabilities.objects.filter(practice_id=stored.practice_id, connection=_digest(stored)).first()


def _value(row: GatewayCapabilities) -> Capabilities:
    return Capabilities(CapabilityAnswer(row.answer), row.contract, row.maps_local_codes, row.takes_description_ids)


def _digest(stored: ClinicalConnection) -> str:
    return hashlib.sha256(f"{stored.gateway_url}\n{stored.gateway_token}".encode()).hexdigest()
