"""What a patient does with an invitation: holds a slot, confirms it, or declines. Each is one transaction.

Every one of them locks the invitation first, so that two tabs, two phones and a button pressed twice come one after
the other: whoever is first wins, and the others are told what happened.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from booking.links import Standing, standing_of
from booking.models import Booking, Decline, SlotHold
from booking.slots import from_json, to_json
from campaigns.issuing import coded_entry
from campaigns.models import Invitation, InvitationState
from integrations.clinical.port import Slot
from integrations.hints import hint
from integrations.outbox.models import Purpose
from integrations.outbox.queueing import queue
from practices import audit


class NotOpen(Exception):
    """The invitation cannot be answered any more: `standing` says why."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing)
        self.standing = standing


class SlotUnavailable(Exception):
    """Somebody else has this slot, or it can no longer be booked."""


class HoldGone(Exception):
    """The slot was kept for its time and then went to somebody else, or none was chosen."""


class MayNotDecline(Exception):
    """The batch does not offer to decline."""


def _locked(invitation_id: UUID) -> Invitation:
    """The invitation, locked until the transaction ends."""
    related = ("practice", "campaign", "recipient")
    return Invitation.objects.select_for_update(of=("self",)).select_related(*related).get(id=invitation_id)


def _open(invitation: Invitation) -> Invitation:
    standing = standing_of(invitation)
    if standing != Standing.OPEN:
        raise NotOpen(standing)
    return invitation


def hold_first_of(*, invitation_id: UUID, slots: Sequence[Slot]) -> SlotHold:
    """Keep the first of some equally good slots that is still to be had. Raises NotOpen, SlotUnavailable."""
    for slot in slots:
        try:
            return hold(invitation_id=invitation_id, slot=slot)
        except SlotUnavailable:
            continue
    raise SlotUnavailable


def hold(*, invitation_id: UUID, slot: Slot) -> SlotHold:
    """Keep a slot for a patient, in place of any that they held before. Raises NotOpen, SlotUnavailable."""
    try:
        with transaction.atomic():
            return _hold(_open(_locked(invitation_id)), slot)
    except IntegrityError as taken:
        raise SlotUnavailable from taken
    except OperationalError as trouble:
        # Two patients who swap their slots at the same moment wait for each other; PostgreSQL lets one go on.
        if isinstance(trouble.__cause__, DeadlockDetected):
            raise SlotUnavailable from trouble
        raise


def _hold(invitation: Invitation, slot: Slot) -> SlotHold:
    now = timezone.now()
    run_out = SlotHold.objects.filter(practice_id=invitation.practice_id, slot_id=slot.id, expires_at__lte=now)
    run_out.exclude(invitation=invitation).delete()
    # Asked only now: the line above waits for a patient who is confirming that very hold.
    if Booking.objects.live().filter(practice_id=invitation.practice_id, slot_id=slot.id).exists():
        raise SlotUnavailable
    kept, _ = SlotHold.objects.update_or_create(
        invitation=invitation,
        defaults={
            "practice_id": invitation.practice_id,
            "slot_id": slot.id,
            "slot": to_json(slot),
            "expires_at": now + timedelta(minutes=settings.SLOT_HOLD_MINUTES),
        },
    )
    return kept


@transaction.atomic
def confirm(*, invitation_id: UUID) -> Booking:
    """Turn the patient's hold into a booking for the worker to make, and return it.

    Confirming again, from another tab or phone too, returns the booking that there is. A hold whose time has run out
    still counts as long as nobody else has taken the slot over. Raises NotOpen, HoldGone, SlotUnavailable.
    """
    invitation = _locked(invitation_id)
    existing = invitation.bookings.live().first()
    if existing is not None:
        return existing
    _open(invitation)
    held = SlotHold.objects.select_for_update().filter(invitation=invitation).first()
    if held is None:
        raise HoldGone
    booking = _booking(invitation, from_json(held.slot))
    held.delete()
    invitation.state = InvitationState.BOOKING
    invitation.save(update_fields=["state"])
    audit.record(
        "booking.confirmed",
        practice=invitation.practice,
        actor=None,
        object_id=booking.id,
        invitation_id=str(invitation.id),
        campaign_id=str(invitation.campaign_id),
    )
    hint("booking.book", booking.id)
    return booking


def _booking(invitation: Invitation, slot: Slot) -> Booking:
    if slot.start <= timezone.now():
        raise SlotUnavailable
    try:
        with transaction.atomic():
            return Booking.objects.create(
                practice=invitation.practice,
                invitation=invitation,
                slot_id=slot.id,
                slot=to_json(slot),
                starts_at=slot.start,
                ends_at=slot.end,
            )
    except IntegrityError as taken:
        raise SlotUnavailable from taken


@transaction.atomic
def decline(*, invitation_id: UUID) -> Decline:
    """Record that a patient does not want this, and queue the code for their record; again changes nothing.

    Raises NotOpen, MayNotDecline.
    """
    invitation = _locked(invitation_id)
    existing = Decline.objects.filter(invitation=invitation).first()
    if existing is not None:
        return existing
    campaign = _open(invitation).campaign
    if not campaign.allow_decline or campaign.decline_code is None:
        raise MayNotDecline
    declined = Decline.objects.create(invitation=invitation, practice=invitation.practice)
    SlotHold.objects.filter(invitation=invitation).delete()
    invitation.state = InvitationState.DECLINED
    invitation.save(update_fields=["state"])
    queue(invitation.practice, codes=[coded_entry(campaign, invitation, campaign.decline_code, Purpose.DECLINE)])
    audit.record(
        "invitation.declined",
        practice=invitation.practice,
        actor=None,
        object_id=invitation.id,
        campaign_id=str(campaign.id),
    )
    return declined


def note_opened(*, invitation_id: UUID) -> None:
    """Somebody pressed a button of the first page. The first time is kept."""
    Invitation.objects.filter(id=invitation_id, opened_at=None).update(opened_at=timezone.now())
