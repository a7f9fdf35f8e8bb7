"""A look at each patient's record before a reminder: who has changed is not reminded, and counted."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from booking.staff.batch import recipients
from campaigns.models import Campaign, Invitation, Reminder
from campaigns.reminders import services as reminders
from campaigns.reminders import writing as reminder_writing
from campaigns.results.funnel import funnel
from campaigns.sending.rechecks import changes
from campaigns.workspace import include_booked as include_services
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from patients.reasons import Reason
from tests.campaigns.sending.rechecks.clinic import Clinic, rows, work

pytestmark = pytest.mark.django_db

AFTER = timedelta(hours=30)


def invited(clinic: Clinic, patients: int = 2, **fields: object) -> Campaign:
    """A batch whose texts have arrived."""
    batch = work(clinic.sent(patients, **fields))
    now = timezone.now()
    Message.objects.of_batch(batch.id).update(state=MessageState.DELIVERED, due_at=None, sent_at=now)
    return batch


def remind(batch: Campaign) -> Reminder:
    number = batch.reminders.count() + 1
    assert reminders.ask(campaign=batch, number=number, seen=100, by=batch.created_by)
    reminder = batch.reminders.get(number=number)
    reminder_writing.write(reminder.id)
    reminder.refresh_from_db()
    return reminder


def reminded(batch: Campaign) -> list[str]:
    return list(Message.objects.of_batch(batch.id).filter(purpose=Purpose.REMINDER).values_list("to", flat=True))


@pytest.mark.hazard("H-20.1")
@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"deceased": 1}, Reason.RECORD_NOT_FOUND),
        ({"inactive": 1}, Reason.RECORD_NOT_FOUND),
        ({"sensitive": 1}, Reason.RECORD_NOT_FOUND),
        ({"dob": "1958-03-10"}, Reason.RECORD_BIRTH_DIFFERS),
        ({"mobile": ""}, Reason.RECORD_NO_MOBILE),
    ],
)
@pytest.mark.parametrize("include_booked", [False, True])
def test_who_has_changed_is_not_reminded_and_is_counted(
    clinic: Clinic, record: dict[str, object], reason: str, include_booked: bool
) -> None:
    batch = invited(clinic, include_booked=include_booked)
    first, second = rows(batch)
    clinic.change(first, **record)
    with time_machine.travel(timezone.now() + AFTER):
        assert remind(batch).written_at is not None
        assert reminded(batch) == [second.mobile]
        assert {change.code: change.count for change in changes.changes(batch)} == {reason: 1}
        (line,) = recipients.lines(batch, [first])
        assert line.texts[-1].startswith("Not reminded. ")
        assert [row.id for row in recipients.chosen(batch, f"change-{reason}")] == [first.id]
        numbers = funnel(batch)
        assert (numbers.can, numbers.invitations) == (2, 2), "they were invited, and stay so"


def test_systmone_another_mobile_in_the_record_is_not_reminded(systmone: Clinic) -> None:
    batch = invited(systmone)
    first, second = rows(batch)
    systmone.change(first, mobile="07700 900987")
    with time_machine.travel(timezone.now() + AFTER):
        remind(batch)
    assert reminded(batch) == [second.mobile]
    assert [change.code for change in changes.changes(batch)] == [Reason.RECORD_MOBILE_DIFFERS]


def test_emis_a_new_mobile_gets_the_reminder_unless_its_owner_wants_none(clinic: Clinic) -> None:
    batch = invited(clinic)
    first, second = rows(batch)
    clinic.change(first, mobile="07700 900987")
    clinic.change(second, mobile="07700 900986")
    opt_outs.add(practice=clinic.practice, by=None, source=OptOutSource.PATIENT, mobile="+447700900986")
    with time_machine.travel(timezone.now() + AFTER):
        remind(batch)
    assert reminded(batch) == ["+447700900987"]


def test_who_is_back_is_reminded_the_next_time_and_not_counted_any_more(clinic: Clinic) -> None:
    batch = invited(clinic, 1)
    (row,) = rows(batch)
    clinic.change(row, inactive=1)
    with time_machine.travel(timezone.now() + AFTER):
        remind(batch)
        assert reminded(batch) == []
        clinic.change(row, inactive=0)
        remind(batch)
        assert (reminded(batch), changes.changes(batch)) == ([row.mobile], [])


def test_a_reminder_takes_two_calls_for_each_patient_as_before(clinic: Clinic) -> None:
    batch = invited(clinic, 3)
    before = clinic.calls("gp_connect.")
    with time_machine.travel(timezone.now() + AFTER):
        remind(batch)
    assert (len(reminded(batch)), clinic.calls("gp_connect.") - before) == (3, 6)


@pytest.mark.parametrize("include_booked", [False, True])
def test_while_the_system_is_down_nobody_is_reminded(clinic: Clinic, include_booked: bool) -> None:
    batch = invited(clinic, include_booked=include_booked)
    clinic.fails()
    with time_machine.travel(timezone.now() + AFTER):
        reminder = remind(batch)
        assert (reminder.written_at, reminded(batch)) == (None, [])
        assert reminder.waits_since is not None
    clinic.mend()
    clinic.change(rows(batch)[0], deceased=1)
    with time_machine.travel(timezone.now() + AFTER + timedelta(minutes=11)):
        reminder_writing.write(reminder.id)
    assert reminded(batch) == [rows(batch)[1].mobile]


def test_after_a_day_the_changed_do_not_count_as_unread(clinic: Clinic) -> None:
    batch = invited(clinic, 2)
    clinic.change(rows(batch)[0], deceased=1)
    unreadable = f"https://fhir.nhs.uk/Id/nhs-number|{rows(batch)[1].nhs_number}"
    clinic.sandbox.fault(
        "gp_connect.patient", "status", status=200, body="<html>", times=None, match={"identifier": unreadable}
    )
    with time_machine.travel(timezone.now() + AFTER):
        reminder = remind(batch)
    with time_machine.travel(timezone.now() + AFTER + reminder_writing.LATE + timedelta(minutes=1)):
        reminder_writing.write(reminder.id)
    reminder.refresh_from_db()
    assert (reminder.book_unreadable, reminded(batch)) == (1, [])


def test_whom_staff_invited_all_the_same_is_reminded_though_booked(clinic: Clinic) -> None:
    batch = clinic.sent(1)
    clinic.book(rows(batch)[0])
    work(batch)
    include_services.include(campaign=batch, seen=1, by=clinic.staff)
    work(batch)
    Message.objects.of_batch(batch.id).update(state=MessageState.DELIVERED, due_at=None, sent_at=timezone.now())
    with time_machine.travel(timezone.now() + AFTER):
        remind(batch)
    assert len(reminded(batch)) == 1
    assert Invitation.objects.get().elsewhere_at is None
