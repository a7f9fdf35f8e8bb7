"""Patients who found no time and asked to be told when there are more.

A text is written in the transaction that notes that it was: once for each time of asking. No more patients are told
than there are times, whatever batch they are of, those who have waited longest first, and those who were told a while
ago and may still come are counted too. The clinical system is asked through the list that all share.
"""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from booking.appointments import texts
from booking.models import WaitingPatient
from booking.slots import free_list
from booking.slots import offered as slots
from booking.slots.listing import FreeList
from campaigns.models import Campaign, Invitation, InvitationState
from core.sociable_hours import is_sociable
from integrations.outbox.queueing import queue
from patients.opt_outs import services as opt_outs
from practices.audit import trail as audit

logger = logging.getLogger(__name__)

SlotType = tuple[UUID, str]
"""A practice, and a slot type of its by name: whose free times several batches may offer."""

MAY_STILL_COME = timedelta(hours=2)
"""For so long a patient who was told counts as somebody who will take a time."""


@transaction.atomic
def ask(*, invitation: Invitation) -> WaitingPatient:
    """Note that a patient wants to hear of more times. Asking again before they were told changes nothing."""
    waiting, created = WaitingPatient.objects.select_for_update().get_or_create(
        invitation=invitation, defaults={"practice_id": invitation.practice_id}
    )
    if not created and waiting.told_at is not None:
        waiting.asked_at, waiting.told_at, waiting.times_asked = timezone.now(), None, waiting.times_asked + 1
        waiting.save(update_fields=["asked_at", "told_at", "times_asked"])
        created = True
    if created:
        audit.record(
            "invitation.wants_more_times",
            practice=invitation.practice,
            actor=None,
            object_id=invitation.id,
            campaign_id=str(invitation.campaign_id),
        )
    return waiting


def tell_all() -> None:
    """Text the patients of every batch for which there are times. Texts that nobody asked for at night wait.

    However many batches have patients who wait, these are five statements, and then some for each patient who is told.
    A clinical system whose free times nobody has asked for in the last half minute is asked, once for a slot type.
    """
    now = timezone.now()
    if not is_sociable(now):
        return
    rooms = _rooms(now)
    told: Counter[UUID] = Counter()
    for campaign_id, invitation_id in _longest(rooms, now):
        told[campaign_id] += _notify_patient(invitation_id)
    for campaign_id, patients in (+told).items():
        logger.info("patients told of more times", extra={"campaign_id": str(campaign_id), "patients": patients})


def _untold(now: datetime) -> QuerySet[WaitingPatient]:
    """Those who wait and whose link still works."""
    return WaitingPatient.objects.filter(
        told_at=None,
        invitation__state=InvitationState.OPEN,
        invitation__locked_at=None,
        invitation__expires_at__gt=now,
    )


@dataclass(slots=True)
class _Rooms:
    """How many more patients may be told: of each batch, and of all batches together that share a slot type.

    A batch may be limited to some clinicians or sessions, so its own number may be the smaller one.
    """

    of_batch: dict[UUID, int]
    of_type: dict[SlotType, int]
    type_of: dict[UUID, SlotType]

    def take(self, campaign_id: UUID) -> bool:
        """Whether there is room for one more patient of a batch, who has it then."""
        slot_type = self.type_of[campaign_id]
        if self.of_batch[campaign_id] < 1 or self.of_type[slot_type] < 1:
            return False
        self.of_batch[campaign_id] -= 1
        self.of_type[slot_type] -= 1
        return True


def _rooms(now: datetime) -> _Rooms:
    """The rooms of the batches that have somebody who waits; those without a readable list of times are left out.

    Those who were told a while ago and have not answered may still come, and count: also those of other batches that
    offer the same times.
    """
    waiting = _untold(now).order_by().values("invitation__campaign_id")
    batches = Campaign.objects.filter(id__in=waiting).select_related("practice", "started_by")
    free = slots.counts([(campaign, listed) for campaign in batches if (listed := _listed(campaign)) is not None])
    type_of = {campaign.id: (campaign.practice_id, campaign.slot_type) for campaign in batches if campaign.id in free}
    rooms = _Rooms(free, {}, type_of)
    for campaign_id, slot_type in type_of.items():
        rooms.of_type[slot_type] = max(rooms.of_type.get(slot_type, 0), free[campaign_id])
    if not free:
        return rooms
    may_come = WaitingPatient.objects.filter(
        told_at__gt=now - MAY_STILL_COME,
        practice_id__in={practice_id for practice_id, _ in rooms.of_type},
        invitation__state=InvitationState.OPEN,
    )
    of_batch = ("practice_id", "invitation__campaign__slot_type", "invitation__campaign_id")
    counts = may_come.order_by().values_list(*of_batch).annotate(Count("invitation_id"))
    for practice_id, slot_type, campaign_id, patients in counts:
        if campaign_id in rooms.of_batch:
            rooms.of_batch[campaign_id] -= patients
        if (practice_id, slot_type) in rooms.of_type:
            rooms.of_type[practice_id, slot_type] -= patients
    return rooms


def _listed(campaign: Campaign) -> FreeList | None:
    """The free times of a batch's slot type; None while the clinical system cannot be asked."""
    try:
        return free_list.free(campaign)
    except slots.Unavailable:
        return None


def _longest(rooms: _Rooms, now: datetime) -> list[tuple[UUID, UUID]]:
    """Those who have waited longest, as many as there is room: the batch and the invitation of each."""
    most = max(rooms.of_batch.values(), default=0)
    if most < 1:
        return []
    place = Window(RowNumber(), partition_by="invitation__campaign_id", order_by="asked_at")
    waiting = _untold(now).filter(invitation__campaign__in=list(rooms.of_batch)).annotate(place=place)
    rows = waiting.filter(place__lte=most).order_by("asked_at")
    ids = rows.values_list("invitation__campaign_id", "invitation_id")
    return [(campaign_id, invitation_id) for campaign_id, invitation_id in ids if rooms.take(campaign_id)]


@transaction.atomic
def _notify_patient(invitation_id: UUID) -> bool:
    """Write one patient's text, unless another worker has, or they want no texts; whether it was written."""
    rows = WaitingPatient.objects.select_for_update(of=("self",), skip_locked=True)
    waiting = (
        rows.select_related("invitation__practice", "invitation__campaign", "invitation__recipient")
        .filter(invitation_id=invitation_id, told_at=None, invitation__state=InvitationState.OPEN)
        .first()
    )
    if waiting is None:
        return False
    waiting.told_at = timezone.now()
    waiting.save(update_fields=["told_at"])
    invitation = waiting.invitation
    if opt_outs.hold_for(invitation.recipient_id):
        return False
    queue(invitation.practice, [texts.more_times(invitation, waiting.times_asked - 1)])
    return True
