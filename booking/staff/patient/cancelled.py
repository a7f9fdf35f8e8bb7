"""Patients who had an appointment, or had chosen one, and have none now; and a link for them to choose another time."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet
from django.db.models.functions import Cast, Extract

from booking.appointments import texts
from booking.appointments.link_rules import why_not_again
from booking.appointments.services import locked, record
from booking.models import Attendance, AttendanceState, Booking, BookingState, CancelReason, ClinicPatient
from booking.staff.patient.refusals import CannotDo
from campaigns.follow_up.entries import Action, Batches, Kind, Source
from campaigns.follow_up.wording import Description
from campaigns.models import Invitation, InvitationState
from campaigns.results import followed_up
from campaigns.results.followed_up import done_with
from core.wording import nhs_date, nhs_datetime
from integrations.models.outbox import Message, Purpose
from integrations.outbox.queueing import queue
from practices.models import User

HAS_ANOTHER = "This patient has booked again, or is booking now."
RECORD_FIRST = "Check the patient's record first: they cannot book by the link until it is right."


def _without_appointment(batches: Batches) -> QuerySet[Any]:
    """The latest booking of each patient who has none any more, and has not declined; the oldest first.

    Those of a cancelled clinic are on that clinic's own list.
    """
    mine = {"practice": batches.practice_id, "invitation": OuterRef("invitation")}
    later = Booking.objects.filter(**mine, created_at__gt=OuterRef("created_at"))
    in_clinic = ClinicPatient.objects.filter(practice=batches.practice_id, booking=OuterRef("id"))
    bookings = Booking.objects.filter(
        practice=batches.practice_id, invitation__campaign__in=batches.ids, invitation__practice=batches.practice_id
    )
    return (
        bookings.filter(state__in=(BookingState.CANCELLED, BookingState.FAILED), invitation__elsewhere_at=None)
        .exclude(invitation__state=InvitationState.DECLINED)
        .exclude(Exists(Booking.objects.live().filter(**mine)) | Exists(later) | Exists(in_clinic))
        .exclude(done_with("id", Kind.CANCELLED))
        .annotate(
            batch=F("invitation__campaign_id"),
            row=Cast(Extract("settled_at", "epoch"), BigIntegerField()),
            who=F("invitation_id"),
            text=F("id"),
        )
    )


def _describe(bookings: Sequence[UUID]) -> Mapping[UUID, Description]:
    return {
        booking.id: (_what_happened(booking), "Send a link to choose another time, or phone them.")
        for booking in Booking.objects.filter(id__in=bookings)
    }


def _what_happened(booking: Booking) -> str:
    """Who cancelled which appointment, when and why; or why it was never made."""
    when = nhs_datetime(booking.starts_at)
    on = f" on {nhs_date(booking.settled_at)}" if booking.settled_at else ""
    if booking.state == BookingState.FAILED:
        return f"We could not book {when}{on}. {booking.reason}".strip()
    if booking.cancelled_by_id:
        return f"Your practice cancelled the appointment of {when}{on}."
    why = f" Why: {CancelReason(booking.cancel_reason).label}." if booking.cancel_reason else ""
    return f"The patient cancelled the appointment of {when}{on}.{why}"


SOURCE = Source(
    Kind.CANCELLED, _without_appointment, _describe, Action("choose again", "Send a link to choose another time")
)


def _missed(batches: Batches) -> QuerySet[Any]:
    """Appointments of which the book said, on the evening of their day, that the patient did not come."""
    rows = Attendance.objects.filter(
        practice=batches.practice_id,
        state=AttendanceState.MISSED,
        booking__practice=batches.practice_id,
        booking__invitation__campaign__in=batches.ids,
        booking__invitation__practice=batches.practice_id,
    )
    return (
        rows.filter(booking__clinics=None)
        .exclude(done_with("booking_id", Kind.MISSED))
        .annotate(
            batch=F("booking__invitation__campaign_id"),
            row=Cast(Extract("booking__starts_at", "epoch"), BigIntegerField()),
            who=F("booking__invitation_id"),
            text=F("booking_id"),
        )
    )


def _describe_missed(bookings: Sequence[UUID]) -> Mapping[UUID, Description]:
    return {
        booking.id: (
            f"By your book the patient did not come on {nhs_datetime(booking.starts_at)}.",
            "Phone them, or invite them with another batch: their link was for that appointment.",
        )
        for booking in Booking.objects.filter(id__in=bookings)
    }


MISSED = Source(Kind.MISSED, _missed, _describe_missed)


@transaction.atomic
def send_link(*, booking_id: UUID, by: User) -> bool:
    """Text the patient of a booking that came to nothing a link to choose another time, and take them off the list.

    The link lives for its whole lifetime from now. One text for each booking, which the database holds: False where it
    was written before. Raises CannotDo where a text or the link would be of no use.
    """
    invitation = locked(Booking.objects.values_list("invitation_id", flat=True).get(id=booking_id))
    booking = Booking.objects.select_for_update().get(id=booking_id)
    text = texts.choose_again(invitation, booking)
    if Message.objects.filter(subject_id=invitation.id, purpose=Purpose.REBOOK, step=text.step).exists():
        return False
    if sentence := _why_no_link(invitation):
        raise CannotDo(sentence)
    invitation.renew()
    queue(invitation.practice, [text])
    record("booking.link_sent", booking, invitation, by=by)
    followed_up.mark(campaign=invitation.campaign, invitation=invitation, kind=Kind.CANCELLED, about=booking.id, by=by)
    return True


def _why_no_link(invitation: Invitation) -> str:
    """Why a link to choose another time would be of no use, as a sentence for staff; empty when it would."""
    if invitation.bookings.live().exists():
        return HAS_ANOTHER
    return RECORD_FIRST if invitation.record_fault else why_not_again(invitation)
