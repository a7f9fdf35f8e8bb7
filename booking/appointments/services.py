"""What a patient does with an invitation: holds a slot, confirms it, or declines. Each is one transaction.

Every one of them locks the invitation first, so that two tabs, two phones and a button pressed twice come one after
the other: whoever is first wins, and the others are told what happened.

A staff member may do the same for a patient who phones. `by` names them: a link that is locked or out of date does not
stop them, because they know whom they are speaking to; one that was withdrawn does. The audit trail names them too.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from booking.appointments import confirm_sql
from booking.models import Booking, Decline, SlotHold
from booking.slots.offered import to_json
from booking.visits.links import Standing, standing_of
from campaigns.models import Invitation, InvitationState
from campaigns.sending.issuing import coded_entry
from core.hints import hint
from integrations.clinical.port import Slot
from integrations.models.outbox import Purpose
from integrations.outbox.messages import in_app
from integrations.outbox.queueing import queue
from practices.audit import trail as audit
from practices.models import User


class NotOpen(Exception):
    """The invitation cannot be used for that any more: `standing` says why."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing)
        self.standing = standing


class SlotUnavailable(Exception):
    """Somebody else has this slot, or it can no longer be booked."""


class HoldGone(Exception):
    """The slot was kept for its time and then went to somebody else, or none was chosen, or another one since."""


class MayNotDecline(Exception):
    """The batch does not offer to decline."""


_ANSWERED = {
    InvitationState.BOOKING: Standing.USED_TO_BOOK,
    InvitationState.BOOKED: Standing.USED_TO_BOOK,
    InvitationState.CANCELLED: Standing.USED_TO_BOOK,
    InvitationState.DECLINED: Standing.DECLINED,
    InvitationState.WITHDRAWN: Standing.WITHDRAWN,
}


def standing_for(invitation: Invitation, by: User | None) -> Standing:
    """Where an invitation stands for its patient, or for a staff member, whom no lock and no last day stops."""
    if by is None:
        return standing_of(invitation)
    return _ANSWERED.get(InvitationState(invitation.state), Standing.OPEN)


def locked(invitation_id: UUID, related: Sequence[str] = ("practice", "campaign", "recipient")) -> Invitation:
    """The invitation, locked until the transaction ends, with what is `related` to it.

    Raises NotOpen for one whose patient was erased since it was looked at: to them its days are over.
    """
    rows = Invitation.objects.select_for_update(of=("self",))
    invitation = (rows.select_related(*related) if related else rows).filter(id=invitation_id).first()
    if invitation is None:
        raise NotOpen(Standing.EXPIRED)
    return invitation


def _open(invitation: Invitation, by: User | None) -> None:
    standing = standing_for(invitation, by)
    if standing != Standing.OPEN:
        raise NotOpen(standing)


def hold_first_of(*, invitation_id: UUID, slots: Sequence[Slot], by: User | None = None) -> SlotHold:
    """Keep the first of some equally good slots that is still to be had. Raises NotOpen, SlotUnavailable."""
    return first_of(slots, lambda slot: hold(invitation_id=invitation_id, slot=slot, by=by))


def first_of(slots: Sequence[Slot], attempt: Callable[[Slot], SlotHold]) -> SlotHold:
    """Make one attempt after another until a slot is to be had. Raises SlotUnavailable, and what an attempt raises."""
    for slot in slots:
        try:
            return attempt(slot)
        except SlotUnavailable:
            continue
    raise SlotUnavailable


def hold(*, invitation_id: UUID, slot: Slot, by: User | None = None) -> SlotHold:
    """Keep a slot for a patient, in place of any that they held before. Raises NotOpen, SlotUnavailable."""
    return keep(invitation_id, slot, allowed=partial(_open, by=by))


