"""Reminders of appointments: when, whom, once, and never of an appointment that is not the patient's any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from booking.appointments import cancel
from booking.appointments import change as appointments_change
from booking.models import AppointmentReminder, Booking, BookingState, ReminderState, ReminderStep
from booking.slots import offered as slots
from booking.visits import links
from booking.visits.links import Standing
from booking.workers import remind
from booking.workers.remind import due_at
from campaigns.follow_up import entries as follow_up
from campaigns.models import Invitation
from campaigns.sending.rechecks import changes
from integrations import record_reading
from integrations.connections import clinical_for
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import claiming
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from practices.holds import services as holds
from practices.models import AuditEvent, Practice
from tests.booking.surgery import LONDON, Patient, Surgery, local, make_booking, undo, work
from tests.factories import make_campaign, make_invitation, make_practice
from tests.threads import at_once

pytestmark = pytest.mark.django_db
parallel = pytest.mark.django_db(transaction=True)
STEP = ReminderStep.WORKING_DAY


@pytest.mark.parametrize(("step", "day", "due"), [
    (1, "2026-11-25", "2026-11-24T10:00"),
    (1, "2026-10-26", "2026-10-23T10:00"),  # the clocks go back on the Sunday between
    (1, "2027-03-30", "2027-03-25T10:00"),  # Easter, and the clocks go forward
    (1, "2027-01-04", "2026-12-31T10:00"),
    (3, "2026-10-27", "2026-10-24T10:00"),
    (7, "2027-03-31", "2027-03-24T10:00"),
    (7, "2027-01-02", "2026-12-26T10:00"),
])  # fmt: skip
def test_reminders_are_due_at_ten_by_the_clocks_in_london(step: int, day: str, due: str) -> None:
    assert due_at(ReminderStep(step), date.fromisoformat(day)) == local(due)


def booked_for(starts_at: datetime, made: datetime, practice: Practice | None = None, **of: Any) -> Booking:
    """An appointment that a patient booked at some moment: for what concerns our own database only."""
    invitation = make_invitation(make_campaign(practice, started=True))
    return make_booking(
        invitation, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=10), created_at=made, **of
    )


def laid_out(now: datetime) -> list[tuple[object, int]]:
    with time_machine.travel(now, tick=False):
        remind.sweep()
        remind.sweep()
    return list(AppointmentReminder.objects.values_list("booking_id", "step").order_by("step"))


MADE = local("2026-10-01T12:00")


def test_one_working_day_before_and_no_sooner() -> None:
    booking = booked_for(local("2026-11-30T14:00"), MADE)  # a Monday
    assert laid_out(local("2026-11-27T09:59")) == []
    assert laid_out(local("2026-11-27T10:00")) == [(booking.id, 1)]


def test_the_first_and_the_last_minute_of_a_day_belong_to_it() -> None:
    first, last = (booked_for(local(at), MADE) for at in ("2026-10-25T00:00", "2026-10-25T23:55"))
    booked_for(local("2026-10-26T00:00") + timedelta(days=1), MADE)
    assert {booking_id for booking_id, _ in laid_out(local("2026-10-23T10:00"))} == {first.id, last.id}


def test_the_nearest_step_stands_for_those_of_the_same_day() -> None:
    practice = make_practice(remind_3_days=True, remind_7_days=True)
    monday = booked_for(local("2026-11-30T14:00"), MADE, practice)
    assert laid_out(local("2026-11-23T10:00")) == [(monday.id, 7)]
    assert laid_out(local("2026-11-27T10:00")) == [(monday.id, 1), (monday.id, 7)]


def test_a_practice_may_want_none() -> None:
    booked_for(local("2026-11-30T14:00"), MADE, make_practice(remind_day_before=False))
    assert laid_out(local("2026-11-27T10:00")) == []


@pytest.mark.parametrize(("made", "reminders"), [("2026-11-26T10:00", 1), ("2026-11-26T10:01", 0)])
def test_who_booked_within_a_day_is_not_reminded(made: str, reminders: int) -> None:
    booked_for(local("2026-11-30T14:00"), local(made))
    laid_out(local("2026-11-27T10:00"))
    assert len(laid_out(local("2026-11-28T09:00"))) == reminders


@pytest.mark.parametrize(
    "state", [BookingState.PENDING, BookingState.CHECK, BookingState.MOVING, BookingState.CANCELLING, "cancelled"]
)
def test_only_what_is_booked_is_reminded_of(state: BookingState) -> None:
    booked_for(local("2026-11-30T14:00"), MADE, state=state)
    assert laid_out(local("2026-11-27T10:00")) == []


def test_a_reminder_that_was_missed_for_a_day_does_not_go() -> None:
    booked_for(local("2026-11-30T14:00"), MADE)
    assert laid_out(local("2026-11-28T10:00")) == []


def test_laying_out_takes_as_many_queries_for_many(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    practice = make_practice()
    for minute in range(5):
        booked_for(local("2026-11-30T14:00") + timedelta(minutes=minute), MADE, practice)
    with time_machine.travel(local("2026-11-27T10:00"), tick=False), django_assert_max_num_queries(25):
        remind.sweep()
    assert AppointmentReminder.objects.count() == 5


# With the practice's book


@pytest.fixture
def booking(surgery: Surgery) -> Booking:
    surgery.session(after=9, at="14:00:00")
    booking = surgery.booked(surgery.invite())
    Booking.objects.filter(id=booking.id).update(created_at=timezone.now() - timedelta(days=2))
    Message.objects.all().delete()
    return Booking.objects.get(id=booking.id)


@contextmanager
def when_due(booking: Booking, **later: float) -> Iterator[None]:
    """At the time of the booking's reminder."""
    at = due_at(STEP, booking.starts_at.astimezone(LONDON).date()) + timedelta(**later)
    with time_machine.travel(at):
        yield


