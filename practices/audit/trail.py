"""The audit trail: who did what, and who looked at whom. Call `record` inside the transaction that does it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from practices.audit.labels import DOWNLOADED, LOOKED
from practices.models import AuditEvent, Practice, User


def record(
    action: str,
    *,
    practice: Practice | None,
    actor: User | None,
    object_id: UUID | None = None,
    batch_id: UUID | None = None,
    patient_ids: Collection[UUID] = (),
    **data: Any,
) -> None:
    """Write one event: a plain insert, without a lock, since patients' bookings wait for it.

    `action` is dotted, and has its words in `audit_words`; `data` holds counts and ids and nothing personal. `actor`
    is None where the service itself, or a patient, acted. `batch_id` may also be given as `campaign_id` in `data`.
    """
    if batch_id is None and "campaign_id" in data:
        batch_id = UUID(str(data["campaign_id"]))
    AuditEvent.objects.create(
        practice=practice,
        actor=actor,
        action=action,
        object_id=object_id,
        batch_id=batch_id,
        patient_ids=list(patient_ids),
        data=data,
    )


def looked(*, practice: Practice, actor: User, patient_ids: Collection[UUID], campaign_id: UUID | None = None) -> None:
    """Write that somebody saw these patients on a page; nothing when there was nobody on it.

    `patient_ids` are the ids of rows about them: recipients, invitations or opt-outs. Never their NHS numbers.
    """
    if patient_ids:
        record(LOOKED, practice=practice, actor=actor, batch_id=campaign_id, patient_ids=sorted(set(patient_ids)))


def downloaded(what: str, *, practice: Practice, actor: User, campaign_id: UUID | None = None, **data: Any) -> None:
    """Write that somebody took a list of patients with them as a file: `what` names it, such as "follow-up"."""
    record(DOWNLOADED, practice=practice, actor=actor, batch_id=campaign_id, file=what, **data)
