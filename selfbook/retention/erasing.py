"""Erasing a batch: its figures first, then its patients in chunks, then what is left of its list (retention#erasing).

Each step is a transaction of its own and may be repeated: a run that was broken off goes on where it stopped. A hold
of all that leaves does not stop it, since nothing leaves by it.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from booking.staff.batch.arrivals import by_day
from booking.staff.reports import measures
from campaigns.models import Campaign, CampaignState, CheckRun, Figures, FinalFigures, FollowedUp, Invitation
from campaigns.models.states import move
from campaigns.results.delivery_routes import reached
from campaigns.results.funnel import as_json, funnel
from integrations.models.outbox import CodedEntry, Message
from patients.lists import queries
from patients.models import ColumnQuestion, OtherRow, PatientList, Recipient, UploadedPart
from practices.audit import trail as audit
from practices.journal import services as journal
from selfbook.retention import closing, rows

logger = logging.getLogger(__name__)

CHUNK = 500
"""Patients that are erased in one transaction: a second or so."""


def erase(campaign_id: UUID, *, again: bool = False) -> bool:
    """Erase a batch whose time is over; whether all of it is gone. `again`: it was erased before a restore.

    A patient of whom something turns out to be under way is left for the next run, and the batch with them.
    """
    if not begin(campaign_id, again=again):
        return False
    while erase_chunk(campaign_id, again=again):
        pass
    return finish(campaign_id)


@transaction.atomic
def begin(campaign_id: UUID, *, again: bool = False) -> bool:
    """Store the figures of a batch that is to be erased, for good; whether it is to be.

    From here on its links cannot be renewed. It is looked at once more under its lock.
    """
    campaign = _locked(campaign_id)
    if campaign is None or campaign.erased_at is not None:
        return False
    if campaign.erasing_at is not None:
        return True
    if not again and not _is_due(campaign):
        return False
    numbers, places = funnel(campaign), reached(campaign)
    assert campaign.patient_list is not None  # a batch that was sent has a list
    FinalFigures.objects.create(
        campaign=campaign,
        funnel=as_json(numbers),
        deliveries={str(place): count for place, count in places.deliveries.items()},
        by_notify=places.by_notify,
        fragments=places.fragments,
        reasons={str(row.reason): row.count for row in queries.reason_counts(campaign.patient_list)},
        answers=by_day(campaign),
    )
    measures.keep(campaign)
    if campaign.state != CampaignState.FINISHED:
        move(campaign, CampaignState.CANCELLED)
    campaign.erasing_at, campaign.next_reminder_at, campaign.next_invitation_at = timezone.now(), None, None
    campaign.save(update_fields=["state", "erasing_at", "next_reminder_at", "next_invitation_at"])
    return True


def _locked(campaign_id: UUID) -> Campaign | None:
    rows_of = Campaign.objects.select_for_update(of=("self",)).select_related("practice", "patient_list")
    return rows_of.filter(id=campaign_id, started_at__isnull=False).first()


def _is_due(campaign: Campaign) -> bool:
    closed_at = closing.note_one(campaign)
    kept = campaign.keep_until is not None and campaign.keep_until >= timezone.localdate()
    days = timedelta(days=campaign.practice.retention_days)
    return closed_at is not None and closed_at + days <= timezone.now() and not kept


@transaction.atomic
def erase_chunk(campaign_id: UUID, *, again: bool = False) -> int:
    """Erase the next patients of a batch whose erasure was begun; how many, 0 when none is left to erase now.

    `again`: whatever a restored dump says of them is the past, and nothing of it keeps a patient.
    """
    campaign = Campaign.objects.get(id=campaign_id)
    own = Recipient.objects.filter(patient_list=campaign.patient_list_id).order_by("row_number")
    ids = list(own.values_list("id", flat=True)[:CHUNK])
    invitations = rows.lock(ids)
    waits = set() if again else rows.alive(invitations)
    kept = {invitation.recipient_id for invitation in invitations if invitation.id in waits}
    gone = [recipient_id for recipient_id in ids if recipient_id not in kept]
    rows.erase(gone, [invitation for invitation in invitations if invitation.id not in waits])
    if kept:
        logger.warning("patients not erased yet", extra={"campaign_id": str(campaign_id), "count": len(kept)})
    return len(gone)


@transaction.atomic
def finish(campaign_id: UUID) -> bool:
    """Erase what is left of a batch whose patients are gone, and say so; False while there are any."""
    campaign = _locked(campaign_id)
    if campaign is None or campaign.erased_at is not None or campaign.patient_list is None:
        return False
    if rows.count_left(campaign.patient_list.id) or Invitation.objects.filter(campaign=campaign).exists():
        return False
    CodedEntry.objects.filter(campaign_id=campaign.id).delete()
    Message.objects.of_batch(campaign.id).delete()
    CheckRun.objects.filter(campaign=campaign).delete()
    FollowedUp.objects.filter(campaign=campaign).delete()
    Figures.objects.filter(campaign=campaign).update(needs={}, unsent=False)
    empty(campaign.patient_list)
    campaign.erased_at = timezone.now()
    campaign.save(update_fields=["erased_at"])
    journal.record_batch(campaign.practice, campaign.id)
    patients = campaign.patient_list.row_count
    audit.record("campaign.erased", practice=campaign.practice, actor=None, object_id=campaign.id, rows=patients)
    logger.info("batch erased", extra={"campaign_id": str(campaign.id), "count": patients})
    return True


def empty(patient_list: PatientList) -> None:
    """Erase what a list without rows still has of its file: its name, its headings and other cells."""
    OtherRow.objects.filter(patient_list=patient_list).delete()
    ColumnQuestion.objects.filter(patient_list=patient_list).delete()
    UploadedPart.objects.filter(patient_list=patient_list).delete()
    patient_list.file_name = patient_list.content_digest = ""
    patient_list.columns, patient_list.unread_columns, patient_list.other_rows = [], [], []
    patient_list.erased_at = timezone.now()
    names = ["file_name", "content_digest", "columns", "unread_columns", "other_rows", "erased_at"]
    patient_list.save(update_fields=names)
