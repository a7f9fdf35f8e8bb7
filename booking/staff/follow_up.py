"""Whom staff must see to because of an appointment: in doubt, not cancelled, or wished for and not to be had."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from booking.models import AppointmentReminder, Booking, BookingState, ReminderState, WaitingPatient
from campaigns.follow_up import Kind, Said, Source
from campaigns.models import Campaign, InvitationState
from practices.wording import nhs_date, nhs_datetime


def _bookings(campaign: Campaign, state: BookingState) -> QuerySet[Any]:
    # The practice is named on each side of a join, so that nobody else's rows are looked at.
    found = Booking.objects.filter(
        practice=campaign.practice_id, invitation__campaign=campaign, invitation__practice=campaign.practice_id
    )
    return found.filter(state=state).annotate(
        row=F("invitation__recipient__row_number"), who=F("invitation_id"), text=F("id")
    )


def _in_doubt(campaign: Campaign) -> QuerySet[Any]:
    return _bookings(campaign, BookingState.CHECK)


def _said_in_doubt(bookings: Sequence[UUID]) -> Mapping[UUID, Said]:
    return {
        one.id: (
            f"We could not find out whether {nhs_datetime(one.starts_at)} was booked, and told the patient to phone.",
            "Look in your book, then say on the patient's page whether it is there.",
        )
        for one in Booking.objects.filter(id__in=bookings)
    }


def _not_cancelled(campaign: Campaign) -> QuerySet[Any]:
    return _bookings(campaign, BookingState.NOT_CANCELLED)


def _said_not_cancelled(bookings: Sequence[UUID]) -> Mapping[UUID, Said]:
    return {
        one.id: (
            f"We could not cancel the appointment on {nhs_datetime(one.starts_at)}. {one.reason}".strip(),
            "Cancel it in your book, then say so on the patient's page.",
        )
        for one in Booking.objects.filter(id__in=bookings)
    }


def _not_in_book(campaign: Campaign) -> QuerySet[Any]:
    """Appointments to come that were not in the book when it was read for a reminder."""
    gone = Exists(
        AppointmentReminder.objects.filter(
            booking=OuterRef("id"), practice=campaign.practice_id, state=ReminderState.GONE
        )
    )
    return _bookings(campaign, BookingState.BOOKED).filter(gone, starts_at__gt=timezone.now())


def _said_not_in_book(bookings: Sequence[UUID]) -> Mapping[UUID, Said]:
    return {
        one.id: (
            f"The appointment on {nhs_datetime(one.starts_at)} was cancelled or moved in your book.",
            "Make sure that the patient knows, then cancel it on the patient's page.",
        )
        for one in Booking.objects.filter(id__in=bookings)
    }


def _waiting(campaign: Campaign) -> QuerySet[Any]:
    """Those who have not been told yet, and have not answered in another way."""
    found = WaitingPatient.objects.filter(
        practice=campaign.practice_id, invitation__campaign=campaign, invitation__practice=campaign.practice_id
    )
    return found.filter(told_at=None, invitation__state=InvitationState.OPEN).annotate(
        row=F("invitation__recipient__row_number"), who=F("invitation_id"), text=F("invitation_id")
    )


def _said_waiting(invitations: Sequence[UUID]) -> Mapping[UUID, Said]:
    return {
        one.invitation_id: (
            f"The patient found no time, and asked on {nhs_date(one.asked_at)} to hear of more.",
            "Add slots to your book: we text the patient then. Or phone them.",
        )
        for one in WaitingPatient.objects.filter(invitation__in=invitations)
    }


SOURCES = (
    Source(Kind.NOT_CANCELLED, _not_cancelled, _said_not_cancelled),
    Source(Kind.IN_DOUBT, _in_doubt, _said_in_doubt),
    Source(Kind.NOT_IN_BOOK, _not_in_book, _said_not_in_book),
    Source(Kind.WAITING, _waiting, _said_waiting),
)
"""What this room adds to a batch's follow-up list."""
