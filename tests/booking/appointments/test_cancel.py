"""Cancelling: said to be done once the clinical system has done it, whatever is lost on the way."""

from contextlib import closing
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from booking.appointments import cancel, services
from booking.appointments.change import NothingToChange, TooLate
from booking.appointments.outcomes import Cancelled
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from booking.workers import cancel as workers_cancel
from campaigns.models import Invitation, InvitationState
from campaigns.results.funnel import funnel
from campaigns.sending import control
from core.wording import nhs_datetime
from integrations.clinical.gp_connect import GpConnect
from integrations.connections import clinical_for
from integrations.links import LINK
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from practices.models import AuditEvent
from tests.booking.surgery import Patient, Surgery, made_up_slot, undo, work
from tests.factories import make_invitation
from tests.html import check_page
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booked(surgery: Surgery) -> Booking:
    """An appointment in the book."""
    surgery.session()
    return surgery.booked(surgery.invite())


def _state(booking: Booking) -> str:
    return Booking.objects.get(id=booking.id).state


def _texts(booking: Booking) -> list[str]:
    texts = Message.objects.filter(subject_id=booking.invitation_id).exclude(purpose=Purpose.CONFIRMATION)
    return list(texts.values_list("purpose", flat=True))


def _in_book(surgery: Surgery, booking: Booking) -> list[str]:
    return [appointment["status"] for appointment in surgery.appointments_of(booking.invitation)]


def _cancelling(booking: Booking) -> Booking:
    return cancel.cancel(booking_id=booking.id)


def test_a_patient_cancels_by_the_same_link_and_is_told_when_it_is_done(
    surgery: Surgery, booked: Booking, client: Client
) -> None:
    patient = Patient(booked.invitation, client).back()
    page = check_page(client.get("/b/cancel/"))
    assert nhs_datetime(booked.starts_at).split(" at ")[0] in page.text
    assert _state(booked) == BookingState.BOOKED, "looking changes nothing"

    answer = patient.cancel(booked)

    assert (answer.status_code, answer["Location"]) == (303, "/b/done/")
    page = check_page(client.get("/b/done/"))
    assert page.title.startswith("We are cancelling")
    assert "not cancelled yet" in page.text
    assert page.by_id("booking").get("data-live")  # type: ignore[union-attr] # missing would fail just as well
    assert _texts(booked) == []
    assert _in_book(surgery, booked) == ["booked"]
    assert Invitation.objects.get().state == InvitationState.BOOKED

    done = undo(booked)

    assert (done.state, done.due_at, done.cancelled_by) == (BookingState.CANCELLED, None, None)
    assert _in_book(surgery, booked) == ["cancelled"]
    page = check_page(client.get("/b/done/"))
    assert page.title.startswith("Your appointment is cancelled")
    assert not page.by_id("booking").get("data-live")  # type: ignore[union-attr] # missing would fail just as well
    assert Invitation.objects.get().state == InvitationState.OPEN
    text = Message.objects.get(purpose=Purpose.CANCELLATION)
    assert nhs_datetime(booked.starts_at) in text.body
    assert LINK in text.body
    actions = set(AuditEvent.objects.filter(object_id=booked.id).values_list("action", flat=True))
    assert {"booking.cancel_asked", "booking.cancelled"} <= actions


def test_the_slot_is_offered_again_at_once_and_its_patient_may_have_it_back(surgery: Surgery, client: Client) -> None:
    surgery.session(count=1)
    booked, other = surgery.booked(surgery.invite()), surgery.invite()
    _cancelling(booked)
    assert slots.available(other) == [], "it is the patient's until it is cancelled"
    undo(booked)

    assert [slot.id for slot in slots.available(other)] == [booked.slot_id]
    patient = Patient(booked.invitation, client).identified()
    patient.take(booked.slot_id)
    patient.confirm()
    again = work(Booking.objects.get(state=BookingState.PENDING))

    assert (again.state, again.slot_id) == (BookingState.BOOKED, booked.slot_id)
    assert sorted(_in_book(surgery, booked)) == ["booked", "cancelled"]
    assert again.appointment_id != booked.appointment_id


