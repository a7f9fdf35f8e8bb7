"""The room's tasks: thin, with ids only. Each may run twice, late, or beside itself without harm."""

from uuid import UUID

from celery import shared_task

from booking import addresses, making, reminding, renewing, undoing, waiting, watching
from booking.staff import slots_left
from campaigns.models import Campaign


@shared_task(name="booking.book")
def book(booking_id: str) -> None:
    """Book what a patient confirmed, or find out whether it is booked."""
    making.make(UUID(booking_id))


@shared_task(name="booking.cancel")
def cancel(booking_id: str) -> None:
    """Cancel what a patient cancelled or moved, or find out whether it is cancelled."""
    undoing.undo(UUID(booking_id))


@shared_task(name="booking.read_free_slots")
def read_free_slots(campaign_id: str) -> None:
    """Read what the clinical system has free for a batch, for the pages that show it."""
    slots_left.read(Campaign.objects.select_related("practice", "started_by").get(id=UUID(campaign_id)))


@shared_task(name="booking.sweep")
def sweep() -> None:
    """Find bookings, and cancellations, whose time has come."""
    making.sweep()
    undoing.sweep()


@shared_task(name="booking.forget_addresses")
def forget_addresses() -> None:
    """Delete what is known of addresses once it is a day old."""
    addresses.forget()
    renewing.forget_addresses()


@shared_task(name="booking.tell_waiting")
def tell_waiting() -> None:
    """Text the patients who asked to hear of more times, as far as there are times."""
    waiting.tell_all()


@shared_task(name="booking.remind")
def remind(practice_id: str) -> None:
    """Look up some appointments of a practice whose reminders are due, and write the texts."""
    reminding.remind(UUID(practice_id))


@shared_task(name="booking.sweep_reminders")
def sweep_reminders() -> None:
    """Find the appointments that are near enough to remind of."""
    reminding.sweep()


@shared_task(name="booking.watch_outages")
def watch_outages() -> None:
    """Try clinical systems that did not answer."""
    watching.try_again()
