"""Which of an invitation's bookings its patient is told about: the one that counts now, and what it has to do with."""

from dataclasses import dataclass

from booking.models import Booking, BookingState
from campaigns.models import Invitation
from core.database import Joined, ask

NOT_MADE = (BookingState.SLOT_GONE, BookingState.FAILED)
_NEWEST = Joined(
    Booking,
    where="invitation_id = %s AND NOT (replaces_id IS NOT NULL AND state = ANY(%s)) ORDER BY created_at DESC LIMIT 1",
)
_BESIDE = """
SELECT EXISTS (SELECT FROM booking_booking WHERE replaces_id = %(booking)s AND state = ANY(%(not_made)s)),
    EXISTS (SELECT FROM booking_clinicpatient WHERE booking_id = %(booking)s)
"""
"""Asked at once, since hardly a patient has either and every patient looks at this page."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a patient's page is about.

    `kept` is the appointment that the patient still has while `booking` is to take its place; `tried` is the last time
    that `booking` could not be moved to. `in_clinic`: the practice has cancelled the clinic that it is in.
    """

    booking: Booking
    kept: Booking | None = None
    tried: Booking | None = None
    in_clinic: bool = False


def shown_to(invitation: Invitation) -> Shown | None:
    """The newest booking, leaving out times that an appointment could not be moved to; None before the first."""
    booking: Booking | None = _NEWEST.first(invitation.id, [*map(str, NOT_MADE)])
    if booking is None:
        return None
    former = booking.replaces
    original = former if former is not None and former.state == BookingState.MOVING else None
    if booking.state != BookingState.BOOKED:
        return Shown(booking, kept=original)
    ((was_tried, in_clinic),) = ask(_BESIDE, {"booking": booking.id, "not_made": [*map(str, NOT_MADE)]})
    tried = booking.replacements.filter(state__in=NOT_MADE).first() if was_tried else None
    return Shown(booking, kept=original, tried=tried, in_clinic=in_clinic)
