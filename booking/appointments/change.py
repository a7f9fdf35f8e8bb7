"""Moving an appointment to another time: the old one is kept until the new one is in the clinical system's book.

No interface of a clinical system can move an appointment (gp-connect#booking), so a move is a booking and then a
cancellation, in that order: whatever fails on the way, nobody is left without an appointment. Services here lock the
invitation first, as all of `answers` do, and take `by` in the same way.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from booking.appointments import services
from booking.appointments.services import HoldGone, NotOpen, standing_for
from booking.appointments.transitions import move
from booking.models import Booking, BookingState, SlotHold
from booking.visits.links import Standing
from campaigns.models import Invitation
from integrations.clinical.port import Slot
from practices.models import User


class NothingToChange(Exception):
    """There is no booked appointment: it is not made yet, on its way out, cancelled, or being settled by a person."""


class TooLate(Exception):
    """The appointment begins too soon, or has begun: only the practice can change it now."""


def ends_at(booking: Booking, by: User | None = None) -> datetime:
    """Until when an appointment may be moved or cancelled. Staff may until it begins: so does the clinical system."""
    notice = timedelta() if by else timedelta(minutes=settings.CHANGE_NOTICE_MINUTES)
    return booking.starts_at - notice


def may_change(booking: Booking, by: User | None = None) -> bool:
    """Whether an appointment may still be moved or cancelled: it is booked, and does not begin too soon."""
    return booking.state == BookingState.BOOKED and timezone.now() < ends_at(booking, by)


def may_move(booking: Booking, invitation: Invitation, by: User | None = None) -> bool:
    """The same for moving it alone. Where staff have withdrawn a batch's links, nothing new is booked with them."""
    return may_change(booking, by) and (by is not None or not invitation.campaign.links_withdrawn)


def check_change(booking: Booking, by: User | None) -> None:
    """Raise NothingToChange or TooLate unless an appointment may be moved or cancelled now."""
    if booking.state != BookingState.BOOKED:
        raise NothingToChange
    if not may_change(booking, by):
        raise TooLate


def _to_move(invitation: Invitation, by: User | None) -> Booking:
    """The appointment of a locked invitation, locked too. Raises NotOpen, NothingToChange, TooLate."""
    standing = standing_for(invitation, by)
    if standing != Standing.USED_TO_BOOK:
        raise NotOpen(standing)
    booking = invitation.bookings.current().select_for_update().first()
    if booking is None:
        raise NothingToChange
    check_change(booking, by)
    if not may_move(booking, invitation, by):
        raise NotOpen(Standing.WITHDRAWN)
    return booking


def hold_first_of(*, invitation_id: UUID, slots: Sequence[Slot], by: User | None = None) -> SlotHold:
    """Keep the first of some equally good slots that is still to be had. Raises as `hold` does."""
    return services.first_of(slots, lambda slot: hold(invitation_id=invitation_id, slot=slot, by=by))


def hold(*, invitation_id: UUID, slot: Slot, by: User | None = None) -> SlotHold:
    """Keep another slot for a patient who has an appointment, which stays as it is.

    Raises NotOpen, NothingToChange, TooLate, SlotUnavailable.
    """
    return services.keep(invitation_id, slot, allowed=partial(_to_move, by=by))


@services.taking_a_slot()
def confirm(*, invitation_id: UUID, slot_id: str | None = None, by: User | None = None) -> Booking:
    """Ask for the held slot in place of the patient's appointment, and return the booking that the worker is to make.

    The appointment is kept until then. Confirming again returns the booking that is on its way, or made. `slot_id` is
    as for `answers.confirm`. Raises NotOpen, NothingToChange, TooLate, HoldGone, SlotUnavailable.
    """
    invitation = services.locked(invitation_id)
    if not SlotHold.objects.filter(invitation=invitation, **({"slot_id": slot_id} if slot_id else {})).exists():
        asked_for = invitation.bookings.current().filter(replaces__isnull=False).first()
        if asked_for is None or slot_id not in (None, asked_for.slot_id):
            raise HoldGone
        return asked_for
    former = _to_move(invitation, by)
    move(former, BookingState.MOVING)
    return services.book_held(invitation, slot_id, by=by, replaces=former)
