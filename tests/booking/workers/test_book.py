"""The worker against a clinical system over real HTTP: booked once, whatever is lost on the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from booking.appointments.outcomes import Gone
from booking.appointments.transitions import ForbiddenMove, move
from booking.models import BOOKING_MOVES, Booking, BookingState
from booking.slots import offered as slots
from booking.workers import book, settle
from campaigns.models import Invitation, InvitationState
from core.wording import nhs_date
from integrations.clinical.errors import Busy
from integrations.models.outbox import Message, Purpose
from integrations.sandbox.server import SandboxServer
from practices.models import AuditEvent
from tests.booking.surgery import Patient, Surgery, age, day, work
from tests.html import check_page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both(sandbox: SandboxServer, request: pytest.FixtureRequest) -> Surgery:
    return Surgery(sandbox, request.param)


def _state(booking: Booking) -> str:
    return Booking.objects.get(id=booking.id).state


def _texts(invitation: Invitation) -> list[str]:
    return list(Message.objects.filter(subject_id=invitation.id).order_by("step").values_list("purpose", flat=True))


@pytest.mark.hazard("H-04.1")
@pytest.mark.parametrize("both", ["emis", "systmone"], indirect=True)
def test_a_confirmed_time_is_in_the_book_and_then_the_patient_is_told(both: Surgery, client: Client) -> None:
    slot_id = both.session()
    invitation = both.invite()
    patient = Patient(invitation, client).identified()
    patient.take(slot_id)
    patient.confirm()

    booking = work(Booking.objects.get())

    (made,) = both.appointments_of(invitation)
    assert (made["status"], made["slot_type"], made["slot_ids"]) == ("booked", "Flu clinic", f"[{slot_id}]")
    assert made["description"] == book.DESCRIPTION
    assert (booking.state, booking.appointment_id) == (BookingState.BOOKED, str(made["id"]))
    assert booking.due_at is None
    assert booking.settled_at is not None
    assert Invitation.objects.get().state == InvitationState.BOOKED
    text = Message.objects.get()
    assert (text.purpose, text.to) == (Purpose.CONFIRMATION, invitation.recipient.mobile)
    for phrase in (nhs_date(day(3)), "9am", "Branch Surgery", both.practice.phone):
        assert phrase in text.body
    page = check_page(client.get("/b/done/"))
    assert "Appointment booked" in page.text
    assert not page.by_id("booking").get("data-live")  # type: ignore[union-attr] # missing would fail just as well
    assert AuditEvent.objects.filter(action="booking.booked", object_id=booking.id).exists()


def test_a_task_that_comes_five_times_books_once(surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)

    def deliver(_: int) -> None:
        try:
            book.make(booking.id)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(deliver, range(5)))
    book.make(booking.id)

    assert len(surgery.appointments_of(invitation)) == 1
    assert _texts(invitation) == [Purpose.CONFIRMATION]


@pytest.mark.parametrize("kind", ["timeout_after", "status_after"])
def test_booked_but_the_answer_is_lost(surgery: Surgery, client: Client, kind: str) -> None:
    surgery.session()
    surgery.sandbox.fault("gp_connect.book", kind, seconds=0.1, status=500)
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    Patient(invitation, client).back()

    assert work(booking).state == BookingState.UNKNOWN
    page = check_page(client.get("/b/done/"))
    assert "Do not book again" in page.text
    assert _texts(invitation) == []

    assert work(booking).state == BookingState.BOOKED
    assert len(surgery.appointments_of(invitation)) == 1
    assert surgery.calls("gp_connect.book") == 1
    assert _texts(invitation) == [Purpose.CONFIRMATION]


def test_no_answer_and_nothing_booked(surgery: Surgery) -> None:
    surgery.session()
    surgery.sandbox.fault("gp_connect.book", "timeout_before", seconds=0.1)
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)

    assert work(booking).state == BookingState.UNKNOWN
    assert work(booking).state == BookingState.UNKNOWN, "too early to say that it was not booked"
    age(booking, seconds=20)
    assert work(booking).state == BookingState.PENDING
    assert work(booking).state == BookingState.BOOKED
    assert len(surgery.appointments_of(invitation)) == 1


@pytest.mark.hazard("H-18.3")
def test_an_answer_that_is_lost_again_and_again_ends_with_the_patient_told_to_phone(surgery: Surgery) -> None:
    surgery.session()
    surgery.sandbox.fault("gp_connect.book", "timeout_before", times=None)
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)

    for _ in range(settle.UNKNOWN_TRIES):
        assert work(booking).state == BookingState.UNKNOWN
        age(booking, seconds=20)
        work(booking)

    assert _state(booking) == BookingState.FAILED
    assert _texts(invitation) == [Purpose.NOT_BOOKED]
    assert surgery.appointments_of(invitation) == []
    assert Invitation.objects.get().state == InvitationState.OPEN


def test_what_cannot_be_found_out_in_a_day_is_checked_by_a_person(surgery: Surgery, client: Client) -> None:
    surgery.session()
    surgery.sandbox.fault("gp_connect.book", "timeout_after")
    surgery.sandbox.fault("gp_connect.appointments", "status", status=503, times=None)
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    work(booking)

    assert work(booking).state == BookingState.UNKNOWN
    age(booking, hours=25)
    assert work(booking).state == BookingState.CHECK

    text = Message.objects.get()
    assert surgery.practice.phone in text.body
    assert "Do not book again" in text.body
    Patient(invitation, client).back()
    assert "could not find out" in check_page(client.get("/b/done/")).text
    assert Invitation.objects.get().state == InvitationState.BOOKING


def test_the_receptionist_took_the_slot_meanwhile(surgery: Surgery, client: Client) -> None:
    slot_id = surgery.session()
    invitation = surgery.invite(expires_at=timezone.now() + timedelta(hours=1))
    patient = Patient(invitation, client).identified()
    patient.take(slot_id)
    patient.confirm()
    surgery.sandbox.control("take", {"slot_id": slot_id})

    assert work(Booking.objects.get()).state == BookingState.SLOT_GONE

    page = check_page(client.get("/b/done/"))
    assert "just been taken" in page.text
    assert "/b/times/" in [link.get("href") for link in page.all("a")]
    assert str(slot_id) not in [button.get("value") for button in check_page(client.get("/b/times/")).all("button")]
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.OPEN
    assert invitation.expires_at > timezone.now() + timedelta(hours=23), "there is time to choose again"
    text = Message.objects.get()
    assert (text.purpose, text.step) == (Purpose.NOT_BOOKED, 0)
    assert "{link}" in text.body
    patient.take(slot_id + 1)
    assert patient.confirm()["Location"] == "/b/done/"
    assert work(Booking.objects.get(state=BookingState.PENDING)).state == BookingState.BOOKED
    assert set(Message.objects.values_list("purpose", "step")) == {(Purpose.NOT_BOOKED, 0), (Purpose.CONFIRMATION, 1)}


def test_a_conflict_that_is_our_own_booking_is_a_booking(surgery: Surgery) -> None:
    """A first request's answer was lost, and the reading after it failed too: the second one meets a conflict."""
    surgery.session()
    surgery.sandbox.fault("gp_connect.book", "timeout_after")
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    work(booking)
    Booking.objects.filter(id=booking.id).update(state=BookingState.PENDING, attempts=0)

    assert work(booking).state == BookingState.BOOKED
    assert surgery.calls("gp_connect.book") == 2
    assert len(surgery.appointments_of(invitation)) == 1


