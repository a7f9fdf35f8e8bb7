"""What is due and nobody has taken yet, by kind: one statement each, over an index of what is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from booking.models import AppointmentReminder, Booking, ReportedReminder
from campaigns.models import Reminder
from integrations.models.outbox import CodedEntry, Message
from patients.models import ListState, PatientList
from practices.models import AlertEmail


@dataclass(frozen=True, slots=True)
class Queue:
    """So many rows of a kind are due; the first has been for `waited`, None where none is."""

    name: str
    count: int
    waited: timedelta | None

    @property
    def age(self) -> str:
        """How long the first has waited, to the minute."""
        if self.waited is None:
            return ""
        hours, minutes = divmod(max(int(self.waited.total_seconds()) // 60, 0), 60)
        days, hours = divmod(hours, 24)
        if days:
            return f"{days} d {hours} h"
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def texts() -> Queue:
    """Messages to send, to ask about, or to settle."""
    return _due("Texts", Message.objects.all())


def codes() -> Queue:
    """Coded entries to file."""
    return _due("Codes", CodedEntry.objects.all())


def bookings() -> Queue:
    """Appointments to book, to cancel, or to find out about."""
    return _due("Bookings and cancellations", Booking.objects.all())


def reminders() -> Queue:
    """Appointments to be reminded of, whose book is to be read."""
    return _due("Reminders of appointments", AppointmentReminder.objects.filter(state="due"))


def reported_reminders() -> Queue:
    """Appointments of reports to be reminded of, whose book is to be read."""
    return _due("Reminders of reported appointments", ReportedReminder.objects.filter(state="due"))


def batch_reminders() -> Queue:
    """Reminders to whole batches whose texts are to be written."""
    return _due("Reminders to batches", Reminder.objects.filter(written_at=None))


def lists() -> Queue:
    """Uploaded lists that are not checked yet."""
    return _due("Patient lists", PatientList.objects.filter(state=ListState.CHECKING), field="created_at")


def look_ups() -> Queue:
    """Lists whose patients are to be looked up."""
    return _due("Look-ups of lists", PatientList.objects.filter(state=ListState.LOOKING_UP), field="look_up_at")


def emails() -> Queue:
    """Emails to managers."""
    return _due("Emails to managers", AlertEmail.objects.all())


ALL: tuple[Callable[[], Queue], ...] = (
    bookings,
    texts,
    codes,
    reminders,
    reported_reminders,
    batch_reminders,
    lists,
    look_ups,
    emails,
)


def read() -> list[Queue]:
    """All of them, what patients wait for first."""
    return [queue() for queue in ALL]


def _due(
    name: str,
    rows: "QuerySet[Message] | QuerySet[CodedEntry] | QuerySet[Booking] | QuerySet[AppointmentReminder]"
    " | QuerySet[ReportedReminder]"
    " | QuerySet[Reminder] | QuerySet[PatientList] | QuerySet[AlertEmail]",
    *,
    field: str = "due_at",
) -> Queue:
    now = timezone.now()
    facts = rows.order_by().filter(**{f"{field}__lte": now}).aggregate(count=Count("pk"), first=Min(field))
    return Queue(name, facts["count"], now - facts["first"] if facts["count"] else None)
