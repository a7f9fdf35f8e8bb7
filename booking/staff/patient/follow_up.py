"""Whom staff must see to because of an appointment: in doubt, not cancelled, or wished for and not to be had."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from booking.appointments import replies
from booking.models import AppointmentReminder, Booking, BookingState, ReminderState, WaitingPatient
from booking.models.requests import PatientReply
from booking.staff.patient import cancelled
from campaigns.follow_up.entries import Batches, Kind, Source
from campaigns.follow_up.wording import Description
from campaigns.models import InvitationState
from campaigns.results.followed_up import done_with
from core.wording import nhs_date, nhs_datetime, plural
from integrations.messaging.replies import Wish
from patients.opt_outs import services as opt_outs


def _bookings(batches: Batches, state: BookingState) -> QuerySet[Any]:
    # The practice is named on each side of a join, so that nobody else's rows are looked at.
    bookings = Booking.objects.filter(
        practice=batches.practice_id, invitation__campaign__in=batches.ids, invitation__practice=batches.practice_id
    )
    return bookings.filter(state=state).annotate(
        batch=F("invitation__campaign_id"),
        row=F("invitation__recipient__row_number"),
        who=F("invitation_id"),
        text=F("id"),
    )


def _in_doubt(batches: Batches) -> QuerySet[Any]:
    return _bookings(batches, BookingState.CHECK)


def _describe_in_doubt(bookings: Sequence[UUID]) -> Mapping[UUID, Description]:
    return {booking.id: _unclear(booking.starts_at) for booking in Booking.objects.filter(id__in=bookings)}


def _unclear(starts_at: datetime) -> Description:
    what = f"We could not find out whether {nhs_datetime(starts_at)} was booked, and told the patient to phone."
    return what, "Look in your book, then say on the patient's page whether it is there."


def _not_cancelled(batches: Batches) -> QuerySet[Any]:
    return _bookings(batches, BookingState.NOT_CANCELLED)


def _describe_not_cancelled(bookings: Sequence[UUID]) -> Mapping[UUID, Description]:
    return {
        booking.id: (
            f"We could not cancel the appointment on {nhs_datetime(booking.starts_at)}. {booking.reason}".strip(),
            "Cancel it in your book, then say so on the patient's page.",
        )
        for booking in Booking.objects.filter(id__in=bookings)
    }


def _not_in_book(batches: Batches) -> QuerySet[Any]:
    """Appointments to come that were not in the book when it was read for a reminder."""
    gone = Exists(
        AppointmentReminder.objects.filter(
            booking=OuterRef("id"), practice=batches.practice_id, state=ReminderState.GONE
        )
    )
    to_come = _bookings(batches, BookingState.BOOKED).filter(gone, starts_at__gt=timezone.now())
    return to_come.filter(~done_with("id", Kind.NOT_IN_BOOK))


def _describe_not_in_book(bookings: Sequence[UUID]) -> Mapping[UUID, Description]:
    return {
        booking.id: (
            f"The appointment on {nhs_datetime(booking.starts_at)} was cancelled or moved in your book.",
            "Make sure that the patient knows, then cancel it on the patient's page.",
        )
        for booking in Booking.objects.filter(id__in=bookings)
    }


def _waiting(batches: Batches) -> QuerySet[Any]:
    """Those who have not been told yet, and have not answered in another way."""
    patients = WaitingPatient.objects.filter(
        practice=batches.practice_id, invitation__campaign__in=batches.ids, invitation__practice=batches.practice_id
    )
    return (
        patients.filter(told_at=None, invitation__state=InvitationState.OPEN)
        .filter(~done_with("invitation_id", Kind.WAITING, since="asked_at"))
        .annotate(
            batch=F("invitation__campaign_id"),
            row=F("invitation__recipient__row_number"),
            who=F("invitation_id"),
            text=F("invitation_id"),
        )
    )


def _describe_waiting(invitations: Sequence[UUID]) -> Mapping[UUID, Description]:
    return {
        patient.invitation_id: (
            f"The patient found no time, and asked on {nhs_date(patient.asked_at)} to hear of more.",
            "Add slots to your book: we text the patient then. Or phone them.",
        )
        for patient in WaitingPatient.objects.filter(invitation__in=invitations)
    }


def _replies(batches: Batches, kind: Kind) -> QuerySet[Any]:
    patient_replies = PatientReply.objects.filter(
        practice=batches.practice_id, invitation__campaign__in=batches.ids, invitation__practice=batches.practice_id
    )
    return patient_replies.filter(~done_with("id", kind, since="texted_at")).annotate(
        batch=F("invitation__campaign_id"),
        row=F("invitation__recipient__row_number"),
        who=F("invitation_id"),
        text=F("id"),
    )


def _texted(batches: Batches) -> QuerySet[Any]:
    """Texts about an appointment that is still to come, and that nobody has begun to cancel."""
    about = _replies(batches, Kind.TEXTED).filter(booking__practice=batches.practice_id)
    return about.filter(booking__state__in=replies.STANDS, booking__starts_at__gt=timezone.now())


def _wrong_numbers(batches: Batches) -> QuerySet[Any]:
    return _replies(batches, Kind.WRONG_NUMBER).filter(booking=None)


_MEANINGS: Mapping[str, Description] = {
    Wish.CANCEL: ("that they cannot come", "Cancel it on the patient's page, or phone them."),
    Wish.CHANGE: ("that they want another time", "Move it on the patient's page, or phone them."),
    Wish.UNSURE: ("about coming. We cannot tell whether they will", "Phone them to ask whether they will come."),
}


def _describe_texted(ids: Sequence[UUID]) -> Mapping[UUID, Description]:
    patient_replies = list(
        PatientReply.objects.filter(id__in=ids).select_related("booking", "invitation__recipient", "practice")
    )
    phones = {reply.invitation.recipient.mobile for reply in patient_replies}
    stopped = opt_outs.stopped_phones(patient_replies[0].practice, phones) if patient_replies else frozenset()
    return {
        reply.id: _describe_reply(reply, is_stopped=reply.invitation.recipient.mobile in stopped)
        for reply in patient_replies
    }


def _describe_reply(reply: PatientReply, *, is_stopped: bool) -> Description:
    """What a text about an appointment means. Where several may have sent it, staff are to ask first."""
    assert reply.booking is not None
    meant, to_do = _MEANINGS[reply.wish]
    who = "The patient"
    if reply.patients > 1:
        who = f"One of {reply.patients} patients with this phone"
        to_do = "Phone to ask whose appointment it is about. Then cancel or move that one."
    happened = f"{who} texted on {nhs_date(reply.texted_at)} {meant}. "
    happened += f"Their appointment is on {nhs_datetime(reply.booking.starts_at)}."
    return f"{happened} No texts of ours reach this phone." if is_stopped else happened, to_do


def _describe_wrong_number(ids: Sequence[UUID]) -> Mapping[UUID, Description]:
    return {
        reply.id: (
            f"Somebody with this phone texted on {nhs_date(reply.texted_at)} that it is the wrong number."
            + (f" {plural(reply.patients, 'patient')} have it in your lists." if reply.patients > 1 else ""),
            "Ask the patient for the right number, and correct their record. Contact them in another way.",
        )
        for reply in PatientReply.objects.filter(id__in=ids)
    }


SOURCES = (
    Source(Kind.NOT_CANCELLED, _not_cancelled, _describe_not_cancelled),
    Source(Kind.IN_DOUBT, _in_doubt, _describe_in_doubt),
    Source(Kind.TEXTED, _texted, _describe_texted),
    Source(Kind.WRONG_NUMBER, _wrong_numbers, _describe_wrong_number),
    Source(Kind.NOT_IN_BOOK, _not_in_book, _describe_not_in_book),
    Source(Kind.WAITING, _waiting, _describe_waiting),
    cancelled.SOURCE,
    cancelled.MISSED,
)
"""What this room adds to a batch's follow-up list."""
