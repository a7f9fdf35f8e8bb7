"""The audit trail: who did what. Call `record` inside the transaction that does it."""

from typing import Any
from uuid import UUID

from practices.models import AuditEvent, Practice, User


def record(
    action: str,
    *,
    practice: Practice | None,
    actor: User | None,
    object_id: UUID | None = None,
    **data: Any,
) -> None:
    """Write one event. `action` is dotted; `data` holds counts and ids and nothing personal.

    `actor` is None where the service itself, or a patient, acted.
    """
    AuditEvent.objects.create(practice=practice, actor=actor, action=action, object_id=object_id, data=data)
