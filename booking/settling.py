"""Writing what became of a booking, with all that follows from it: the invitation, the texts, the audit trail."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from booking import slots, texts
from booking.models import Booking, BookingState
from booking.moving import move
from booking.outcomes import Gone, Later, Made, Outcome, Refused, Unknown
from campaigns.models import Invitation, InvitationState
from integrations.hints import hint
from integrations.outbox import retries
from integrations.outbox.queueing import queue
from practices import audit

logger = logging.getLogger(__name__)

BUSY_SCHEDULE = [10, 30, 60, 300, 600, 900, 1800]
"""Seconds before each further try while the clinical system is down: an hour in all, then the patient is told."""

UNKNOWN_TRIES = 4
"""Requests without an answer, and without an appointment, before we give up."""

FIRST_LOOK = timedelta(seconds=5)
LOOK_AGAIN = timedelta(seconds=10)
ABSENT_AFTER = timedelta(seconds=15)
"""An appointment that is not in the patient's list this long after it was asked for was not made."""

LINK_EXTENSION = timedelta(days=1)
"""A patient whose slot went has at least this long to choose another one."""


@transaction.atomic
def settle(claimed: Booking, outcome: Outcome) -> None:
    """Write what became of a claimed booking, with all that follows from it."""
    related = ("practice", "campaign", "recipient")
    invitation = (
        Invitation.objects.select_for_update(of=("self",)).select_related(*related).get(id=claimed.invitation_id)
    )
    booking = Booking.objects.select_for_update().get(id=claimed.id)
    if booking.state not in (BookingState.STARTED, BookingState.UNKNOWN):
        _note_late(booking, outcome)
        return
    match outcome:
        case Made(appointment_id):
            _settle_booked(booking, invitation, appointment_id)
        case Gone():
            _settle_gone(booking, invitation)
        case Refused(reason):
            _settle_failed(booking, invitation, reason)
        case Later(retry_after):
            _settle_later(booking, invitation, retry_after)
        case Unknown(looked):
            _settle_unknown(booking, invitation, absent=looked)


def _note_late(booking: Booking, outcome: Outcome) -> None:
    """A worker that was taken for lost comes back: what has been settled since then stands.

    A booking that waits for its next try finds its appointment by itself then.
    """
    if isinstance(outcome, Made) and booking.state in (BookingState.SLOT_GONE, BookingState.FAILED):
        logger.error("an appointment was made after its booking was given up", extra={"booking_id": str(booking.id)})


def _settle_booked(booking: Booking, invitation: Invitation, appointment_id: str) -> None:
    move(booking, BookingState.BOOKED, appointment_id=appointment_id)
    invitation.state = InvitationState.BOOKED
    invitation.save(update_fields=["state"])
    queue(invitation.practice, [texts.confirmation(booking, invitation)])
    _record("booking.booked", booking, invitation)


def _settle_gone(booking: Booking, invitation: Invitation) -> None:
    move(booking, BookingState.SLOT_GONE, reason="Somebody else took the slot.")
    may_choose = _reopen(invitation)
    transaction.on_commit(partial(slots.forget, invitation.campaign))
    words = texts.slot_gone if may_choose else texts.not_booked
    queue(invitation.practice, [words(booking, invitation)])
    _record("booking.slot_gone", booking, invitation)


def _settle_failed(booking: Booking, invitation: Invitation, reason: str) -> None:
    move(booking, BookingState.FAILED, reason=reason)
    _reopen(invitation)
    queue(invitation.practice, [texts.not_booked(booking, invitation)])
    _record("booking.failed", booking, invitation)


def _settle_later(booking: Booking, invitation: Invitation, retry_after: float | None) -> None:
    if booking.attempts > len(BUSY_SCHEDULE):
        _settle_failed(booking, invitation, "The clinical system could not be reached for an hour. Book by phone.")
        return
    wait = max(BUSY_SCHEDULE[booking.attempts - 1], min(retry_after or 0, BUSY_SCHEDULE[-1]))
    move(booking, BookingState.PENDING, due_at=timezone.now() + retries.jitter(wait))


def _settle_unknown(booking: Booking, invitation: Invitation, *, absent: bool) -> None:
    now = timezone.now()
    age = now - (booking.started_at or booking.created_at)
    if booking.state == BookingState.STARTED:
        move(booking, BookingState.UNKNOWN, due_at=now + FIRST_LOOK)
    elif absent and age >= ABSENT_AFTER and booking.attempts < UNKNOWN_TRIES:
        move(booking, BookingState.PENDING, due_at=now)
        hint("booking.book", booking.id)
    elif absent and age >= ABSENT_AFTER:
        _settle_failed(booking, invitation, "The clinical system did not answer, and has no such appointment.")
    elif age >= retries.SETTLE_WITHIN:
        move(booking, BookingState.CHECK, reason="We could not find out whether this was booked. Look in the book.")
        queue(invitation.practice, [texts.not_known(booking, invitation)])
        _record("booking.check", booking, invitation)
    else:
        _look_later(booking, now + (LOOK_AGAIN if absent else timedelta(minutes=1)))


def _look_later(booking: Booking, at: datetime) -> None:
    booking.due_at = at
    booking.save(update_fields=["due_at"])


def _reopen(invitation: Invitation) -> bool:
    """Let the patient answer again, with enough time to do so; False when staff have withdrawn the link meanwhile."""
    if invitation.campaign.links_withdrawn:
        invitation.state = InvitationState.WITHDRAWN
        invitation.save(update_fields=["state"])
        return False
    invitation.state = InvitationState.OPEN
    invitation.expires_at = max(invitation.expires_at, timezone.now() + LINK_EXTENSION)
    invitation.save(update_fields=["state", "expires_at"])
    return True


def _record(action: str, booking: Booking, invitation: Invitation) -> None:
    audit.record(
        action,
        practice=invitation.practice,
        actor=None,
        object_id=booking.id,
        invitation_id=str(invitation.id),
        campaign_id=str(invitation.campaign_id),
    )