def test_a_text_that_has_not_left_does_not_say_booked_after_it_is_cancelled(booked: Booking) -> None:
    _cancelling(booked)
    assert Message.objects.get(purpose=Purpose.CONFIRMATION).state == MessageState.DUE

    undo(booked)

    states = dict(Message.objects.values_list("purpose", "state"))
    assert states == {Purpose.CONFIRMATION: MessageState.WITHDRAWN, Purpose.CANCELLATION: MessageState.DUE}


@pytest.mark.parametrize("state", [MessageState.STARTED, MessageState.ACCEPTED])
def test_a_text_that_is_going_or_gone_is_left_alone(booked: Booking, state: MessageState) -> None:
    Message.objects.update(state=state)
    _cancelling(booked)
    undo(booked)

    assert Message.objects.get(purpose=Purpose.CONFIRMATION).state == state


@pytest.mark.parametrize("kind", ["timeout_after", "status_after"])
def test_cancelled_but_the_answer_is_lost(surgery: Surgery, booked: Booking, kind: str) -> None:
    surgery.sandbox.fault("gp_connect.cancel", kind, seconds=0.1, status=500)
    _cancelling(booked)

    assert undo(booked).state == BookingState.CANCELLING
    assert _texts(booked) == []
    assert undo(booked).state == BookingState.CANCELLED
    assert surgery.calls("gp_connect.cancel") == 1, "what is cancelled is not asked for again"
    assert _texts(booked) == [Purpose.CANCELLATION]


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("gp_connect.cancel", {"kind": "timeout_before", "seconds": 0.1}),
        ("gp_connect.cancel", {"kind": "status", "status": 503}),
        ("gp_connect.cancel", {"kind": "status", "status": 429}),
        ("gp_connect.appointment", {"kind": "status", "status": 503}),
        ("gp_connect.appointment", {"kind": "status", "status": 200, "body": "<html>Log in</html>"}),
        ("gp_connect.cancel", {"kind": "refuse", "status": 409, "code": "FHIR_CONSTRAINT_VIOLATION"}),
    ],
)
def test_what_did_not_go_through_is_tried_again(
    surgery: Surgery, booked: Booking, target: str, fault: dict[str, object]
) -> None:
    surgery.sandbox.fault(target, **fault)  # type: ignore[arg-type] # the kind is among them
    _cancelling(booked)

    waiting = undo(booked)

    assert waiting.state == BookingState.CANCELLING
    assert waiting.due_at is not None
    assert waiting.due_at > timezone.now()
    assert undo(booked).state == BookingState.CANCELLED
    assert _in_book(surgery, booked) == ["cancelled"]


def test_what_the_practice_cancelled_itself_is_cancelled(surgery: Surgery, booked: Booking) -> None:
    with closing(clinical_for(surgery.practice, surgery.campaign.created_by)) as reception:
        reception.cancel(booked.appointment_id, "Phoned")
    _cancelling(booked)

    assert undo(booked).state == BookingState.CANCELLED
    assert surgery.calls("gp_connect.cancel") == 1, "only the practice's own"
    assert _texts(booked) == [Purpose.CANCELLATION]


def test_an_appointment_that_is_not_there_any_more_is_cancelled(surgery: Surgery, booked: Booking) -> None:
    Booking.objects.filter(id=booked.id).update(appointment_id="999999")
    _cancelling(booked)

    assert undo(booked).state == BookingState.CANCELLED
    assert _texts(booked) == [Purpose.CANCELLATION]


