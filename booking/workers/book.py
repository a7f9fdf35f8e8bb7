"""Making bookings in the clinical system: claim, call, settle.

No interface of a clinical system can be asked to book "only if you have not done so": so an answer that is lost is
never followed by another request before the patient's appointments have been read (faults#lost-booking-answer). One
slot holds one appointment, which is why a second request for the same slot cannot book twice either. No database
connection is held while the clinical system is called.
"""

import logging
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from booking.appointments.outcomes import BookingOutcome, Gone, Later, Made, Refused, Unknown
from booking.appointments.transitions import move
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from booking.slots import outages
from booking.workers.settle import settle
from campaigns.models import Invitation
from core import metrics
from core.claims import one_more_try, take, take_first
from core.database import release
from core.errors import reason_for
from core.hints import hint
from integrations.clinical import errors, port
from integrations.connections import NotConnected, clinical_for
from integrations.outbox import retries
from integrations.record_faults import ERRORS, HAPPENED, IN_DOUBT, fault_of
from practices.holds import services as holds

logger = logging.getLogger(__name__)

DESCRIPTION = "Booked by the patient from a text message"
DESCRIPTION_BY_STAFF = "Booked by the practice for a patient who was sent a text message"
"""What staff read beside the appointment; at most 100 characters are kept (gp-connect#booking)."""

SWEEP_LIMIT = 200
SWEEP_GRACE = timedelta(seconds=5)
"""A booking confirmed less than this ago has just been hinted at."""

_NOT_SECURE = "There is no secure connection to the clinical system. Ask an administrator, and book by phone."
_REASONS: dict[type[errors.ClinicalError], str] = {
    errors.InvalidNhsNumber: "The clinical system did not accept the NHS number. Book by phone.",
    errors.BookingRefused: "The practice's rules in the clinical system did not allow this booking. Book by phone.",
    errors.CertificateRejected: _NOT_SECURE,
    errors.ProxyRefused: _NOT_SECURE,
    errors.LeadsInside: _NOT_SECURE,
    errors.NotAuthorised: "The clinical system did not accept our log-in. Ask an administrator, and book by phone.",
    errors.NotEnabled: "Booking is not switched on in the clinical system. Ask an administrator, and book by phone.",
}


def make(booking_id: UUID) -> None:
    """Bring one due booking a step further. Harmless however often, late or at the same time it runs."""
    booking = claim(booking_id)
    if booking is None:
        return
    outcome = call(booking)
    settle(booking, outcome)
    metrics.BOOKINGS.labels(action="book", outcome=type(outcome).__name__.lower()).inc()
    logger.info("booking tried", extra={"booking_id": str(booking_id), "outcome": type(outcome).__name__})


def claim(booking_id: UUID) -> Booking | None:
    """The booking, if it is due and nobody else has it; nobody else gets it for a while.

    While nothing may leave, one whose outcome is not known is still looked for, and none is asked for.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = Booking.objects.due().filter(id=booking_id, state__in=[BookingState.PENDING, BookingState.UNKNOWN])
        # What it replaces is read along: later on there is no connection to the database.
        booking = take_first(rows.select_related("replaces", "made_by"))
        if booking is None:
            return None
        if booking.state == BookingState.PENDING and not holds.may_leave(booking.practice_id):
            return None
        if booking.state == BookingState.PENDING:
            move(booking, BookingState.STARTED, **one_more_try(booking, now, retries.LOST_AFTER))
        else:
            booking.due_at = now + retries.LOST_AFTER
            booking.save(update_fields=["due_at"])
    return booking


def call(booking: Booking) -> BookingOutcome:
    """Book a claimed booking in the clinical system, or find out whether it is booked there."""
    invitation = Invitation.objects.select_related("practice", "campaign__started_by", "recipient").get(
        id=booking.invitation_id
    )
    actor = booking.made_by or invitation.campaign.started_by
    patient = port.CheckedPatient(invitation.recipient.nhs_number, invitation.recipient.date_of_birth)
    try:
        if actor is None:
            raise NotConnected("The batch has not been sent.")
        system = clinical_for(invitation.practice, actor)
    except NotConnected:
        return Later() if booking.state == BookingState.STARTED else Unknown()
    release()
    with closing(system):
        if booking.state == BookingState.UNKNOWN:
            return look(system, booking, patient.nhs_number)
        if booking.attempts == 1:
            return _book(system, booking, patient)
        return _book_again(system, booking, patient)


def _book_again(system: port.ClinicalSystem, booking: Booking, patient: port.CheckedPatient) -> BookingOutcome:
    """Another try of what was surely not booked; even so, the patient's appointments are read first."""
    try:
        outcome = _among_appointments(system, booking, patient.nhs_number)
    except ERRORS:
        # Not an error that passes. Booking reads the record first, too, and says what is wrong with it.
        return _book(system, booking, patient)
    except outages.OF_ALL as error:
        _note_unread(booking, error)
        return _later(booking, error)
    except errors.ClinicalError as error:
        _note_unread(booking, error)
        return Later()
    return outcome if isinstance(outcome, Made) else _book(system, booking, patient) if outcome.looked else Later()


