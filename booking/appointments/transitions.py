"""The one way in which a booking changes its state."""

from datetime import datetime

from django.utils import timezone

from booking.models import BOOKING_MOVES, Booking, BookingState
from core.hints import hint
from practices.models import User

SETTLED = frozenset(
    {
        BookingState.BOOKED,
        BookingState.SLOT_GONE,
        BookingState.FAILED,
        BookingState.CHECK,
        BookingState.NOT_CANCELLED,
        BookingState.CANCELLED,
    }
)
"""Nothing more happens by itself in these."""


class ForbiddenMove(Exception):
    """That state may not follow this one."""


def move(booking: Booking, to: BookingState, *, due_at: datetime | None = None, **changes: object) -> None:
    """Bring a booking, whose row the caller has locked, into another state, with other fields' new values.

    `due_at` is when it next needs attention; a settled booking has none. Raises ForbiddenMove.
    """
    if to not in BOOKING_MOVES[booking.state]:
        raise ForbiddenMove(f"{booking.state} to {to}")
    booking.state, booking.due_at = to, due_at
    if to in SETTLED:
        booking.due_at, booking.settled_at = None, timezone.now()
    for name, value in changes.items():
        setattr(booking, name, value)
    booking.save(update_fields=["state", "due_at", "settled_at", *changes])


def give_up(booking: Booking, *, by: User | None) -> None:
    """Have the worker cancel an appointment, whose row the caller has locked. `by` is the staff member who asked."""
    now = timezone.now()
    asked = {"cancel_asked_at": now, "cancelled_by": by, "attempts": 0, "started_at": None}
    move(booking, BookingState.CANCELLING, due_at=now, **asked)
    hint("booking.cancel", booking.id)
