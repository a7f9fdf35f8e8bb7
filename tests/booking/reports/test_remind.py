"""Reminders of the whole book: whom, once, and only of what the book has."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection

from booking.models import (
    Booking,
    ReminderStep,
    ReportedAppointment,
    ReportedReminder,
    ReportedState,
    ReportSource,
)
from booking.reports import outcomes, remind, services
from booking.workers import remind as own_reminders
from booking.workers.remind import due_at
from integrations.clinical.port import CheckedPatient
from integrations.connections import clinical_for
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import claiming, hooks
from patients.models import OptOutSource, Recipient
from patients.opt_outs import services as opt_outs
from practices.holds import services as holds
from practices.models import Role, User
from tests.booking.reports.report_files import as_csv
from tests.booking.surgery import BORN, FLU, LONDON, Surgery, day
from tests.factories import make_recipient, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db
parallel = pytest.mark.django_db(transaction=True)
AFTER = 9


@pytest.fixture
def manager(surgery: Surgery) -> User:
    return make_staff(surgery.practice, Role.MANAGER)


class Book:
    """Appointments that the practice has made itself, and reports of them."""

    def __init__(self, surgery: Surgery, manager: User) -> None:
        self.surgery, self.manager = surgery, manager
        surgery.session(after=AFTER, at="14:00:00", count=6)

    def booked(self, **record: Any) -> Recipient:
        """A patient with the next free slot, which the practice booked without us."""
        assert self.surgery.campaign.patient_list is not None
        patient = make_recipient(self.surgery.campaign.patient_list)
        self.surgery.register(patient)
        if record:
            who = {"ods": self.surgery.practice.ods_code, "nhs_number": patient.nhs_number}
            self.surgery.sandbox.control("change-record", {**who, **record})
        system = clinical_for(self.surgery.practice, self.manager)
        slot = system.free_slots(day(AFTER), day(AFTER), FLU)[0]
        system.book(CheckedPatient(patient.nhs_number, BORN), slot, "By the practice")
        return patient

    def row(self, patient: Recipient, at: str = "14:00", slot_type: str = FLU) -> tuple[str, ...]:
        return (patient.nhs_number, f"{day(AFTER):%d/%m/%Y}", at, slot_type, "Nurse Jones", "Branch Surgery")

    def report(self, *rows: tuple[str, ...]) -> None:
        services.store(
            practice=self.surgery.practice,
            file=as_csv(*rows),
            name="report.csv",
            source=ReportSource.UPLOAD,
            by=self.manager,
        )

    def choose(self, *names: str) -> None:
        services.choose_slot_types(practice=self.surgery.practice, names=names, by=self.manager)


@pytest.fixture
def book(surgery: Surgery, manager: User) -> Book:
    book = Book(surgery, manager)
    book.choose(FLU)
    return book


@contextmanager
def when_due(on: date | None = None, **later: float) -> Iterator[None]:
    with time_machine.travel(due_at(ReminderStep.WORKING_DAY, on or day(AFTER)) + timedelta(**later)):
        yield


def run(book: Book) -> list[Message]:
    remind.sweep()
    remind.remind(book.surgery.practice.id)
    return list(Message.objects.filter(purpose=Purpose.APPOINTMENT))


def due_day() -> date:
    return day(AFTER)


@pytest.mark.hazard("H-20.6")
def test_the_text_has_day_time_place_and_phone_and_goes_once(book: Book) -> None:
    patient = book.booked(mobile="07700 900987")
    book.report(book.row(patient))
    on = due_day()
    with when_due(on):
        for _ in range(3):
            (text,) = run(book)
    assert text.to == "+447700900987", "the record's"
    assert text.body.startswith("Dear Asha, a reminder of your appointment at Example Surgery on ")
    assert text.body.endswith("at 2pm. Place: Branch Surgery. To change or cancel it, phone 01632 960000.")
    assert "{link}" not in text.body
    assert not text.any_hour
    with when_due(on, hours=20):
        assert len(run(book)) == 1


def test_on_hold_the_book_is_not_read(book: Book) -> None:
    book.report(book.row(book.booked()))
    holds.hold(book.surgery.practice, by=None)
    with when_due():
        remind.sweep()
        assert remind.claim(book.surgery.practice) == []


def test_it_leaves_by_the_outbox(book: Book) -> None:
    book.report(book.row(book.booked()))
    with when_due(due_day()):
        (text,) = run(book)
        assert hooks.nhs_numbers(book.surgery.practice, [text]).keys() == {text.id}
        assert hooks.latest(book.surgery.practice, [text])[text.id].astimezone(LONDON).hour == 14
        assert [row.id for row in claiming.take(book.surgery.practice).rows] == [text.id]


def test_two_reports_of_a_day_remind_once(book: Book) -> None:
    patient, other = book.booked(), book.booked()
    book.report(book.row(patient))
    book.report(book.row(patient), book.row(other, "14:10"))
    book.report(book.row(patient), book.row(patient))
    with when_due(due_day()):
        assert len(run(book)) == 2
    assert ReportedAppointment.objects.filter(reasons__len=0).count() == 2


@pytest.mark.hazard("H-20.7")
def test_what_was_booked_by_our_link_has_its_own_reminder_alone(book: Book, surgery: Surgery) -> None:
    booking = surgery.booked(surgery.invite())
    Message.objects.all().delete()
    recipient = booking.invitation.recipient
    book.report(book.row(recipient))
    Booking.objects.update(created_at=booking.created_at - timedelta(days=2))
    with when_due(due_day()):
        own_reminders.sweep()
        own_reminders.remind(surgery.practice.id)
        (text,) = run(book)
    assert "{link}" in text.body
    assert ReportedReminder.objects.get().state == ReportedState.OWN


@pytest.mark.hazard("H-20.6")
def test_what_is_not_in_the_book_any_more_is_not_reminded_of(book: Book) -> None:
    patient = book.booked()
    book.report(book.row(patient))
    (appointment,) = book.surgery.books()
    clinical_for(book.surgery.practice, book.manager).cancel(str(appointment["id"]), "By the practice")
    with when_due(due_day()):
        assert run(book) == []
    assert ReportedReminder.objects.get().state == ReportedState.GONE


def test_a_time_that_is_not_the_books_is_not_reminded_of(book: Book) -> None:
    book.report(book.row(book.booked(), "14:30"))
    with when_due(due_day()):
        assert run(book) == []


@pytest.mark.parametrize(("record", "reason"), [
    ({"mobile": ""}, "record_no_mobile"),
    ({"mobile": "01134960000"}, "record_bad_mobile"),
])  # fmt: skip
def test_without_a_mobile_in_the_record_nobody_is_texted(book: Book, record: dict[str, Any], reason: str) -> None:
    book.report(book.row(book.booked(**record)))
    with when_due(due_day()):
        assert run(book) == []
    reminder = ReportedReminder.objects.get()
    assert (reminder.state, reminder.reason) == (ReportedState.CANNOT, reason)
    (line,) = outcomes.of(reminder.appointment.report)
    assert (line.step, line.count, line.rows) == ("1 working day before", 1, "2")
    assert line.outcome.startswith("The patient cannot be texted. ")


@pytest.mark.hazard("H-20.6")
@pytest.mark.parametrize("late", [False, True])
def test_whoever_wants_no_texts_gets_none(book: Book, late: bool) -> None:
    patient = book.booked()
    book.report(book.row(patient))
    with when_due(due_day()):
        if late:
            assert len(run(book)) == 1
        opt_outs.add(
            practice=book.surgery.practice, by=book.manager, source=OptOutSource.STAFF, nhs_number=patient.nhs_number
        )
        run(book)
        assert claiming.take(book.surgery.practice).rows == []
    assert not Message.objects.exclude(state=MessageState.FAILED).exists()


def test_only_chosen_slot_types_are_reminded_of(book: Book) -> None:
    book.report(book.row(book.booked()))
    book.choose("Nurse")
    with when_due(due_day()):
        assert run(book) == []
        book.choose("flu CLINIC")
        assert len(run(book)) == 1
        book.choose()
        assert claiming.take(book.surgery.practice).rows == []
    assert Message.objects.get().state == MessageState.WITHDRAWN


@pytest.mark.parametrize("uploads", [1, 2])
def test_of_two_rows_at_one_time_the_chosen_slot_type_counts(book: Book, uploads: int) -> None:
    patient = book.booked()
    for upload in range(uploads):
        others = [book.row(patient, "16:00")] * upload  # another file, so that it is not the same again
        book.report(book.row(patient, slot_type="Doctor"), book.row(patient), *others)
    with when_due(due_day()):
        assert len(run(book)) == 1


def test_patients_who_are_phoned_read_no_place(book: Book) -> None:
    book.report(book.row(book.booked(), slot_type="Telephone"))
    book.choose("Telephone")
    with when_due(due_day()):
        (text,) = run(book)
    assert "Place" not in text.body


def test_each_step_once_and_the_nearest_alone_of_those_of_one_day(book: Book) -> None:
    book.surgery.practice.remind_7_days = True
    book.surgery.practice.save()
    book.report(book.row(book.booked()))
    on = due_day()
    with time_machine.travel(due_at(ReminderStep.SEVEN_DAYS, on)):
        assert [text.step for text in run(book)] == [7]
    with when_due(on):
        assert sorted(text.step for text in run(book)) == [1, 7]


def test_what_is_booked_again_is_reminded_of_by_the_next_step(book: Book) -> None:
    book.surgery.practice.remind_3_days = True
    book.surgery.practice.save()
    patient = book.booked()
    book.report(book.row(patient))
    (appointment,) = book.surgery.books()
    system, on = clinical_for(book.surgery.practice, book.manager), due_day()
    system.cancel(str(appointment["id"]), "By the practice")
    with time_machine.travel(due_at(ReminderStep.THREE_DAYS, on)):
        assert run(book) == []
    system = clinical_for(book.surgery.practice, book.manager)
    slot = system.free_slots(on, on, FLU)[0]
    system.book(CheckedPatient(patient.nhs_number, BORN), slot, "Again")
    with when_due(on):
        assert [text.step for text in run(book)] == [1]


def test_while_the_book_cannot_be_read_nobody_is_reminded(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.clinical.calls.PAUSE_SECONDS", 0)
    book.report(book.row(book.booked()))
    on = due_day()
    with when_due(on):
        book.surgery.sandbox.fault("gp_connect.*", "status", status=503, times=None)
        assert run(book) == []
        assert ReportedReminder.objects.get().state == ReportedState.DUE
        book.surgery.sandbox.control("faults", method="DELETE")
    with when_due(on, minutes=11):
        assert len(run(book)) == 1


def _at_once(book: Book, patient: Recipient) -> int:
    """The same appointment in two files that differ, uploaded at once; how many texts its patient gets."""
    files = [[book.row(patient)], [book.row(patient), book.row(patient)]]
    at_once(*(partial(book.report, *rows) for rows in files))
    with when_due(due_day()):
        at_once(remind.sweep, times=2)
        at_once(lambda: remind.remind(book.surgery.practice.id), times=3)
        remind.remind(book.surgery.practice.id)
        return Message.objects.filter(purpose=Purpose.APPOINTMENT).count()


@parallel
@pytest.mark.hazard("H-20.5")
def test_uploads_and_workers_at_once_remind_once(book: Book) -> None:
    assert _at_once(book, book.booked()) == 1


@parallel
@pytest.mark.hazard("H-20.5", guard_off=True)
def test_without_the_guards_a_patient_is_reminded_twice(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harm that looking for earlier reports under the lock prevents, and the unique constraint after it."""
    patient = book.booked()
    monkeypatch.setattr(services, "_of_earlier_reports", lambda practice, keys: {})
    constraint = next(one for one in ReportedAppointment._meta.constraints if one.name == "reported_appointment_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(ReportedAppointment, constraint)
    try:
        assert _at_once(book, patient) == 2
    finally:
        Message.objects.all().delete()
        ReportedReminder.objects.all().delete()
        ReportedAppointment.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(ReportedAppointment, constraint)
