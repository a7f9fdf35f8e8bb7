"""A booking that comes to nothing goes back into its batch's plan; one that stands, or was not wanted, does not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.appointments import reopen
from booking.models import Booking, BookingState, CancelReason
from booking.staff.batch import recipients
from booking.staff.patient import history, links
from booking.visits.about import named_in_text
from booking.workers.settle import settle_check
from campaigns.models import Invitation, InvitationState
from campaigns.results.funnel import funnel
from integrations import record_reading
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from tests.booking.surgery import make_booking
from tests.campaigns.sequences.plans import WORDS, invited, leave, make_plan, on, sent_on, steps_of
from tests.records import as_listed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    monkeypatch.setattr(record_reading, "read", as_listed)
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    with time_machine.travel(on(2, 9), tick=False) as traveller:
        yield traveller


def cancelled(booking: Booking) -> None:
    """The appointment is out of the book; the text that says so leaves."""
    invitation = Invitation.objects.select_related("campaign", "practice", "recipient").get(id=booking.invitation_id)
    Booking.objects.filter(id=booking.id).update(state=BookingState.CANCELLING)
    booking.refresh_from_db()
    reopen.settle_cancelled(booking, invitation)
    for state in (MessageState.STARTED, MessageState.ACCEPTED):
        Message.objects.filter(purpose=Purpose.CANCELLATION).update(state=state)
    Message.objects.filter(purpose=Purpose.CANCELLATION).update(sent_at=timezone.now(), due_at=None)


def book(patient: Invitation, days: int = 20, **fields: Any) -> Booking:
    starts = timezone.now() + timedelta(days=days)
    return make_booking(patient, starts_at=starts, ends_at=starts + timedelta(minutes=10), **fields)


@pytest.mark.hazard("H-20.10")
def test_a_cancelled_booking_goes_back_two_days_later(clock: time_machine.Traveller) -> None:
    patient = invited(make_plan(7, 7))
    booking = book(patient)
    assert sent_on(clock, patient, 3, 12) == {}
    clock.move_to(on(12, 15), tick=False)
    cancelled(booking)
    assert sent_on(clock, patient, 13, 30) == {2: 14, 3: 21}


def test_the_gap_counts_where_it_is_later(clock: time_machine.Traveller) -> None:
    patient = invited(make_plan(7))
    booking = book(patient)
    clock.move_to(on(3), tick=False)
    cancelled(booking)
    assert sent_on(clock, patient, 4, 12) == {2: 9}


def test_one_that_is_cancelled_weeks_later_goes_back_too(clock: time_machine.Traveller) -> None:
    patient = invited(make_plan(7))
    booking = book(patient, days=40)
    assert sent_on(clock, patient, 3, 31) == {}
    cancelled(booking)
    patient.refresh_from_db()
    assert patient.state == InvitationState.CANCELLED  # the link had run out
    assert sent_on(clock, patient, 32, 40) == {2: 33}


def test_once_all_appointments_are_over_so_is_the_plan(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    book(patient, days=10)
    sent_on(clock, patient, 3, 11)
    batch.refresh_from_db()
    assert batch.next_invitation_at is not None
    sent_on(clock, patient, 12, 14)
    batch.refresh_from_db()
    assert batch.next_invitation_at is None


def test_one_that_staff_did_not_find_in_the_book_goes_back(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    booking = book(patient, state=BookingState.CHECK)
    clock.move_to(on(8), tick=False)
    assert settle_check(booking_id=booking.id, appointment_id="", by=batch.created_by)
    leave()
    for state in (MessageState.STARTED, MessageState.ACCEPTED):
        Message.objects.filter(purpose=Purpose.NOT_BOOKED).update(state=state, sent_at=timezone.now(), due_at=None)
    assert sent_on(clock, patient, 9, 12) == {2: 10}


@pytest.mark.parametrize("reason", [CancelReason.ELSEWHERE, CancelReason.NOT_WANTED])
def test_who_has_had_it_or_does_not_want_it_is_not_invited_again(
    clock: time_machine.Traveller, reason: CancelReason
) -> None:
    patient = invited(make_plan(7))
    booking = book(patient, cancel_reason=reason)
    cancelled(booking)
    assert sent_on(clock, patient, 3, 12) == {}


def test_it_is_in_the_patients_history_and_on_the_batchs_list(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    sent_on(clock, patient, 3, 9)
    said = [event.said for event in history.story(patient, [])]
    assert "Text about the second invitation: sent" in said
    (row,) = recipients.chosen(batch, "invited-again")
    (line,) = recipients.lines(batch, [row])
    assert line.texts[1].startswith("Second invitation: with the provider")
    (group,) = [one for one in recipients.choices(batch, funnel(batch)) if one.value == "invited-again"]
    assert (group.words, group.count) == ("Further invitation sent", 1)


def test_sent_again_it_is_the_latest_and_its_name_is_known(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, message="{practice} invites you: {link}")
    patient = invited(batch)
    assert named_in_text(patient) == ""
    sent_on(clock, patient, 3, 9)
    assert steps_of(patient) == [2]
    assert named_in_text(patient) == "Asha"
    assert links.send_again(invitation_id=patient.id, seen=0, by=batch.created_by)
    assert "time 2" in Message.objects.get(purpose=Purpose.RESENT).body
    assert "{name}" in WORDS[2]
