"""Which of an invitation's bookings its patient is told about: the one that counts now, and what it has to do with."""

from dataclasses import dataclass

from booking.models import Booking, BookingState
from campaigns.models import Invitation
from core.database import Joined

NOT_MADE = (BookingState.SLOT_GONE, BookingState.FAILED)
_NEWEST = Joined(
    Booking,
    where="invitation_id = %s AND NOT (replaces_id IS NOT NULL AND state = ANY(%s)) ORDER BY created_at DESC LIMIT 1",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a patient's page is about.

    `kept` is the appointment that the patient still has while `booking` is to take its place; `tried` is the last time
    that `booking` could not be moved to.
    """

    booking: Booking
    kept: Booking | None = None
    tried: Booking | None = None


def shown_to(invitation: Invitation) -> Shown | None:
    """The newest booking, leaving out times that an appointment could not be moved to; None before the first."""
    booking: Booking | None = _NEWEST.first(invitation.id, list(NOT_MADE))
    if booking is None:
        return None
    former = booking.replaces
    original = former if former is not None and former.state == BookingState.MOVING else None
    is_booked = booking.state == BookingState.BOOKED
    tried = booking.replacements.filter(state__in=NOT_MADE).first() if is_booked else None
    return Shown(booking, kept=original, tried=tried)
