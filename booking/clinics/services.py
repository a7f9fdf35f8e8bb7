"""Cancelling a clinic: its times are offered no more, and each patient who booked into it gets one text, or is phoned.

Rows first, then a worker: each appointment has its row, and each row is handled in a transaction of its own that locks
the invitation first, so that two presses, two workers and a patient who moves at that moment come one after the other.
A row that was handled is never handled again, and its text has its id: the database allows no second one.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from booking.appointments import change, texts
from booking.appointments.notify import tell
from booking.appointments.services import locked, record
from booking.appointments.transitions import give_up
from booking.clinics import parts
from booking.clinics.parts import Part
from booking.models import Booking, BookingState, CancelledClinic, ClinicPatient, PhoneReason, SlotHold
from campaigns.models import Invitation
from core.hints import hint
from core.sociable_hours import next_sociable
from core.wording import LONDON
from integrations.outbox.messages.last_times import ANSWERS_LAST
from patients.opt_outs import services as opt_outs
from practices.audit import trail as audit
from practices.models import Practice, User

TIME_TO_CHOOSE = timedelta(hours=2)
"""A patient is texted where so much time is left to choose another time by the link; the others are phoned."""

SWEEP_LIMIT = 500

_ON_THE_WAY = (BookingState.PENDING, BookingState.STARTED, BookingState.UNKNOWN, BookingState.MOVING)
"""Nobody knows yet whether it is an appointment: its patient waits for that."""


class NobodyBooked(Exception):
    """No appointment is in that part of the day."""


def cancel(*, practice: Practice, day: date, part: Part, at_once: bool, by: User) -> CancelledClinic:
    """Take a clinic out: its times are offered no more, and a worker sees to its patients. Again changes nothing.

    `at_once`: each appointment is cancelled in the book now, not when the patient has another. Raises NobodyBooked.
    """
    if not parts.within(practice, day, part).exists():
        raise NobodyBooked
    clinic = _cancel(practice, day, part, at_once, by)
    # Only now: whoever confirmed a hold in this moment has a booking by then.
    add_patients(clinic)
    hint("booking.cancel_clinic", clinic.id)
    return clinic


@transaction.atomic
def _cancel(practice: Practice, day: date, part: Part, at_once: bool, by: User) -> CancelledClinic:
    clinic, created = CancelledClinic.objects.get_or_create(
        practice=practice,
        day=day,
        session=part.session,
        clinician=part.clinician,
        reopened_at=None,
        defaults={"cancel_at_once": at_once, "created_by": by},
    )
    if created:
        _let_holds_go(clinic)
        data: dict[str, Any] = {"day": day.isoformat(), "at_once": at_once}
        audit.record("clinic.cancelled", practice=practice, actor=by, object_id=clinic.id, **data)
    return clinic


def _let_holds_go(clinic: CancelledClinic) -> None:
    """Nobody confirms a time of the clinic any more that they are just reading about."""
    holds = SlotHold.objects.filter(
        practice=clinic.practice_id, **parts.named(session=clinic.session, clinician=clinic.clinician)
    )
    begins = dict(holds.values_list("slot_id", "slot__start"))
    of_day = [slot for slot, at in begins.items() if datetime.fromisoformat(at).astimezone(LONDON).date() == clinic.day]
    SlotHold.objects.filter(practice=clinic.practice_id, slot_id__in=of_day).delete()


def add_patients(clinic: CancelledClinic) -> int:
    """Give each appointment in the clinic its row; how many are new. One that is in a clinic already stays there."""
    bookings = parts.of_clinic(clinic).filter(clinics=None)
    rows = [ClinicPatient(practice_id=clinic.practice_id, clinic=clinic, booking=booking) for booking in bookings]
    ClinicPatient.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transaction.atomic
def reopen(*, clinic: CancelledClinic, by: User) -> bool:
    """Offer the clinic's times again, and tell nobody more; False where that was done. Texts that went stay true."""
    row = CancelledClinic.objects.select_for_update().get(id=clinic.id)
    if row.reopened_at is not None:
        return False
    row.reopened_at = timezone.now()
    row.save(update_fields=["reopened_at"])
    ClinicPatient.objects.filter(clinic=row, handled_at=None).delete()
    audit.record("clinic.reopened", practice=clinic.practice, actor=by, object_id=clinic.id)
    return True


