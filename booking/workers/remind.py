"""Reminding patients of appointments that they booked by our links: near the day, each once, and only of what is true.

A sweep lays out a row for each appointment and step whose time has come. A worker then reads the patients' appointments
in the practice's book, with no connection held, and writes the texts; a last look is taken as they leave
(`not_needed`). Whoever booked within a day of the reminder's time gets none, and of several steps the nearest is kept.

The look finds the patient's record too. Whoever is not to be texted any more by it is not reminded, and a new mobile is
used. A list's own number is not doubted here: the patient has booked by the link that was sent to it.

While the clinical system does not answer nobody is reminded: the practice may have cancelled the appointment there, and
a text must not send a patient to one that is not theirs any more. The book is read again until `until`. A patient who
is not reminded then still has the text that confirmed the appointment; one who comes in vain has nothing.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from booking.appointments import change as appointments_change
from booking.appointments import texts
from booking.appointments.services import record
from booking.models import (
    AppointmentReminder,
    Booking,
    BookingState,
    ReminderState,
    ReminderStep,
    ReportedReminder,
)
from booking.slots import outages
from campaigns.models import Invitation
from campaigns.sending.rechecks import records, reminded
from core.hints import hint
from core.wording import LONDON
from core.working_days import working_day_before
from integrations import record_reading
from integrations.clinical import errors, port
from integrations.links import LINK
from integrations.models.outbox import Message, Purpose
from integrations.outbox.queueing import queue
from practices.holds.claiming import claim_some
from practices.models import Practice

logger = logging.getLogger(__name__)

HOUR = 10
"""On the day of a reminder, by the clocks in London: late enough for a phone call after it, and never at night."""

LATE = timedelta(hours=24)
"""A reminder that has not been laid out, or whose book could not be read, for so long does not go."""

NEW = timedelta(hours=24)
"""Whoever booked less than this before a reminder's time knows."""

LINK_WORKS = timedelta(hours=2)
"""A text offers the link where the appointment may be changed by it for so long at least."""

RETRY = timedelta(minutes=10)
"""Between looks into a book that cannot be read."""

CHUNK = 1000
"""Reminders laid out in one statement."""

NO_MORE = "The appointment has been cancelled or moved since, or begins too soon."
"""Why a reminder was withdrawn, for staff."""

SETTINGS = {
    ReminderStep.WORKING_DAY: "remind_day_before",
    ReminderStep.THREE_DAYS: "remind_3_days",
    ReminderStep.SEVEN_DAYS: "remind_7_days",
}
"""Nearest first, each with the practice's setting that has it sent."""

_FARTHEST = 21
"""Days ahead within which any reminder's appointment lies: weekends and bank holidays never make that many."""


def due_at(step: ReminderStep, day: date) -> datetime:
    """When patients with an appointment on a day (in London) are reminded, in UTC."""
    on = working_day_before(day) if step == ReminderStep.WORKING_DAY else day - timedelta(days=step)
    return datetime.combine(on, time(max(HOUR, settings.SOCIABLE_FROM)), LONDON).astimezone(UTC)


def sweep() -> None:
    """Lay out what has become due, and hint at every practice with reminders to look up."""
    now = timezone.now()
    for step, setting in SETTINGS.items():
        for day, due in days(step, now):
            while _create_reminders(step, setting, day, due) == CHUNK:
                pass
    waiting = AppointmentReminder.objects.filter(state=ReminderState.DUE, due_at__lte=now)
    for practice_id in waiting.order_by().values_list("practice_id", flat=True).distinct():
        hint("booking.remind", practice_id)


def days(step: ReminderStep, now: datetime) -> Iterator[tuple[date, datetime]]:
    """The days whose appointments are to be reminded of now, each with when that became due."""
    today = now.astimezone(LONDON).date()
    for ahead in range(_FARTHEST):
        day = today + timedelta(days=ahead)
        if now - LATE < (due := due_at(step, day)) <= now:
            yield day, due