def run(practice: Practice) -> list[Message]:
    remind.sweep()
    remind.remind(practice.id)
    return list(Message.objects.filter(purpose=Purpose.APPOINTMENT))


def test_the_text_names_day_time_place_and_the_link(booking: Booking) -> None:
    with when_due(booking):
        (text,) = run(booking.practice)
    assert text.body.startswith("Dear Asha, a reminder of your appointment at Example Surgery on ")
    assert "at 2pm. Place: Branch Surgery, 1 High Street" in text.body
    assert text.body.endswith("To change or cancel it: {link} or phone 01632 960000.")
    assert not text.any_hour
    assert (text.subject_id, text.to) == (booking.invitation_id, booking.invitation.recipient.mobile)


def test_it_goes_once_however_often_the_tasks_run(booking: Booking) -> None:
    with when_due(booking):
        for _ in range(3):
            (text,) = run(booking.practice)
    with when_due(booking, hours=20):
        assert [message.id for message in run(booking.practice)] == [text.id]


def test_on_hold_the_book_is_not_read(booking: Booking) -> None:
    holds.hold(booking.practice, by=None)
    with when_due(booking):
        remind.sweep()
        assert remind.claim(booking.practice) == []


@pytest.mark.hazard("H-20.3")
def test_what_the_practice_cancelled_is_not_reminded_of_and_staff_are_told(surgery: Surgery, booking: Booking) -> None:
    assert surgery.campaign.started_by is not None
    clinical_for(surgery.practice, surgery.campaign.started_by).cancel(booking.appointment_id, "By the practice")
    with when_due(booking):
        assert run(booking.practice) == []
        assert AppointmentReminder.objects.get().state == ReminderState.GONE
        assert AuditEvent.objects.filter(action="booking.not_in_book", object_id=booking.id).count() == 1
        (entry,) = follow_up.entries(list(follow_up.keys(follow_up.Batches.of(surgery.campaign))))
        assert entry.kind == follow_up.Kind.NOT_IN_BOOK