def test_while_the_clinical_system_is_down_the_booking_waits_and_goes_through_later(
    surgery: Surgery, client: Client
) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    surgery.sandbox.fault("gp_connect.patient", "status", status=503, times=None)
    Patient(invitation, client).back()

    first, second = work(booking), work(booking)

    assert (first.state, second.state) == (BookingState.PENDING, BookingState.PENDING)
    assert first.due_at is not None
    assert second.due_at is not None
    assert timedelta(seconds=7) < first.due_at - timezone.now() < timedelta(seconds=13)
    assert second.due_at > first.due_at
    assert "not answering" in check_page(client.get("/b/done/")).text
    surgery.sandbox.control("faults", method="DELETE")
    assert work(booking).state == BookingState.BOOKED
    assert len(surgery.appointments_of(invitation)) == 1


def test_after_an_hour_without_the_clinical_system_the_patient_is_told_to_phone(surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    surgery.sandbox.fault("gp_connect.*", "status", status=503, times=None)
    Booking.objects.filter(id=booking.id).update(attempts=len(settle.BUSY_SCHEDULE))

    assert work(booking).state == BookingState.FAILED

    text = Message.objects.get()
    assert text.purpose == Purpose.NOT_BOOKED
    assert surgery.practice.phone in text.body


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("gp_connect.book", 422, "INVALID_RESOURCE"),
        ("gp_connect.book", 403, "ACCESS DENIED"),
        ("gp_connect.patient", 404, "PATIENT_NOT_FOUND"),
        ("gp_connect.patient", 400, "INVALID_NHS_NUMBER"),
    ],
)
def test_a_refusal_is_told_to_staff_with_its_reason_and_to_the_patient_with_the_phone_number(
    surgery: Surgery, target: str, status: int, code: str
) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    surgery.sandbox.fault(target, "refuse", status=status, code=code)

    failed = work(booking)

    assert failed.state == BookingState.FAILED
    assert failed.reason.endswith("phone.")
    assert surgery.practice.phone in Message.objects.get().body
    assert surgery.appointments_of(invitation) == []


