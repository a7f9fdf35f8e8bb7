"""Taking appointments out of the clinical system's book: claim, call, settle.

A cancellation may be asked for as often as one likes: the adapter reads the appointment first, and one that is
cancelled already counts as done (gp-connect#cancelling). So a try whose answer was lost is settled by the next one, and
a worker that dies on the way leaves a row that is due again. No database connection is held while the clinical system
is called.
"""

import logging
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from booking.appointments import texts
from booking.appointments.notify import tell
from booking.appointments.outcomes import Cancelled, CancelOutcome, Later, Refused
from booking.appointments.reopen import cancelled_for_clinic, gave_way, settle_cancelled
from booking.appointments.services import locked, record
from booking.appointments.transitions import move
from booking.models import Booking, BookingState
from booking.slots import outages
from campaigns.models import Invitation
from core import metrics
from core.claims import mark_tried, take_first
from core.database import release
from core.errors import reason_for
from core.hints import hint
from integrations.clinical import errors, port
from integrations.connections import NotConnected, clinical_for
from integrations.outbox import retries
from practices.holds import services as holds

logger = logging.getLogger(__name__)

BY_PATIENT = "Cancelled by the patient from their link"
BY_STAFF = "Cancelled by the practice for the patient"
MOVED = "Moved to another time by the patient"
MOVED_BY_STAFF = "Moved to another time by the practice for the patient"

SCHEDULE = [5, 10, 30, 60, 120, 300, 300]
"""Seconds before each further try. The last is repeated until `_ends_at`."""

WITHIN = timedelta(minutes=30)
"""A patient who cancels is told by then: half an hour, and half of the shortest notice, is left to phone."""

MOVED_WITHIN = timedelta(hours=24)
"""The same for an appointment that another has taken the place of: its patient waits for nothing."""

SWEEP_LIMIT = 200
SWEEP_GRACE = timedelta(seconds=5)
"""What was asked for less than this ago has just been hinted at."""

_NOT_SECURE = "There is no secure connection to the clinical system. Ask an administrator, and cancel it there."
_REASONS: dict[type[errors.ClinicalError], str] = {
    errors.BookingRefused: "The practice's rules in the clinical system did not allow it. Cancel it there.",
    errors.CertificateRejected: _NOT_SECURE,
    errors.ProxyRefused: _NOT_SECURE,
    errors.LeadsInside: _NOT_SECURE,
    errors.NotAuthorised: "The clinical system did not accept our log-in. Ask an administrator, and cancel it there.",
    errors.NotEnabled: "The clinical system does not let Selfbook cancel. Ask an administrator, and cancel it there.",
}


def undo(booking_id: UUID) -> None:
    """Bring one due cancellation a step further. Harmless however often, late or at the same time it runs."""
    booking = claim(booking_id)
    if booking is None:
        return
    outcome = call(booking)
    settle(booking, outcome)
    metrics.BOOKINGS.labels(action="cancel", outcome=type(outcome).__name__.lower()).inc()
    logger.info("cancelling tried", extra={"booking_id": str(booking_id), "outcome": type(outcome).__name__})


@transaction.atomic
def claim(booking_id: UUID) -> Booking | None:
    """The booking, if it is due and nobody else has it; nobody else gets it for a while."""
    rows = Booking.objects.due().filter(id=booking_id, state=BookingState.CANCELLING)
    booking = take_first(rows)
    if booking is None or not holds.may_leave(booking.practice_id):
        return None
    booking.save(update_fields=mark_tried(booking, timezone.now(), retries.LOST_AFTER))
    return booking


def call(booking: Booking) -> CancelOutcome:
    """Have the clinical system cancel a claimed booking."""
    invitation = Invitation.objects.select_related("practice", "campaign__started_by").get(id=booking.invitation_id)
    actor, reason = booking.cancelled_by or invitation.campaign.started_by, _reason(booking)
    try:
        if actor is None:
            raise NotConnected("The batch has not been sent.")
        system = clinical_for(invitation.practice, actor)
    except NotConnected:
        return Later()
    release()
    with closing(system):
        return _cancel(system, booking, reason)