def see_to(clinic_id: UUID) -> None:
    """Handle the patients of a clinic who have not been. Harmless however often, late or at once it runs."""
    waiting = ClinicPatient.objects.filter(clinic=clinic_id, handled_at=None).order_by("id")
    for row_id in list(waiting.values_list("id", flat=True)[:SWEEP_LIMIT]):
        handle(row_id)


def sweep() -> None:
    """Find appointments that came into a cancelled clinic at the last moment, and whom a killed worker left."""
    now = timezone.now()
    to_come = CancelledClinic.objects.filter(reopened_at=None, day__gte=now.astimezone(LONDON).date())
    for clinic in to_come.select_related("practice"):
        add_patients(clinic)
    waiting = ClinicPatient.objects.filter(handled_at=None).exclude(booking__state__in=_ON_THE_WAY)
    for clinic_id in waiting.order_by().values_list("clinic_id", flat=True).distinct():
        hint("booking.cancel_clinic", clinic_id)


@transaction.atomic
def handle(row_id: UUID) -> bool:
    """Write one patient's text, or give them to staff to phone, and cancel the appointment if that is to be at once.

    False where it was done before, or must wait until the booking is settled.
    """
    about = ClinicPatient.objects.filter(id=row_id).values_list("booking_id", "booking__invitation_id").first()
    if about is None:
        return False
    booking_id, invitation_id = about
    invitation = locked(invitation_id)
    rows = ClinicPatient.objects.select_for_update(of=("self",)).select_related("clinic__created_by")
    row = rows.filter(id=row_id, handled_at=None).first()
    booking = Booking.objects.select_for_update().get(id=booking_id)
    if row is None or booking.state in _ON_THE_WAY:
        return False
    if booking.state in (BookingState.BOOKED, BookingState.CHECK):
        _handle(row, booking, invitation)
    row.handled_at = timezone.now()
    row.save(update_fields=["handled_at", "phone_reason", "cancel_asked"])
    return True


def _handle(row: ClinicPatient, booking: Booking, invitation: Invitation) -> None:
    """An appointment that cannot go ahead, with all that follows from it."""
    clinic, now = row.clinic, timezone.now()
    is_stopped = opt_outs.hold_for(invitation.recipient_id)
    row.phone_reason = why_phone(booking, invitation, is_stopped=is_stopped) or ""
    if not row.phone_reason:
        text = texts.clinic_cancelled(booking, invitation)
        text.id, text.useless_after = row.id, min(now + ANSWERS_LAST, booking.starts_at)
        tell(invitation, text, overtakes=True)
    if clinic.cancel_at_once and booking.state == BookingState.BOOKED and now < booking.starts_at:
        give_up(booking, by=clinic.created_by)
        row.cancel_asked = True
    how = {"texted": not row.phone_reason, "at_once": row.cancel_asked}
    record("booking.clinic_cancelled", booking, invitation, by=clinic.created_by, **how)


def why_phone(booking: Booking, invitation: Invitation, *, is_stopped: bool) -> PhoneReason | None:
    """Why the patient must be phoned; None where a text with their link serves. `is_stopped`: they get no texts."""
    if booking.state == BookingState.CHECK:
        return PhoneReason.IN_DOUBT
    if not invitation.recipient.mobile:
        return PhoneReason.NO_MOBILE
    if is_stopped:
        return PhoneReason.OPTED_OUT
    campaign = invitation.campaign
    if invitation.locked_at or invitation.record_fault or campaign.links_withdrawn or campaign.is_erased:
        return PhoneReason.NO_LINK
    if next_sociable(timezone.now()) + TIME_TO_CHOOSE > change.ends_at(booking):
        return PhoneReason.NO_TIME
    return None