def test_a_patient_who_is_not_on_the_books_or_is_there_twice_is_not_booked(surgery: Surgery) -> None:
    surgery.session()
    missing, twice = surgery.invite(registered=False), surgery.invite()
    surgery.register(twice.recipient)

    reasons = [work(surgery.confirmed(invitation)).reason for invitation in (missing, twice)]

    assert "did not find" in reasons[0]
    assert "several patients" in reasons[1]
    assert surgery.books() == []


def test_a_slot_that_was_withdrawn_is_gone(surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    Booking.objects.filter(id=booking.id).update(slot_id="999999", slot={**booking.slot, "id": "999999"})

    assert work(booking).state == BookingState.SLOT_GONE


def test_a_time_that_has_begun_before_it_could_be_booked_is_gone(surgery: Surgery) -> None:
    surgery.session()
    booking = surgery.confirmed(surgery.invite())
    Booking.objects.filter(id=booking.id).update(starts_at=timezone.now())

    assert work(booking).state == BookingState.SLOT_GONE
    assert surgery.calls("gp_connect.book") == 0


def test_what_was_asked_for_yesterday_is_never_said_to_be_absent(surgery: Surgery) -> None:
    """The clinical system shows no days gone by, so a list without the appointment proves nothing."""
    surgery.session()
    surgery.sandbox.fault("gp_connect.book", "timeout_after")
    booking = surgery.confirmed(surgery.invite())
    work(booking)
    Booking.objects.filter(id=booking.id).update(starts_at=timezone.now() - timedelta(days=1))
    age(booking, hours=1)

    assert work(booking).state == BookingState.UNKNOWN


def test_a_worker_killed_after_booking_is_made_good_by_the_sweeper(surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    with mock.patch("booking.workers.book.settle", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        book.make(booking.id)
    assert _state(booking) == BookingState.STARTED
    book.sweep()
    assert _state(booking) == BookingState.STARTED, "it may still be at work"
    Booking.objects.update(due_at=timezone.now())

    book.sweep()
    assert _state(booking) == BookingState.UNKNOWN

    assert work(booking).state == BookingState.BOOKED
    assert len(surgery.appointments_of(invitation)) == 1


def test_a_worker_that_was_taken_for_lost_and_comes_back_changes_nothing_that_is_settled(surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = work(surgery.confirmed(invitation))

    settle.settle(booking, Gone())

    assert _state(booking) == BookingState.BOOKED
    assert _texts(invitation) == [Purpose.CONFIRMATION]


def test_the_sweeper_finds_bookings_whose_hint_was_lost(surgery: Surgery) -> None:
    surgery.session()
    booking = surgery.confirmed(surgery.invite())

    assert _hinted() == []
    Booking.objects.update(due_at=timezone.now() - timedelta(seconds=6))
    assert _hinted() == [booking.id]
    assert work(booking).state == BookingState.BOOKED
    assert _hinted() == []


def _hinted() -> list[object]:
    with mock.patch("booking.workers.book.hint") as hint:
        book.sweep()
    return [call.args[1] for call in hint.call_args_list]


def test_a_practice_that_lost_its_connection_waits(surgery: Surgery) -> None:
    surgery.session()
    booking = surgery.confirmed(surgery.invite())
    surgery.practice.clinical_connection.delete()

    assert work(booking).state == BookingState.PENDING


def test_no_database_connection_is_held_while_the_clinical_system_is_called(surgery: Surgery) -> None:
    surgery.session()
    booking = surgery.confirmed(surgery.invite())
    held = []

    def look(*arguments: object) -> None:
        held.append(connection.connection is not None)
        raise Busy

    with mock.patch("integrations.clinical.gp_connect.client.GpConnect.book", look):
        work(booking)
    with mock.patch("integrations.clinical.gp_connect.client.GpConnect.free_slots", look):
        slots.forget(surgery.campaign)
        with pytest.raises(slots.Unavailable):
            slots.available(booking.invitation)

    assert held == [False, False]


_MOVES = [(before, after) for before in BookingState for after in BookingState]


@pytest.mark.parametrize(("before", "after"), [move for move in _MOVES if move[1] not in BOOKING_MOVES[move[0]]])
def test_no_other_move_is_made(before: BookingState, after: BookingState) -> None:
    with pytest.raises(ForbiddenMove):
        move(Booking(state=before), after)