def _book(system: port.ClinicalSystem, booking: Booking, patient: port.CheckedPatient) -> BookingOutcome:
    if _comes_too_late(booking):
        return Gone()
    description = DESCRIPTION_BY_STAFF if booking.made_by_id else DESCRIPTION
    try:
        appointment = system.book(patient, slots.from_json(booking.slot), description)
    except errors.SlotTaken:
        # It may be ours, from a request whose answer was lost.
        outcome = look(system, booking, patient.nhs_number)
        return Gone() if isinstance(outcome, Unknown) and outcome.looked else outcome
    except errors.SlotGone:
        return Gone()
    except ERRORS as error:
        fault = fault_of(error)
        logger.warning("booking refused", extra={"booking_id": str(booking.id), "detail": fault.value})
        to_do = "Find out whose record it is, then book by phone." if fault in IN_DOUBT else "Book by phone."
        return Refused(f"{HAPPENED[fault]} {to_do}", fault)
    except outages.OF_ALL as error:
        logger.warning("booking put off", extra={"booking_id": str(booking.id), "detail": error.detail})
        return _later(booking, error)
    except tuple(_REASONS) as error:
        logger.warning("booking refused", extra={"booking_id": str(booking.id), "detail": str(error)})
        return Refused(reason_for(error, _REASONS))
    except errors.ClinicalError as error:
        logger.warning("booking unknown", extra={"booking_id": str(booking.id), "detail": error.detail})
        return Unknown()
    outages.answered(booking.practice_id)
    return Made(appointment.id)


def _later(booking: Booking, error: errors.ClinicalError) -> Later:
    """Nobody could book now, whoever asked: staff see that, and the booking waits until it is mended."""
    outages.failed(booking.practice_id, error)
    return Later(
        error.retry_after if isinstance(error, errors.Busy) else None,
        reason_for(error, _REASONS) if isinstance(error, errors.NotAuthorised) else "",
    )


def _comes_too_late(booking: Booking) -> bool:
    """It has begun, or the appointment has that it was to replace: the patient was told to keep that one until then."""
    begin = [appointment.starts_at for appointment in (booking, booking.replaces) if appointment is not None]
    return min(begin) <= timezone.now()


def look(system: port.ClinicalSystem, booking: Booking, nhs_number: str) -> Made | Unknown:
    """Is there an appointment in this slot among the patient's own? Unknown where they cannot be read."""
    try:
        return _among_appointments(system, booking, nhs_number)
    except errors.ClinicalError as error:
        _note_unread(booking, error)
        return Unknown()


def _note_unread(booking: Booking, error: errors.ClinicalError) -> None:
    logger.warning("appointments cannot be read", extra={"booking_id": str(booking.id), "detail": error.detail})


def _among_appointments(system: port.ClinicalSystem, booking: Booking, nhs_number: str) -> Made | Unknown:
    """The same, with the error where they cannot be read. Days gone by are not there any more."""
    day = timezone.localtime(booking.starts_at).date()
    if day < timezone.localdate():
        return Unknown()
    appointments = system.appointments(nhs_number, day, day)
    booked = [item for item in appointments if item.status != port.AppointmentStatus.CANCELLED]
    for appointment in booked:
        if booking.slot_id in appointment.slot_ids:
            return Made(appointment.id)
    # What cannot be read may be ours, and so may what does not say in which slot it is.
    is_in_doubt = any(not item.slot_ids and item.start == booking.starts_at for item in booked)
    if is_in_doubt or port.left_out_of(appointments):
        logger.warning("some appointments cannot be read", extra={"booking_id": str(booking.id)})
        return Unknown()
    return Unknown(looked=True)


def sweep() -> None:
    """Find bookings whose time has come: those that a killed worker left, and those whose hint was lost."""
    now = timezone.now()
    _take_over_lost(now)
    due = Booking.objects.due().filter(state__in=[BookingState.PENDING, BookingState.UNKNOWN])
    just_hinted = Q(attempts=0, due_at__gt=now - SWEEP_GRACE)
    for booking_id in due.exclude(just_hinted).values_list("id", flat=True)[:SWEEP_LIMIT]:
        hint("booking.book", booking_id)


@transaction.atomic
def _take_over_lost(now: datetime) -> None:
    """A worker that died may have booked: the patient's appointments tell."""
    lost = Booking.objects.filter(state=BookingState.STARTED, due_at__lte=now)
    for booking in take(lost, SWEEP_LIMIT):
        move(booking, BookingState.UNKNOWN, due_at=now)