def _cancel(system: port.ClinicalSystem, booking: Booking, reason: str) -> CancelOutcome:
    try:
        try:
            system.cancel(booking.appointment_id, reason)
        except errors.BookingRefused:
            # Somebody may have cancelled it in the same moment: asking again reads it again.
            system.cancel(booking.appointment_id, reason)
    except errors.AppointmentNotFound:
        return Cancelled()
    except outages.OF_ALL as error:
        logger.warning("cancelling put off", extra={"booking_id": str(booking.id), "detail": error.detail})
        outages.failed(booking.practice_id, error)
        if isinstance(error, errors.Busy):
            return Later(error.retry_after)
        return Later(reason=reason_for(error, _REASONS))
    except tuple(_REASONS) as error:
        logger.warning("cancelling refused", extra={"booking_id": str(booking.id), "detail": error.detail})
        return Refused(reason_for(error, _REASONS))
    except errors.ClinicalError as error:
        # Changed by somebody else in this moment, or the answer was lost: the next try reads what is there.
        logger.warning("cancelling unknown", extra={"booking_id": str(booking.id), "detail": error.detail})
        return Later()
    outages.answered(booking.practice_id)
    return Cancelled()


def _reason(booking: Booking) -> str:
    """What staff read beside the cancelled appointment."""
    if gave_way(booking):
        return MOVED_BY_STAFF if booking.cancelled_by_id else MOVED
    return BY_STAFF if booking.cancelled_by_id else BY_PATIENT


@transaction.atomic
def settle(claimed: Booking, outcome: CancelOutcome) -> None:
    """Write what became of a claimed cancellation, with all that follows from it."""
    invitation = locked(claimed.invitation_id)
    booking = Booking.objects.select_for_update().get(id=claimed.id)
    if booking.state == BookingState.NOT_CANCELLED and isinstance(outcome, Cancelled):
        # A worker that was taken for lost comes back, and has done it.
        settle_cancelled(booking, invitation)
    if booking.state != BookingState.CANCELLING:
        return
    match outcome:
        case Cancelled():
            settle_cancelled(booking, invitation)
        case Refused(reason):
            _settle_not_cancelled(booking, invitation, reason)
        case Later(retry_after, reason):
            _settle_later(booking, invitation, retry_after, reason)


def _settle_not_cancelled(booking: Booking, invitation: Invitation, reason: str) -> None:
    move(booking, BookingState.NOT_CANCELLED, reason=reason)
    record("booking.not_cancelled", booking, invitation)
    if not gave_way(booking) and not cancelled_for_clinic(booking):
        tell(invitation, texts.not_cancelled(booking, invitation))


def _settle_later(booking: Booking, invitation: Invitation, retry_after: float | None, reason: str) -> None:
    seconds = SCHEDULE[min(booking.attempts, len(SCHEDULE)) - 1]
    due_at = timezone.now() + retries.jitter(max(seconds, min(retry_after or 0, SCHEDULE[-1])))
    if due_at >= _ends_at(booking):
        reason = reason or (
            "The clinical system did not answer, so it may not be cancelled. Look in the book, and cancel it there."
        )
        _settle_not_cancelled(booking, invitation, reason)
        return
    booking.due_at = due_at
    booking.save(update_fields=["due_at"])


def _ends_at(booking: Booking) -> datetime:
    """When the tries end: nothing can be cancelled once it has begun."""
    asked_at = booking.cancel_asked_at or booking.created_at
    return min(asked_at + (MOVED_WITHIN if gave_way(booking) else WITHIN), booking.starts_at)


def sweep() -> None:
    """Find cancellations whose time has come: those that a killed worker left, and those whose hint was lost."""
    due = Booking.objects.due().filter(state=BookingState.CANCELLING)
    just_hinted = Q(attempts=0, due_at__gt=timezone.now() - SWEEP_GRACE)
    for booking_id in due.exclude(just_hinted).values_list("id", flat=True)[:SWEEP_LIMIT]:
        hint("booking.cancel", booking_id)
