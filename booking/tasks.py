"""The room's tasks: thin, with ids only. Each may run twice, late, or beside itself without harm."""

from uuid import UUID

from celery import shared_task

from booking import making


@shared_task(name="booking.book")
def book(booking_id: str) -> None:
    """Book what a patient confirmed, or find out whether it is booked."""
    making.make(UUID(booking_id))


@shared_task(name="booking.sweep")
def sweep() -> None:
    """Find bookings whose time has come."""
    making.sweep()