@pytest.mark.parametrize(("status", "code"), [(422, "INVALID_RESOURCE"), (403, "ACCESS DENIED")])
def test_a_refusal_is_told_to_staff_with_its_reason_and_to_the_patient_with_the_phone_number(
    surgery: Surgery, booked: Booking, client: Client, status: int, code: str
) -> None:
    surgery.sandbox.fault("gp_connect.cancel", "refuse", status=status, code=code, times=None)
    patient = Patient(booked.invitation, client).back()
    patient.cancel(booked)

    left = undo(booked)

    assert (left.state, left.due_at) == (BookingState.NOT_CANCELLED, None)
    assert left.reason.endswith("there.")
    text = Message.objects.get(purpose=Purpose.NOT_CANCELLED)
    assert surgery.practice.phone in text.body
    assert Invitation.objects.get().state == InvitationState.BOOKED
    page = check_page(client.get("/b/done/"))
    assert "could not cancel" in page.text
    assert surgery.practice.phone in page.text
    assert patient.cancel(booked)["Location"] == "/b/done/"
    assert _state(booked) == BookingState.NOT_CANCELLED


def test_a_refusal_because_somebody_cancelled_it_in_that_moment_is_none(surgery: Surgery, booked: Booking) -> None:
    surgery.sandbox.fault("gp_connect.cancel", "refuse", status=422, code="INVALID_RESOURCE")
    _cancelling(booked)

    assert undo(booked).state == BookingState.CANCELLED


def test_after_half_an_hour_without_the_clinical_system_the_patient_is_told_to_phone(
    surgery: Surgery, booked: Booking
) -> None:
    surgery.sandbox.fault("gp_connect.*", "status", status=503, times=None)
    _cancelling(booked)
    assert undo(booked).state == BookingState.CANCELLING
    Booking.objects.filter(id=booked.id).update(cancel_asked_at=timezone.now() - workers_cancel.WITHIN)

    assert undo(booked).state == BookingState.NOT_CANCELLED
    assert _texts(booked) == [Purpose.NOT_CANCELLED]


def test_nothing_is_tried_once_the_appointment_has_begun(surgery: Surgery, booked: Booking) -> None:
    surgery.sandbox.fault("gp_connect.*", "status", status=503, times=None)
    _cancelling(booked)
    Booking.objects.filter(id=booked.id).update(starts_at=timezone.now() + timedelta(seconds=1))

    assert undo(booked).state == BookingState.NOT_CANCELLED


def test_pressed_ten_times_at_once_it_is_cancelled_once(surgery: Surgery, booked: Booking) -> None:
    at_once(lambda: _cancelling(booked), times=10)
    at_once(lambda: workers_cancel.undo(booked.id), times=5)
    _cancelling(booked)

    assert _state(booked) == BookingState.CANCELLED
    assert AuditEvent.objects.filter(object_id=booked.id, action="booking.cancel_asked").count() == 1
    assert surgery.calls("gp_connect.cancel") == 1
    assert _texts(booked) == [Purpose.CANCELLATION]