@contextmanager
def taking_a_slot() -> Iterator[None]:
    """A transaction that raises SlotUnavailable where the database refuses, because somebody else has the slot."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as taken:
        raise SlotUnavailable from taken
    except OperationalError as error:
        # Two patients who swap their slots at the same moment wait for each other; PostgreSQL lets one go on.
        if isinstance(error.__cause__, DeadlockDetected):
            raise SlotUnavailable from error
        raise


@taking_a_slot()
def keep(invitation_id: UUID, slot: Slot, *, allowed: Callable[[Invitation], object]) -> SlotHold:
    """Keep a slot for a patient if `allowed` does not raise. Raises SlotUnavailable, and what `allowed` does."""
    invitation = locked(invitation_id)
    allowed(invitation)
    return _keep(invitation, slot)


def _keep(invitation: Invitation, slot: Slot) -> SlotHold:
    now = timezone.now()
    run_out = SlotHold.objects.filter(practice_id=invitation.practice_id, slot_id=slot.id, expires_at__lte=now)
    run_out.exclude(invitation=invitation).delete()
    slot_hold, _ = SlotHold.objects.update_or_create(
        invitation=invitation,
        defaults={
            "practice_id": invitation.practice_id,
            "slot_id": slot.id,
            "slot": to_json(slot),
            "expires_at": now + timedelta(minutes=settings.SLOT_HOLD_MINUTES),
        },
    )
    # Asked only now: both lines above wait for a patient who is turning their hold of this slot into a booking.
    if Booking.objects.live().filter(practice_id=invitation.practice_id, slot_id=slot.id).exists():
        raise SlotUnavailable
    return slot_hold


def confirm(*, invitation_id: UUID, slot_id: str | None = None, by: User | None = None) -> Booking:
    """Turn the patient's hold into a booking for the worker to make, and return it.

    Confirming again, from another tab or phone too, returns the booking that there is. A hold whose time has run out
    still counts as long as nobody else has taken the slot over. `slot_id` is the slot that whoever confirms has read
    about: another one, chosen since in another tab, is not booked. Raises NotOpen, HoldGone, SlotUnavailable.
    """
    at_once = book_at_once(invitation_id, slot_id) if by is None else None
    return at_once or _confirm_in_steps(invitation_id, slot_id, by)


@taking_a_slot()
def _confirm_in_steps(invitation_id: UUID, slot_id: str | None, by: User | None) -> Booking:
    """What is in the way takes a lock and more questions, and may turn out to be nothing."""
    invitation = locked(invitation_id, ())
    if invitation.state != InvitationState.OPEN and (existing := invitation.bookings.current().first()) is not None:
        return existing
    _open(invitation, by)
    return book_held(invitation, slot_id, by=by)


def book_at_once(invitation_id: UUID, slot_id: str | None) -> Booking | None:
    """The plain case, in one statement that locks as well: an open invitation and its hold. None in any other.

    So it is, too, where anything of any practice may not leave now: then whoever calls asks about this one's.
    """
    try:
        booking = confirm_sql.book_held(invitation_id, slot_id, locked=False)
    except OperationalError as error:
        if isinstance(error.__cause__, DeadlockDetected):
            return None
        raise
    if booking is not None:
        hint("booking.book", booking.id)
    return booking


def book_held(
    invitation: Invitation, slot_id: str | None, *, by: User | None, replaces: Booking | None = None
) -> Booking:
    """Make a locked invitation's hold a booking for the worker, inside the caller's `taking_a_slot`.

    The hold must be of this slot, if one is named. Raises HoldGone, and SlotUnavailable where its time has come.
    """
    booking = confirm_sql.book_held(invitation.id, slot_id, locked=True, by=by, replaces=replaces)
    if booking is None:
        holds = SlotHold.objects.filter(invitation=invitation)
        raise SlotUnavailable if holds.filter(**({"slot_id": slot_id} if slot_id else {})).exists() else HoldGone
    hint("booking.book", booking.id)
    return booking


def record(action: str, booking: Booking, invitation: Invitation, *, by: User | None = None, **data: Any) -> None:
    """Write what happened to a booking into the audit trail."""
    audit.record(
        action,
        practice=invitation.practice,
        actor=by,
        object_id=booking.id,
        invitation_id=str(invitation.id),
        campaign_id=str(invitation.campaign_id),
        **data,
    )


@transaction.atomic
def decline(*, invitation_id: UUID, by: User | None = None) -> Decline:
    """Record that a patient does not want this, and queue the code for their record; again changes nothing.

    After a decline that staff have reversed it is recorded anew. The code of the first is in the record already, so no
    second one is filed. Raises NotOpen, MayNotDecline.
    """
    invitation = locked(invitation_id)
    existing = Decline.objects.filter(invitation=invitation, reversed_at=None).first()
    if existing is not None:
        return existing
    _open(invitation, by)
    campaign = invitation.campaign
    if not campaign.allow_decline or campaign.decline_code is None:
        raise MayNotDecline
    declined, _ = Decline.objects.update_or_create(
        invitation=invitation,
        defaults={
            "practice": invitation.practice,
            "declined_at": timezone.now(),
            "made_by": by,
            "reversed_at": None,
            "reversed_by": None,
        },
    )
    SlotHold.objects.filter(invitation=invitation).delete()
    invitation.state = InvitationState.DECLINED
    invitation.save(update_fields=["state"])
    queue(invitation.practice, codes=[coded_entry(campaign, invitation, campaign.decline_code, Purpose.DECLINE)])
    audit.record(
        "invitation.declined",
        practice=invitation.practice,
        actor=by,
        object_id=invitation.id,
        campaign_id=str(campaign.id),
    )
    return declined


def note_opened(*, invitation_id: UUID) -> None:
    """Somebody pressed a button of the first page. The first time is kept: the invitation has been read."""
    if Invitation.objects.filter(id=invitation_id, opened_at=None).update(opened_at=timezone.now()):
        in_app.note_opened(invitation_id)
