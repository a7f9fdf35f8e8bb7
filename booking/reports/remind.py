"""Reminding the patients of reported appointments: each step once, and only of what the book has just before.

As with appointments that were booked by our links (`booking.workers.remind`): a sweep lays out a row for each
appointment and step, a worker reads the patient's record and book with no connection held, and a last look is taken as
the text leaves. The patient's mobile and name are the record's. An appointment that was booked by our link has
reminders of its own, with the link, so that it is none of these.
"""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from booking.appointments import texts
from booking.models import (
    Booking,
    RemindedSlotType,
    ReportedAppointment,
    ReportedReminder,
    ReportedState,
)
from booking.models.reminders import ReminderStep
from booking.models.reports import is_chosen
from booking.slots import outages
from booking.workers.remind import CHUNK, LATE, RETRY, SETTINGS, days
from core.hints import hint
from core.wording import LONDON, nhs_datetime
from integrations import record_reading
from integrations.clinical import errors, port
from integrations.models.outbox import Message, Purpose
from integrations.outbox.queueing import queue
from patients.checks.rows import Rules
from patients.opt_outs import services as opt_outs
from patients.reasons import Reason
from patients.records.verdicts import Contact, contact
from practices.holds.claiming import claim_some
from practices.models import Practice, User

logger = logging.getLogger(__name__)

NO_MORE = "The appointment has begun, or its slot type is not reminded of any more."
"""Why a reminder was withdrawn, for staff."""

_NO_VISIT = re.compile(r"phone|video|online|remote|e-?consult|call\b|home visit|\btel\b", re.IGNORECASE)
"""Slot types whose patients do not come to the practice: their texts name no place."""


def sweep() -> None:
    """Lay out what has become due, and hint at every practice with reminders to look up."""
    now = timezone.now()
    for step, setting in SETTINGS.items():
        for day, due in days(step, now):
            while _create(step, setting, day, due) == CHUNK:
                pass
    waiting = ReportedReminder.objects.filter(state=ReportedState.DUE, due_at__lte=now)
    for practice_id in waiting.order_by().values_list("practice_id", flat=True).distinct():
        hint("booking.remind_reported", practice_id)


@transaction.atomic
def _create(step: ReminderStep, setting: str, day: date, due: datetime) -> int:
    """Rows for some of a day's appointments that have none; how many were found. Repeating it changes nothing.

    Whoever has had a nearer step gets none. The book is read for each step anew: what it did not have may be booked
    again by then.
    """
    begins = datetime.combine(day, time(), LONDON)
    ends = datetime.combine(day + timedelta(days=1), time(), LONDON)
    enough = Exists(ReportedReminder.objects.filter(appointment=OuterRef("id"), step__lte=step))
    appointments = (
        ReportedAppointment.objects.filter(is_chosen(), reasons__len=0, starts_at__gte=begins, starts_at__lt=ends)
        .filter(**{f"practice__{setting}": True}, starts_at__gt=timezone.now())
        .exclude(enough)
        .values_list("id", "practice_id", "starts_at")[:CHUNK]
    )
    rows = [
        ReportedReminder(
            appointment_id=appointment_id,
            practice_id=practice_id,
            step=step,
            due_at=due,
            until=min(due + LATE, starts_at) if starts_at else due,
        )
        for appointment_id, practice_id, starts_at in appointments
    ]
    ReportedReminder.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def remind(practice_id: UUID) -> None:
    """Look up and write some of a practice's due reminders. Harmless however often, late or at once it runs."""
    practice = Practice.objects.get(id=practice_id)
    claimed = claim(practice)
    answers = call(practice, claimed)
    if settle(practice, claimed, answers):
        hint("booking.remind_reported", practice_id)


def claim(practice: Practice) -> list[ReportedReminder]:
    """Some due reminders, for a while nobody else's; none while another worker has some, or nothing may leave."""
    waiting = ReportedReminder.objects.filter(practice=practice, state=ReportedState.DUE).select_related("appointment")
    return claim_some(practice, waiting, most=record_reading.CHUNK, lasts=record_reading.LASTS)


def call(practice: Practice, claimed: Sequence[ReportedReminder]) -> dict[UUID, record_reading.Answer]:
    """What the book says about the patients of some reminders, in the name of whoever chose their slot types."""
    actors = _actors(practice)
    asked = ((actors.get(row.appointment.slot_type_key), row.id, _question(row.appointment)) for row in claimed)
    answers = record_reading.read_by_actor(practice, asked, timezone.localdate())
    outages.judge(practice.id, answers.values())
    return answers


def _actors(practice: Practice) -> dict[str, User]:
    chosen = RemindedSlotType.objects.filter(practice=practice).select_related("chosen_by")
    return {row.key: row.chosen_by for row in chosen}


def _question(appointment: ReportedAppointment) -> record_reading.Question:
    assert appointment.starts_at is not None  # the database holds it
    day = appointment.starts_at.astimezone(LONDON).date()
    return record_reading.Question(appointment.nhs_number, start=day, until=day)