def test_a_worker_killed_after_cancelling_is_made_good_by_the_sweeper(surgery: Surgery, booked: Booking) -> None:
    _cancelling(booked)
    with mock.patch("booking.workers.cancel.settle", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        workers_cancel.undo(booked.id)
    assert _swept() == [], "it may still be at work"
    Booking.objects.update(due_at=timezone.now())

    assert _swept() == [booked.id]
    assert undo(booked).state == BookingState.CANCELLED


def test_the_sweeper_finds_cancellations_whose_hint_was_lost(surgery: Surgery, booked: Booking) -> None:
    _cancelling(booked)
    assert _swept() == [], "it has just been hinted at"
    Booking.objects.update(due_at=timezone.now() - timedelta(seconds=6))

    assert _swept() == [booked.id]


def _swept() -> list[object]:
    with mock.patch("booking.workers.cancel.hint") as hint:
        workers_cancel.sweep()
    return [call.args[1] for call in hint.call_args_list]


def test_a_worker_that_was_taken_for_lost_and_comes_back(surgery: Surgery, booked: Booking) -> None:
    surgery.sandbox.fault("gp_connect.cancel", "refuse", status=403, code="ACCESS DENIED")
    _cancelling(booked)
    undo(booked)

    for _ in range(2):
        workers_cancel.settle(booked, Cancelled())

    assert _state(booked) == BookingState.CANCELLED
    assert sorted(_texts(booked)) == [Purpose.CANCELLATION, Purpose.NOT_CANCELLED]


def test_a_practice_that_lost_its_connection_is_waited_for(surgery: Surgery, booked: Booking) -> None:
    _cancelling(booked)
    surgery.practice.clinical_connection.delete()

    assert undo(booked).state == BookingState.CANCELLING


@pytest.mark.parametrize("minutes", [-5, 5, 59])
def test_too_late_it_says_to_phone(surgery: Surgery, booked: Booking, client: Client, minutes: int) -> None:
    patient = Patient(booked.invitation, client).back()
    Booking.objects.update(starts_at=timezone.now() + timedelta(minutes=minutes))

    with pytest.raises(TooLate):
        cancel.cancel(booking_id=booked.id)
    assert patient.cancel(booked)["Location"] == "/b/done/"
    for path in ("/b/cancel/", "/b/move/", "/b/move/check/"):
        assert client.get(path)["Location"] == "/b/done/"
    page = check_page(client.get("/b/done/"))
    assert surgery.practice.phone in page.text
    assert "/b/cancel/" not in [link.get("href") for link in page.all("a")]
    assert page.title.startswith("The time of your appointment has passed" if minutes < 0 else "Appointment booked")
    assert _state(booked) == BookingState.BOOKED


def test_after_the_links_last_day_a_booking_can_be_cancelled_and_the_link_books_no_other(
    surgery: Surgery, booked: Booking, client: Client
) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    patient = Patient(booked.invitation, client).back()
    patient.cancel(booked)
    undo(booked)

    page = check_page(client.get("/b/done/"))
    assert "is cancelled" in page.text
    assert "/b/times/" not in [link.get("href") for link in page.all("a")]
    assert client.get("/b/times/")["Location"] == "/b/done/"
    assert LINK not in Message.objects.get(purpose=Purpose.CANCELLATION).body


def test_with_withdrawn_links_a_booking_can_be_cancelled_and_not_moved(
    surgery: Surgery, booked: Booking, client: Client
) -> None:
    control.cancel(campaign=surgery.campaign, by=surgery.campaign.created_by, sent_links_too=True)
    patient = Patient(booked.invitation, client).back()
    assert client.get("/b/move/")["Location"] == "/b/done/"
    assert "/b/move/" not in [link.get("href") for link in check_page(client.get("/b/done/")).all("a")]

    patient.cancel(booked)
    undo(booked)

    assert client.get("/b/times/")["Location"] == "/b/done/"
    assert "is cancelled" in check_page(client.get("/b/done/")).text
    assert Invitation.objects.get().state == InvitationState.CANCELLED
    numbers = funnel(booked.invitation.campaign)
    assert (numbers.booked, numbers.cancelled, numbers.unanswered) == (0, 1, 0)


def test_what_is_not_booked_yet_cannot_be_cancelled() -> None:
    invitation = make_invitation()
    services.hold(invitation_id=invitation.id, slot=made_up_slot())
    booking = services.confirm(invitation_id=invitation.id)

    with pytest.raises(NothingToChange):
        cancel.cancel(booking_id=booking.id)


def test_nobody_cancels_the_appointment_of_another(surgery: Surgery, booked: Booking) -> None:
    other = surgery.booked(surgery.invite())
    patient = Patient(other.invitation).back()

    for named in (str(booked.id), "", "not an id", "\x00"):
        assert patient.client.post("/b/cancel/", {"booking": named})["Location"] == "/b/done/"

    assert [_state(item) for item in (booked, other)] == [BookingState.BOOKED] * 2


def test_no_database_connection_is_held_while_the_clinical_system_is_called(surgery: Surgery, booked: Booking) -> None:
    held = []
    _cancelling(booked)

    def look(*arguments: object) -> None:
        held.append(connection.connection is not None)

    with mock.patch.object(GpConnect, "cancel", look):
        undo(booked)

    assert held == [False]
