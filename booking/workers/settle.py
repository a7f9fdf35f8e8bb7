"""Writing what became of a booking, with all that follows from it: the invitation, the texts, the audit trail."""

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from booking.appointments import texts
from booking.appointments.notify import tell
from booking.appointments.outcomes import BookingOutcome, Gone, Later, Made, Refused, Unknown
from booking.appointments.reopen import reopen_after_failure
from booking.appointments.services import locked, record
from booking.appointments.transitions import give_up, move
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from campaigns.follow_up import record_faults
from campaigns.models import Invitation, InvitationState
from core.hints import hint
from integrations.clinical import errors
from integrations.models.outbox import Message
from integrations.outbox import retries
from practices.models import User

logger = logging.getLogger(__name__)

BUSY_SCHEDULE = [10, 30, 60, 300, 600, 900, 1800]
"""Seconds before each further try while the clinical system is down: an hour in all, then the patient is told."""

UNKNOWN_TRIES = 4
"""Requests without an answer, and without an appointment, before we give up."""

FIRST_LOOK = timedelta(seconds=5)
LOOK_AGAIN = timedelta(seconds=10)
ABSENT_AFTER = timedelta(seconds=15)
"""An appointment that is not in the patient's list this long after it was asked for was not made."""


@transaction.atomic
def settle(claimed: Booking, outcome: BookingOutcome) -> None:
    """Write what became of a claimed booking, with all that follows from it."""
    invitation = locked(claimed.invitation_id)
    booking = Booking.objects.select_for_update().get(id=claimed.id)
    if booking.state == BookingState.CHECK and isinstance(outcome, Made):
        # What staff are asked to look for has been found after all.
        _settle_booked(booking, invitation, outcome.appointment_id)
        return
    if booking.state not in (BookingState.STARTED, BookingState.UNKNOWN):
        _note_late(booking, outcome)
        return
    match outcome:
        case Made(appointment_id):
            _settle_booked(booking, invitation, appointment_id)
        case Gone():
            _settle_gone(booking, invitation)
        case Refused(reason, fault):
            _settle_failed(booking, invitation, reason, fault)
        case Later(retry_after, reason):
            _settle_later(booking, invitation, retry_after, reason)
        case Unknown(looked):
            _settle_unknown(booking, invitation, absent=looked)


@transaction.atomic
def settle_check(*, booking_id: UUID, appointment_id: str, by: User) -> bool:
    """Write what a staff member found out about a booking in doubt: its appointment, or "" where there is none.

    False where it is not in doubt any more: then nothing is changed.
    """
    invitation = locked(Booking.objects.values_list("invitation_id", flat=True).get(id=booking_id))
    booking = Booking.objects.select_for_update().get(id=booking_id)
    if booking.state != BookingState.CHECK:
        return False
    record("booking.checked", booking, invitation, by=by, found="yes" if appointment_id else "no")
    if appointment_id:
        _settle_booked(booking, invitation, appointment_id)
    else:
        _settle_failed(booking, invitation, "Staff looked: it is not in the book.")
    return True


def _note_late(booking: Booking, outcome: BookingOutcome) -> None:
    """A worker that was taken for lost comes back: what has been settled since then stands.

    A booking that waits for its next try finds its appointment by itself then.
    """
    if isinstance(outcome, Made) and booking.state in (BookingState.SLOT_GONE, BookingState.FAILED):
        logger.error("an appointment was made after its booking was given up", extra={"booking_id": str(booking.id)})


def _settle_booked(booking: Booking, invitation: Invitation, appointment_id: str) -> None:
    """The appointment is in the book. One that it takes the place of is cancelled only now."""
    move(booking, BookingState.BOOKED, appointment_id=appointment_id)
    invitation.state = InvitationState.BOOKED
    invitation.save(update_fields=["state"])
    record_faults.take_back(invitation)
    former = _replaced(booking)
    if former is not None:
        give_up(former, by=booking.made_by)
    compose = texts.confirmation if former is None else texts.moved
    if booking.starts_at > timezone.now():  # staff may settle what was long in doubt only afterwards
        tell(invitation, compose(booking, invitation), overtakes=True)
    record("booking.booked", booking, invitation)


def _replaced(booking: Booking) -> Booking | None:
    """The appointment that this one was to take the place of, locked, while it waits for that."""
    if booking.replaces_id is None:
        return None
    return Booking.objects.select_for_update().filter(id=booking.replaces_id, state=BookingState.MOVING).first()


def _settle_gone(booking: Booking, invitation: Invitation) -> None:
    move(booking, BookingState.SLOT_GONE, reason="Somebody else took the slot.")
    transaction.on_commit(partial(slots.forget, invitation.campaign))
    tell(invitation, _after_failure(booking, invitation, choose_again=True))
    record("booking.slot_gone", booking, invitation)


def _settle_failed(
    booking: Booking, invitation: Invitation, reason: str, fault: errors.RecordFault | None = None
) -> None:
    move(booking, BookingState.FAILED, reason=reason)
    if fault is not None:
        record_faults.note(invitation, fault)
    tell(invitation, _after_failure(booking, invitation, choose_again=False))
    record("booking.failed", booking, invitation)


def _after_failure(booking: Booking, invitation: Invitation, *, choose_again: bool) -> Message:
    """Leave the patient with the appointment that this one was to replace, or with an open link; the text about it."""
    former = _replaced(booking)
    if former is not None:
        move(former, BookingState.BOOKED)
        invitation.state = InvitationState.BOOKED
        invitation.save(update_fields=["state"])
        return texts.not_moved(booking, former, invitation)
    compose = texts.slot_gone if reopen_after_failure(invitation) and choose_again else texts.not_booked
    return compose(booking, invitation)


def _settle_later(booking: Booking, invitation: Invitation, retry_after: float | None, reason: str) -> None:
    if booking.attempts > len(BUSY_SCHEDULE):
        reason = reason or "The clinical system could not be reached for an hour. Book by phone."
        _settle_failed(booking, invitation, reason)
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
        tell(invitation, texts.not_known(booking, invitation))
        record("booking.check", booking, invitation)
    else:
        _look_later(booking, now + (LOOK_AGAIN if absent else timedelta(minutes=1)))


def _look_later(booking: Booking, at: datetime) -> None:
    booking.due_at = at
    booking.save(update_fields=["due_at"])