@pytest.mark.parametrize("fault", [
    {"kind": "status", "status": 503},
    {"kind": "timeout_before", "seconds": 0.1},
])  # fmt: skip
def test_while_the_book_cannot_be_read_the_reminder_waits(
    surgery: Surgery, booking: Booking, fault: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.clinical.calls.PAUSE_SECONDS", 0)
    with when_due(booking):
        surgery.sandbox.fault("gp_connect.*", times=None, **fault)  # type: ignore[arg-type] # the kind is among them
        assert run(booking.practice) == []
        assert run(booking.practice) == []
        assert AppointmentReminder.objects.get().state == ReminderState.DUE
    with when_due(booking, minutes=11):
        surgery.sandbox.control("faults", method="DELETE")
        assert len(run(booking.practice)) == 1


def test_it_lapses_when_the_book_cannot_be_read_for_a_day(
    surgery: Surgery, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.clinical.calls.PAUSE_SECONDS", 0)
    surgery.sandbox.fault("gp_connect.*", "status", status=503, times=None)
    with when_due(booking):
        run(booking.practice)
    with when_due(booking, hours=24):
        assert run(booking.practice) == []
        assert AppointmentReminder.objects.get().state == ReminderState.LAPSED


def taken(practice: Practice) -> list[Message]:
    return claiming.take(practice).rows


def test_what_is_cancelled_before_it_leaves_is_withdrawn(booking: Booking) -> None:
    with when_due(booking):
        (text,) = run(booking.practice)
        cancel.cancel(booking_id=booking.id)
        assert taken(booking.practice) == []
        text.refresh_from_db()
        assert (text.state, text.reason) == (MessageState.WITHDRAWN, remind.NO_MORE)


def test_what_is_cancelled_while_it_waits_is_overtaken(booking: Booking) -> None:
    with when_due(booking):
        (text,) = run(booking.practice)
        cancel.cancel(booking_id=booking.id)
        assert undo(Booking.objects.get(id=booking.id)).state == BookingState.CANCELLED
        text.refresh_from_db()
        assert text.state == MessageState.WITHDRAWN


def test_what_is_cancelled_while_the_book_is_read_is_not_written(
    booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = record_reading.read

    def and_cancel(*of: Any) -> list[record_reading.Answer]:
        cancel.cancel(booking_id=booking.id)
        return read(*of)

    monkeypatch.setattr(record_reading, "read", and_cancel)
    with when_due(booking):
        assert run(booking.practice) == []
        assert AppointmentReminder.objects.get().state == ReminderState.NOT_NEEDED


def test_who_has_moved_is_reminded_of_the_new_time_alone(surgery: Surgery, booking: Booking) -> None:
    surgery.session(after=16)
    with when_due(booking):
        (old,) = run(booking.practice)
        slot = slots.available(booking.invitation)[-1]
        appointments_change.hold(invitation_id=booking.invitation_id, slot=slot)
        new = work(appointments_change.confirm(invitation_id=booking.invitation_id))
        assert new.state == BookingState.BOOKED
        old.refresh_from_db()
        assert old.state == MessageState.WITHDRAWN
    with when_due(new):
        texts = run(booking.practice)
    assert {message.step for message in texts} == {1, 11}


@pytest.mark.hazard("H-20.4")
def test_who_has_opted_out_is_not_reminded(booking: Booking) -> None:
    patient = booking.invitation.recipient
    with when_due(booking):
        (text,) = run(booking.practice)
        opt_outs.add(practice=booking.practice, by=None, source=OptOutSource.PATIENT, nhs_number=patient.nhs_number)
        assert taken(booking.practice) == []
        text.refresh_from_db()
        assert text.reason == opt_outs.STOPPED


def test_nobody_is_reminded_at_night(booking: Booking, settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    with when_due(booking):
        run(booking.practice)
    with when_due(booking, hours=11):
        assert taken(booking.practice) == []
    with when_due(booking, hours=22):
        assert len(taken(booking.practice)) == 1


def test_a_text_that_waited_until_its_link_is_of_no_use_is_withdrawn(booking: Booking) -> None:
    with when_due(booking):
        run(booking.practice)
    with time_machine.travel(booking.starts_at - timedelta(minutes=30)):
        assert taken(booking.practice) == []
        assert Message.objects.get(purpose=Purpose.APPOINTMENT).state == MessageState.WITHDRAWN


def test_where_a_change_takes_longer_notice_the_text_has_no_link(booking: Booking, settings: Settings) -> None:
    settings.CHANGE_NOTICE_MINUTES = 7 * 24 * 60
    with when_due(booking):
        (text,) = run(booking.practice)
        assert "{link}" not in text.body
        assert len(taken(booking.practice)) == 1


def test_the_link_in_it_works_long_after_its_last_day(booking: Booking) -> None:
    Invitation.objects.filter(id=booking.invitation_id).update(expires_at=timezone.now() - timedelta(days=1))
    with time_machine.travel(booking.starts_at - timedelta(hours=2)):
        invitation = links.by_id(booking.invitation_id)
        assert invitation is not None
        assert links.standing_of(invitation) == Standing.USED_TO_BOOK
        assert appointments_change.may_move(booking, invitation)
        Patient(invitation).back().cancel(booking)
    assert Booking.objects.get(id=booking.id).state == BookingState.CANCELLING


@parallel
def test_two_workers_write_one_text(surgery: Surgery, booking: Booking) -> None:
    with when_due(booking):
        at_once(remind.sweep, times=3)
        at_once(lambda: remind.remind(surgery.practice.id), times=3)
        remind.remind(surgery.practice.id)
    assert Message.objects.filter(purpose=Purpose.APPOINTMENT).count() == 1


# The record behind the appointment


def change_record(surgery: Surgery, booking: Booking, **record: object) -> None:
    who = {"ods": surgery.practice.ods_code, "nhs_number": booking.invitation.recipient.nhs_number}
    assert surgery.sandbox.control("change-record", {**who, **record})["changed"] == 1


def test_a_new_mobile_in_the_record_gets_the_reminder(surgery: Surgery, booking: Booking) -> None:
    change_record(surgery, booking, mobile="07700 900987")
    with when_due(booking):
        (text,) = run(booking.practice)
    assert text.to == "+447700900987"


@pytest.mark.parametrize("record", [{"dob": "1958-03-10"}, {"mobile": ""}, {"mobile": "01134960000"}])
def test_whose_record_has_changed_is_not_reminded_and_staff_see_it(
    surgery: Surgery, booking: Booking, record: dict[str, object]
) -> None:
    change_record(surgery, booking, **record)
    with when_due(booking):
        assert run(booking.practice) == []
    assert AppointmentReminder.objects.get().state == ReminderState.CHANGED
    (change,) = changes.changes(booking.invitation.campaign)
    assert change.count == 1


def test_a_reminder_takes_as_many_calls_as_before(surgery: Surgery, booking: Booking) -> None:
    before = surgery.calls("gp_connect.patient"), surgery.calls("gp_connect.appointments")
    with when_due(booking):
        assert len(run(booking.practice)) == 1
    after = surgery.calls("gp_connect.patient"), surgery.calls("gp_connect.appointments")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