@transaction.atomic
def _create_reminders(step: ReminderStep, setting: str, day: date, due: datetime) -> int:
    """Rows for some of a day's appointments that have none; how many were found. Repeating it changes nothing."""
    begins = datetime.combine(day, time(), LONDON)
    ends = datetime.combine(day + timedelta(days=1), time(), LONDON)
    other = AppointmentReminder.objects.filter(booking=OuterRef("id"))
    enough = Exists(other.filter(Q(step__lte=step) | Q(state=ReminderState.GONE)))
    bookings = (
        Booking.objects.filter(state=BookingState.BOOKED, starts_at__gte=begins, starts_at__lt=ends)
        .filter(**{f"practice__{setting}": True}, created_at__lte=due - NEW, starts_at__gt=timezone.now())
        .exclude(enough)
        .values_list("id", "practice_id", "starts_at")[:CHUNK]
    )
    rows = [
        AppointmentReminder(
            booking_id=booking_id,
            practice_id=practice_id,
            step=step,
            due_at=due,
            until=min(due + LATE, starts_at),
        )
        for booking_id, practice_id, starts_at in bookings
    ]
    AppointmentReminder.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def remind(practice_id: UUID) -> None:
    """Look up and write some of a practice's due reminders. Harmless however often, late or at once it runs."""
    practice = Practice.objects.get(id=practice_id)
    claimed = claim(practice)
    answers = call(practice, claimed)
    if settle(practice, claimed, answers):
        hint("booking.remind", practice_id)


def claim(practice: Practice) -> list[AppointmentReminder]:
    """Some due reminders, for a while nobody else's; none while another worker has some, or nothing may leave."""
    waiting = AppointmentReminder.objects.filter(practice=practice, state=ReminderState.DUE).select_related(
        "booking__invitation__recipient", "booking__invitation__campaign__started_by", "booking__made_by"
    )
    return claim_some(practice, waiting, most=record_reading.CHUNK, lasts=record_reading.LASTS)


def call(practice: Practice, claimed: Sequence[AppointmentReminder]) -> dict[UUID, record_reading.Answer]:
    """What the book says about the patients of some reminders, in the name of whoever sent their batch."""
    asked = ((row.booking.invitation.campaign.started_by, row.id, question_about(row.booking)) for row in claimed)
    answers = record_reading.read_by_actor(practice, asked, timezone.localdate())
    outages.judge(practice.id, answers.values())
    return answers


def question_about(booking: Booking) -> record_reading.Question:
    """What the book and the record are asked about a booking: its patient, and its day."""
    day = booking.starts_at.astimezone(LONDON).date()
    return record_reading.Question(booking.invitation.recipient.nhs_number, start=day, until=day)


@transaction.atomic
def settle(
    practice: Practice, claimed: Sequence[AppointmentReminder], answers: dict[UUID, record_reading.Answer]
) -> bool:
    """Write the texts of what is in the book, and what became of the others; whether there is more to do at once."""
    ids = [row.id for row in claimed]
    still = AppointmentReminder.objects.filter(id__in=ids, state=ReminderState.DUE).order_by("id")
    rows = list(still.select_for_update())
    bookings = _bookings([row.booking_id for row in rows])
    numbers, made, now, read = _numbers(bookings.values()), [], timezone.now(), False
    ledger = reminded.Ledger([booking.invitation.recipient for booking in bookings.values()])
    for row in rows:
        booking, answer = bookings[row.booking_id], answers.get(row.id, record_reading.NOT_ASKED)
        row.state = _state(booking, row, answer, now)
        if row.state == ReminderState.WRITTEN:
            row.state = _by_record(ledger, booking.invitation, answer, now)
        read = read or isinstance(answer, record_reading.Reading)
        row.claimed_until = None
        if row.state == ReminderState.DUE:
            row.due_at = now + RETRY
            continue
        row.due_at, row.settled_at = None, now
        if row.state == ReminderState.WRITTEN:
            made.append(_text(row, booking, numbers[booking.id], now))
        elif row.state == ReminderState.GONE:
            record("booking.not_in_book", booking, booking.invitation)
    ledger.write()
    AppointmentReminder.objects.bulk_update(rows, ["state", "due_at", "claimed_until", "settled_at"])
    queue(practice, made)
    if rows:
        counts = {"written": len(made), "looked_up": len(rows)}
        logger.info("appointments looked up", extra={"practice_id": str(practice.id), **counts})
    return read


def _bookings(ids: Sequence[UUID]) -> dict[UUID, Booking]:
    """Bookings as they are now, with what their texts name."""
    related = ("invitation__practice", "invitation__recipient", "invitation__campaign__patient_list")
    return Booking.objects.select_related(*related).in_bulk(ids)


