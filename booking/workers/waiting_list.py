"""Patients who found no time and asked to be told when there are more.

A text is written in the transaction that notes that it was: once for each time of asking. No more patients are told
than there are times, those who have waited longest first, and those who were told a while ago and may still come are
counted too. The clinical system is asked through the list that all share.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from booking.appointments import texts
from booking.models import WaitingPatient
from booking.slots import offered as slots
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
    """Text the patients of every batch for which there are times. Texts that nobody asked for at night wait."""
    for campaign_id in _untold(timezone.now()).values_list("invitation__campaign_id", flat=True).distinct():
        campaign = Campaign.objects.select_related("practice", "started_by").get(id=campaign_id)
        if is_sociable(timezone.now()):
            _tell(campaign)


def _untold(now: datetime) -> QuerySet[WaitingPatient]:
    """Those who wait and whose link still works."""
    return WaitingPatient.objects.filter(
        told_at=None,
        invitation__state=InvitationState.OPEN,
        invitation__locked_at=None,
        invitation__expires_at__gt=now,
    ).order_by("asked_at")


def _tell(campaign: Campaign) -> None:
    first = _untold(timezone.now()).filter(invitation__campaign=campaign).select_related("invitation").first()
    if first is None:
        return
    first.invitation.campaign = campaign
    try:
        free = len(slots.available(first.invitation))
    except slots.Unavailable:
        return
    room = free - _may_still_come(campaign)
    notified = sum(_notify_patient(invitation_id) for invitation_id in _longest(campaign, room)) if room > 0 else 0
    if notified:
        logger.info("patients told of more times", extra={"campaign_id": str(campaign.id), "patients": notified})


def _longest(campaign: Campaign, room: int) -> list[UUID]:
    """Those who have waited longest, and can be texted."""
    waiting = _untold(timezone.now()).filter(invitation__campaign=campaign)
    return list(waiting.values_list("invitation_id", flat=True)[:room])


def _may_still_come(campaign: Campaign) -> int:
    """How many were told of times a while ago and have not answered."""
    since = timezone.now() - MAY_STILL_COME
    return WaitingPatient.objects.filter(
        told_at__gt=since, invitation__campaign=campaign, invitation__state=InvitationState.OPEN
    ).count()


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