@transaction.atomic
def settle(
    practice: Practice, claimed: Sequence[ReportedReminder], answers: Mapping[UUID, record_reading.Answer]
) -> bool:
    """Write the texts of what is in the book, and what became of the others; whether there is more to do at once."""
    ids = [row.id for row in claimed]
    still = ReportedReminder.objects.filter(id__in=ids, state=ReportedState.DUE).order_by("id")
    rows = list(still.select_for_update(of=("self",)).select_related("appointment"))
    own = _booked_by_link(practice, [row.appointment for row in rows])
    stopped = opt_outs.stopped_patients(practice, {row.appointment.nhs_number for row in rows})
    chosen, rules = _actors(practice).keys(), _rules(practice)
    made, now, read = [], timezone.now(), False
    for row in rows:
        appointment, answer = row.appointment, answers.get(row.id, record_reading.NOT_ASKED)
        row.state = _state(row, answer, now, chosen, own)
        if row.state == ReportedState.WRITTEN and isinstance(answer, record_reading.Reading):
            to = contact(answer.record, rules)
            reason = Reason.OPTED_OUT if appointment.nhs_number in stopped else to.reason
            if reason is None:
                made.append(_text(practice, row, to))
            else:
                row.state, row.reason = ReportedState.CANNOT, reason
        read = read or isinstance(answer, record_reading.Reading)
        row.claimed_until = None
        if row.state == ReportedState.DUE:
            row.due_at = now + RETRY
        else:
            row.due_at, row.settled_at = None, now
    ReportedReminder.objects.bulk_update(rows, ["state", "reason", "due_at", "claimed_until", "settled_at"])
    queue(practice, made)
    if rows:
        counts = {"written": len(made), "looked_up": len(rows)}
        logger.info("reported appointments looked up", extra={"practice_id": str(practice.id), **counts})
    return read


def _rules(practice: Practice) -> Rules:
    return Rules(
        system=practice.clinical_system,
        today=timezone.localdate(),
        allow_test_numbers=settings.ALLOW_TEST_NUMBERS,
        allow_islands=settings.TEXT_ISLANDS,
        text_from_age=settings.TEXT_FROM_AGE,
        needs_record=True,
    )


Key = tuple[str, datetime | None]
"""A patient, by NHS number, and when their appointment begins."""


def _booked_by_link(practice: Practice, appointments: Sequence[ReportedAppointment]) -> set[Key]:
    """Those of some appointments that are, or may be, bookings by our links: they have reminders of their own."""
    live = Booking.objects.live().filter(
        practice=practice,
        starts_at__in={appointment.starts_at for appointment in appointments},
        invitation__recipient__nhs_number__in={appointment.nhs_number for appointment in appointments},
    )
    return set(live.values_list("invitation__recipient__nhs_number", "starts_at"))


def _state(
    row: ReportedReminder,
    answer: record_reading.Answer,
    now: datetime,
    chosen: Collection[str],
    own: Collection[Key],
) -> ReportedState:
    appointment = row.appointment
    if appointment.starts_at is None or appointment.starts_at <= now or appointment.slot_type_key not in chosen:
        return ReportedState.NOT_NEEDED
    if (appointment.nhs_number, appointment.starts_at) in own:
        return ReportedState.OWN
    booked = answer.appointments if isinstance(answer, record_reading.Reading) else ()
    is_in = _is_in(appointment, booked)
    match record_reading.conclusive(answer, found=is_in):
        case errors.PatientNotFound() | errors.InvalidNhsNumber():
            row.reason = Reason.RECORD_NOT_FOUND
            return ReportedState.CANNOT
        case errors.ClinicalError():
            return ReportedState.LAPSED if now >= row.until else ReportedState.DUE
        case _:
            return ReportedState.WRITTEN if is_in else ReportedState.GONE


def _is_in(appointment: ReportedAppointment, booked: Sequence[port.Appointment]) -> bool:
    """Whether the patient has an appointment at that time. Reports have no ids, so the time is what tells it."""
    return any(each.status == port.AppointmentStatus.BOOKED and each.start == appointment.starts_at for each in booked)


def _text(practice: Practice, row: ReportedReminder, to: Contact) -> Message:
    """An unsaved text: an appointment is near, when, where, and whom to phone."""
    appointment = row.appointment
    assert appointment.starts_at is not None  # the database holds it
    sentence = f"a reminder of your appointment at {practice.name} on {nhs_datetime(appointment.starts_at)}."
    by_phone = f"To change or cancel it, phone {practice.phone}."
    is_visit = appointment.location and not _NO_VISIT.search(appointment.slot_type)
    wordings = [f"{sentence} Place: {appointment.location}. {by_phone}"] if is_visit else []
    body, fragments = texts.fitted(to.given_name, [*wordings, f"{sentence} {by_phone}"])
    return Message(
        id=row.id,
        practice=practice,
        campaign_id=appointment.report_id,
        subject_id=appointment.id,
        purpose=Purpose.APPOINTMENT,
        step=row.step,
        to=to.mobile,
        body=body,
        fragments=fragments,
        any_hour=False,
    )
