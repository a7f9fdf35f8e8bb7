"""Patients who found no time and asked to be told when there are more.

A text is written in the transaction that notes that it was: once for each time of asking. No more patients are told
than there are times, those who have waited longest first, and those who were told a while ago and may still come are
counted too. The clinical system is asked through the list that all share.
"""

import logging
from collections import Counter
from collections.abc import Mapping
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


def _rooms(now: datetime) -> dict[UUID, int]:
    """How many more patients may be told of each batch that has somebody who waits; batches without room are left out.

    Those who were told a while ago and have not answered may still come, and count.
    """
    waiting = _untold(now).order_by().values("invitation__campaign_id")
    batches = Campaign.objects.filter(id__in=waiting).select_related("practice", "started_by")
    free = slots.counts([(campaign, listed) for campaign in batches if (listed := _listed(campaign)) is not None])
    may_come = WaitingPatient.objects.filter(
        told_at__gt=now - MAY_STILL_COME, invitation__campaign__in=list(free), invitation__state=InvitationState.OPEN
    )
    by_batch = (
        dict(may_come.order_by().values_list("invitation__campaign_id").annotate(Count("invitation_id")))
        if free
        else {}
    )
    rooms = {campaign_id: number - by_batch.get(campaign_id, 0) for campaign_id, number in free.items()}
    return {campaign_id: room for campaign_id, room in rooms.items() if room > 0}


def _listed(campaign: Campaign) -> FreeList | None:
    """The free times of a batch's slot type; None while the clinical system cannot be asked."""
    try:
        return free_list.free(campaign)
    except slots.Unavailable:
        return None


def _longest(rooms: Mapping[UUID, int], now: datetime) -> list[tuple[UUID, UUID]]:
    """Those who have waited longest of each batch, as many as there is room: the batch and the invitation of each."""
    if not rooms:
        return []
    place = Window(RowNumber(), partition_by="invitation__campaign_id", order_by="asked_at")
    waiting = _untold(now).filter(invitation__campaign__in=list(rooms)).annotate(place=place)
    rows = waiting.filter(place__lte=max(rooms.values())).order_by("asked_at")
    ids = rows.values_list("invitation__campaign_id", "invitation_id", "place")
    return [(campaign_id, invitation_id) for campaign_id, invitation_id, nth in ids if nth <= rooms[campaign_id]]


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
