"""The room's tasks: thin, with ids only. Each may run twice, late, or beside itself without harm."""

from uuid import UUID

from celery import shared_task

from booking.appointments import new_link
from booking.clinics import services as clinics
from booking.reports import folder as reports_folder
from booking.reports import remind as reports_remind
from booking.slots import outage_checks, run_out
from booking.staff.batch import slots_left
from booking.visits import rate_limit
from booking.workers import attendance, waiting_list
from booking.workers import book as workers_book
from booking.workers import cancel as workers_cancel
from booking.workers import remind as workers_remind
from campaigns.models import Campaign


@shared_task(name="booking.book")
def book(booking_id: str) -> None:
    """Book what a patient confirmed, or find out whether it is booked."""
    workers_book.make(UUID(booking_id))


@shared_task(name="booking.cancel")
def cancel(booking_id: str) -> None:
    """Cancel what a patient cancelled or moved, or find out whether it is cancelled."""
    workers_cancel.undo(UUID(booking_id))


@shared_task(name="booking.cancel_clinic")
def cancel_clinic(clinic_id: str) -> None:
    """Text those who booked into a cancelled clinic, or give them to staff to phone."""
    clinics.see_to(UUID(clinic_id))


@shared_task(name="booking.read_free_slots")
def read_free_slots(campaign_id: str) -> None:
    """Read what the clinical system has free for a batch, for the pages that show it."""
    slots_left.read(Campaign.objects.select_related("practice", "started_by").get(id=UUID(campaign_id)))


@shared_task(name="booking.sweep")
def sweep() -> None:
    """Find bookings, and cancellations, whose time has come, and patients of cancelled clinics."""
    workers_book.sweep()
    workers_cancel.sweep()
    clinics.sweep()


@shared_task(name="booking.forget_addresses")
def forget_addresses() -> None:
    """Delete what is known of addresses once it is a day old."""
    rate_limit.forget()
    new_link.forget_addresses()


@shared_task(name="booking.tell_waiting")
def tell_waiting() -> None:
    """Text the patients who asked to hear of more times, as far as there are times."""
    waiting_list.tell_all()


@shared_task(name="booking.remind")
def remind(practice_id: str) -> None:
    """Look up some appointments of a practice whose reminders are due, and write the texts."""
    workers_remind.remind(UUID(practice_id))


@shared_task(name="booking.sweep_reminders")
def sweep_reminders() -> None:
    """Find the appointments that are near enough to remind of."""
    workers_remind.sweep()


@shared_task(name="booking.remind_reported")
def remind_reported(practice_id: str) -> None:
    """Look up some appointments of a practice's reports whose reminders are due, and write the texts."""
    reports_remind.remind(UUID(practice_id))


@shared_task(name="booking.sweep_reported")
def sweep_reported() -> None:
    """Find the appointments of reports that are near enough to remind of."""
    reports_remind.sweep()


@shared_task(name="booking.read_reports")
def read_reports() -> None:
    """Read the reports of appointments that have come into their folder."""
    reports_folder.read_all()


@shared_task(name="booking.look_up_attendance")
def look_up_attendance(practice_id: str) -> None:
    """Look up who of a practice's patients did not come, by its book."""
    attendance.look_up(UUID(practice_id))


@shared_task(name="booking.sweep_attendance")
def sweep_attendance() -> None:
    """Find the day's appointments that are over."""
    attendance.sweep()


@shared_task(name="booking.watch_outages")
def watch_outages() -> None:
    """Try clinical systems that did not answer."""
    outage_checks.try_again()


@shared_task(name="booking.watch_slots")
def watch_slots() -> None:
    """Have the free slots of open batches read, so that managers hear when there are none left."""
    run_out.ask_all()