def _numbers(bookings: Iterable[Booking]) -> dict[UUID, int]:
    """Which of its patient's bookings each is, from 0."""
    of = {booking.invitation_id for booking in bookings}
    numbers: dict[UUID, int] = {}
    seen: Counter[UUID] = Counter()
    every = Booking.objects.filter(invitation__in=of).order_by("created_at")
    for booking_id, invitation_id in every.values_list("id", "invitation_id"):
        numbers[booking_id] = seen[invitation_id]
        seen[invitation_id] += 1
    return numbers


def _state(booking: Booking, row: AppointmentReminder, answer: record_reading.Answer, now: datetime) -> ReminderState:
    if booking.state != BookingState.BOOKED or booking.starts_at <= now or booking.clinics.exists():
        return ReminderState.NOT_NEEDED
    appointments = answer.appointments if isinstance(answer, record_reading.Reading) else ()
    match record_reading.conclusive(answer, found=_is_in(booking, appointments)):
        case errors.PatientNotFound() | errors.InvalidNhsNumber():
            return ReminderState.GONE
        case errors.ClinicalError():
            return ReminderState.LAPSED if now >= row.until else ReminderState.DUE
        case _:
            return ReminderState.WRITTEN if _is_in(booking, appointments) else ReminderState.GONE


def _by_record(
    ledger: reminded.Ledger, invitation: Invitation, answer: record_reading.Answer, now: datetime
) -> ReminderState:
    """Whether the patient may still be texted by their record; a new mobile goes into the row that is texted."""
    looking = records.Look(invitation.campaign, now, trusts_numbers=True)
    change = ledger.enter(looking, invitation.recipient, answer)
    if not change.can:
        return ReminderState.CHANGED
    invitation.recipient = change.row
    return ReminderState.WRITTEN


def _is_in(booking: Booking, appointments: Sequence[port.Appointment]) -> bool:
    """Whether the appointment is among these, at the time that its patient knows."""
    return any(
        appointment.id == booking.appointment_id
        and appointment.status != port.AppointmentStatus.CANCELLED
        and appointment.start == booking.starts_at
        for appointment in appointments
    )


def _text(row: AppointmentReminder, booking: Booking, number: int, now: datetime) -> Message:
    by_link = now + LINK_WORKS < appointments_change.ends_at(booking)
    text = texts.reminder(booking, booking.invitation, by_link=by_link)
    text.id, text.step = row.id, number * 10 + row.step  # ten places for each of the patient's bookings
    return text


def begins(practice: Practice, rows: Sequence[Message]) -> dict[UUID, datetime]:
    """Before when reminders of appointments must come: until it begins, or its link changes it no more."""
    about = _own(rows)
    if not about:
        return {}
    reminders = AppointmentReminder.objects.filter(practice=practice, id__any_of=set(about)).select_related("booking")
    return {row.id: _is_true_until(about[row.id], row.booking) for row in reminders}


def _own(rows: Sequence[Message]) -> dict[UUID, Message]:
    """The reminders of our own bookings among some texts: those of reports have a look of their own."""
    about = {text.id: text for text in rows if text.purpose == Purpose.APPOINTMENT}
    if about:
        for reported in ReportedReminder.objects.filter(id__any_of=set(about)).values_list("id", flat=True):
            del about[reported]
    return about


def _is_true_until(text: Message, booking: Booking) -> datetime:
    return appointments_change.ends_at(booking) if LINK in text.body else booking.starts_at


def not_needed(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """Those reminders among some texts about to go that are not true any more.

    The appointment was cancelled or moved after the text was written, has begun, or its link changes it no more.
    """
    about = _own(rows)
    if not about:
        return {}
    reminders = AppointmentReminder.objects.filter(practice=practice, id__any_of=set(about)).select_related("booking")
    # Nobody is reminded of an appointment whose clinic is cancelled.
    reminders, now = reminders.filter(booking__clinics=None), timezone.now()
    true = {
        row.id
        for row in reminders
        if row.booking.state == BookingState.BOOKED and now < _is_true_until(about[row.id], row.booking)
    }
    return {text_id: NO_MORE for text_id in about if text_id not in true}
