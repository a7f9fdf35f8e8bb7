"""Asking to cancel an appointment. `booking.workers.cancel` cancels it in the clinical system."""

from uuid import UUID

from django.db import transaction

from booking.appointments import services
from booking.appointments.change import NothingToChange, check_change
from booking.appointments.reopen import settle_cancelled
from booking.appointments.services import NotOpen, record, standing_for
from booking.appointments.transitions import give_up
from booking.models import Booking, BookingState, CancelReason
from booking.visits.links import Standing
from campaigns.models import Invitation
from practices.models import User

UNDER_WAY = frozenset({BookingState.CANCELLING, BookingState.CANCELLED})


def _locked_of(booking_id: UUID) -> Invitation:
    """The invitation of a booking, locked. Raises NothingToChange, or NotOpen, where its patient was erased."""
    invitation_id = Booking.objects.filter(id=booking_id).values_list("invitation_id", flat=True).first()
    if invitation_id is None:
        raise NothingToChange
    return services.locked(invitation_id)


@transaction.atomic
def cancel(*, booking_id: UUID, by: User | None = None, reason: CancelReason | None = None) -> Booking:
    """Ask for an appointment to be cancelled, and return the booking; asking again changes nothing.

    `reason` is the patient's, if they gave one.

    Until the clinical system has cancelled it the invitation stays answered, and the slot stays the patient's.
    Staff (`by`) may cancel for a patient whose link is locked, and until the appointment begins. Raises NothingToChange
    (it is not booked, or is being moved), TooLate, NotOpen (the link is locked or withdrawn).
    """
    invitation = _locked_of(booking_id)
    booking = Booking.objects.select_for_update().get(id=booking_id)
    if booking.state in UNDER_WAY:
        return booking
    standing = standing_for(invitation, by)
    if standing != Standing.USED_TO_BOOK:
        raise NotOpen(standing)
    check_change(booking, by)
    if reason:
        booking.cancel_reason = reason
        booking.save(update_fields=["cancel_reason"])
    give_up(booking, by=by)
    record("booking.cancel_asked", booking, invitation, by=by)
    return booking


@transaction.atomic
def cancelled_by_hand(*, booking_id: UUID, by: User) -> Booking:
    """Note that staff have cancelled in the clinical system what we could not, and return the booking.

    What follows is the same as if we had: the slot is offered again, and the patient is told. Again changes nothing.
    Raises NothingToChange where nobody was asked to cancel it by hand.
    """
    invitation = _locked_of(booking_id)
    booking = Booking.objects.select_for_update().get(id=booking_id)
    if booking.state == BookingState.CANCELLED:
        return booking
    if booking.state != BookingState.NOT_CANCELLED:
        raise NothingToChange
    settle_cancelled(booking, invitation, by=by)
    return booking
