"""Who has an appointment in the practice's book already is not reminded, and counts as done."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.staff.batch import recipients
from campaigns.models import Campaign, Invitation, InvitationState, Reminder
from campaigns.reminders import services as reminders
from campaigns.reminders import writing as reminder_writing
from campaigns.results.funnel import funnel
from integrations import record_reading
from integrations.clinical.port import AppointmentStatus, CheckedPatient
from integrations.connections import clinical_for
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from practices.models import AuditEvent
from tests.booking.surgery import Surgery, day
from tests.factories import make_message, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.clinical.calls.PAUSE_SECONDS", 0)


def invited(surgery: Surgery, *, registered: bool = True) -> Invitation:
    invitation = surgery.invite(registered=registered)
    at = timezone.now() - timedelta(hours=30)
    make_message(invitation, state=MessageState.DELIVERED, due_at=None, created_at=at, sent_at=at)
    return invitation


def book(surgery: Surgery, invitation: Invitation, slot_type: str = "Flu clinic") -> str:
    """The practice books for a patient by phone; the appointment's id."""
    surgery.session(after=5, slot_type=slot_type)
    assert surgery.campaign.started_by is not None
    system = clinical_for(surgery.practice, surgery.campaign.started_by)
    slot = system.free_slots(day(5), day(5), slot_type)[0]
    patient = CheckedPatient(invitation.recipient.nhs_number, invitation.recipient.date_of_birth)
    return system.book(patient, slot, "By phone").id


def remind(batch: Campaign) -> Reminder:
    """Staff press, and the worker writes."""
    number = batch.reminders.count() + 1
    assert reminders.ask(campaign=batch, number=number, seen=100, by=batch.created_by)
    reminder = batch.reminders.get(number=number)
    reminder_writing.write(reminder.id)
    reminder.refresh_from_db()
    return reminder


def reminded() -> set[object]:
    return set(Message.objects.filter(purpose=Purpose.REMINDER).values_list("subject_id", flat=True))


@pytest.mark.hazard("H-20.2")
def test_who_is_booked_counts_as_done_and_the_others_are_reminded(surgery: Surgery) -> None:
    booked, other = invited(surgery), invited(surgery)
    book(surgery, booked)
    assert remind(surgery.campaign).written_at is not None
    assert reminded() == {other.id}
    numbers = funnel(surgery.campaign)
    assert (numbers.invitations, numbers.elsewhere, numbers.unanswered) == (2, 1, 1)
    (row,) = recipients.chosen(surgery.campaign, "elsewhere")
    (line,) = recipients.lines(surgery.campaign, [row])
    assert line.answer.startswith("Booked by the practice: seen on ")
    assert {row.id for row in recipients.chosen(surgery.campaign, "no-answer")} == {other.recipient_id}
    assert AuditEvent.objects.get(action="campaign.booked_elsewhere").data["patients"] == 1


def test_the_page_shows_them(surgery: Surgery) -> None:
    book(surgery, invited(surgery))
    remind(surgery.campaign)
    client = Client()
    client.force_login(make_staff(surgery.practice))
    shown = client.get(reverse("campaigns:progress", args=[surgery.campaign.id]))
    assert "Booked by the practice" in shown.content.decode()
    check_page(shown)


def test_another_kind_of_appointment_does_not_count(surgery: Surgery) -> None:
    invitation = invited(surgery)
    book(surgery, invitation, "Blood test")
    remind(surgery.campaign)
    assert reminded() == {invitation.id}


def test_nor_does_one_that_is_cancelled(surgery: Surgery) -> None:
    invitation = invited(surgery)
    appointment = book(surgery, invitation)
    assert surgery.campaign.started_by is not None
    system = clinical_for(surgery.practice, surgery.campaign.started_by)
    assert system.cancel(appointment, "By phone").status == AppointmentStatus.CANCELLED
    remind(surgery.campaign)
    assert reminded() == {invitation.id}


def test_where_staff_chose_to_write_to_the_booked_the_book_is_not_read(surgery: Surgery) -> None:
    Campaign.objects.update(include_booked=True)
    invitation = invited(surgery)
    book(surgery, invitation)
    surgery.campaign.refresh_from_db()
    before = surgery.calls("gp_connect.appointments")
    remind(surgery.campaign)
    assert reminded() == {invitation.id}
    assert surgery.calls("gp_connect.appointments") == before


@pytest.mark.parametrize("fault", [
    {"kind": "status", "status": 503},
    {"kind": "timeout_before", "seconds": 0.1},
])  # fmt: skip
def test_while_the_book_cannot_be_read_it_waits_and_says_so(surgery: Surgery, fault: dict[str, object]) -> None:
    invitation = invited(surgery)
    surgery.sandbox.fault("gp_connect.*", times=None, **fault)  # type: ignore[arg-type] # the kind is among them
    reminder = remind(surgery.campaign)
    assert (reminder.written_at, reminded()) == (None, set())
    assert reminder.waits_since is not None
    client = Client()
    client.force_login(make_staff(surgery.practice))
    page = client.get(reverse("campaigns:progress", args=[surgery.campaign.id])).content.decode()
    assert "Reminders wait: we cannot read your appointment book now" in page
    surgery.sandbox.control("faults", method="DELETE")
    reminder_writing.write(reminder.id)
    assert reminded() == set(), "it is not asked again at once"
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        reminder_writing.write(reminder.id)
    assert reminded() == {invitation.id}
    assert Reminder.objects.filter(written_at__isnull=False, waits_since=None).exists()


def test_after_a_day_it_ends_and_says_how_many_did_not_get_it(surgery: Surgery) -> None:
    invited(surgery)
    surgery.sandbox.fault("gp_connect.*", "status", status=503, times=None)
    reminder = remind(surgery.campaign)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        reminder_writing.write(reminder.id)
    reminder.refresh_from_db()
    assert (reminder.written_at is not None, reminder.book_unreadable, reminded()) == (True, 1, set())


def test_one_patient_who_cannot_be_read_holds_up_nobody(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_writing, "READ", 1)
    gone, other = invited(surgery, registered=False), invited(surgery)
    reminder = remind(surgery.campaign)
    assert reminded() == {other.id}
    assert reminder.written_at is not None, "a patient who has left is not waited for"
    assert Invitation.objects.get(id=gone.id).elsewhere_at is None


def test_who_books_while_the_book_is_read_is_not_texted(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    invited(surgery)
    read = record_reading.read

    def and_answer(*of: object) -> list[record_reading.Answer]:
        Invitation.objects.update(state=InvitationState.BOOKED)
        return read(*of)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(record_reading, "read", and_answer)
    assert remind(surgery.campaign).written_at is not None
    assert reminded() == set()


def test_a_pause_while_the_book_is_read_keeps_the_texts_back(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    invitation = invited(surgery)
    read = record_reading.read

    def and_pause(*of: object) -> list[record_reading.Answer]:
        Campaign.objects.update(state="paused")
        return read(*of)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(record_reading, "read", and_pause)
    reminder = remind(surgery.campaign)
    assert (reminder.written_at, reminded()) == (None, set())
    monkeypatch.setattr(record_reading, "read", read)
    Campaign.objects.update(state="starting")
    reminder_writing.write(reminder.id)
    assert reminded() == {invitation.id}
