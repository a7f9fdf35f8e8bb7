"""Patients whose record may not be that of whom we checked: nothing was booked or filed, and staff must look.

Noted on the invitation, by whoever found it: the worker that books, or the one that files codes. A booking that goes
through takes the note back.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from campaigns.follow_up.entries import Batches, Kind, Source
from campaigns.follow_up.wording import Description
from campaigns.models import Invitation
from campaigns.results.followed_up import done_with
from integrations.clinical.errors import RecordFault
from integrations.models.outbox import CodedEntry
from integrations.outbox.codes.subjects import Room
from integrations.record_faults import HAPPENED, IN_DOUBT
from practices.audit import trail as audit

_IN_DOUBT_TO_DO = "Find out whose record it is before you book or file anything."
_NO_RECORD_TO_DO = "Look the patient up by name and date of birth."


def births(entries: Sequence[CodedEntry]) -> dict[UUID, date]:
    """The date of birth that each entry's patient was checked against, by the entry's id: one query."""
    invitations = Invitation.objects.filter(id__in={entry.subject_id for entry in entries})
    known = dict(invitations.values_list("id", "recipient__date_of_birth"))
    dates = {entry.id: known.get(entry.subject_id) for entry in entries}
    return {entry_id: born for entry_id, born in dates.items() if born is not None}


def describe_fault(record_fault: str) -> Description:
    """Of what stands on an invitation: what is wrong with the record, and what is to be done about it."""
    fault = RecordFault(record_fault)
    return HAPPENED[fault], _IN_DOUBT_TO_DO if fault in IN_DOUBT else _NO_RECORD_TO_DO


def note(invitation: Invitation, fault: RecordFault) -> None:
    """Have staff look at the record of an invitation's patient, in the caller's transaction."""
    invitation.record_fault, invitation.record_fault_at = fault.value, timezone.now()
    invitation.save(update_fields=["record_fault", "record_fault_at"])
    audit.record(
        "invitation.record_fault",
        practice=invitation.practice,
        actor=None,
        object_id=invitation.id,
        campaign_id=str(invitation.campaign_id),
        fault=fault.value,
    )


def take_back(invitation: Invitation) -> None:
    """The record has been read, and is the patient's. In the caller's transaction."""
    if invitation.record_fault_at is not None:
        invitation.record_fault, invitation.record_fault_at = "", None
        invitation.save(update_fields=["record_fault", "record_fault_at"])


def _note_codes(faults: Mapping[UUID, RecordFault]) -> None:
    rows = Invitation.objects.filter(id__in=faults).select_related("practice").order_by("id")
    for invitation in rows.select_for_update(of=("self",)):
        note(invitation, faults[invitation.id])


OUTBOX_ROOM = Room(births, _note_codes)
"""What the outbox asks this room before it files codes, and tells it of afterwards."""


def _select(batches: Batches) -> QuerySet[Any]:
    rows = Invitation.objects.filter(
        campaign__in=batches.ids, practice=batches.practice_id, record_fault_at__isnull=False
    )
    return rows.filter(~done_with("id", Kind.RECORD, since="record_fault_at")).annotate(
        batch=F("campaign_id"), row=F("recipient__row_number"), who=F("id"), text=F("id")
    )


def _describe(invitations: Sequence[UUID]) -> Mapping[UUID, Description]:
    faults = Invitation.objects.filter(id__in=invitations).values_list("id", "record_fault")
    return {who: _to_follow_up(fault) for who, fault in faults}


def _to_follow_up(record_fault: str) -> Description:
    happened, to_do = describe_fault(record_fault)
    if RecordFault(record_fault) not in IN_DOUBT:
        return f"{happened} We could not book for them.", f"{to_do} Then phone them."
    earlier = "Look there for what we booked or filed before."
    return f"{happened} We have written nothing to it since we saw this.", f"{to_do} {earlier} Then phone the patient."


TO_LOOK_AT = Source(Kind.RECORD, _select, _describe)
"""What such records add to a batch's follow-up list."""
