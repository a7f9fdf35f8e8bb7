"""Bookings, cancellations and reminders while the clinical system answers oddly (gp-connect#odd-answers)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from booking.appointments import cancel
from booking.models import AppointmentReminder, Booking, BookingState, ReminderState, ReminderStep
from booking.workers import remind
from integrations.models.outbox import Message, Purpose
from tests.booking.surgery import Patient, Surgery, age, undo, work
from tests.html import check_page

pytestmark = pytest.mark.django_db(transaction=True)
APPOINTMENTS = "gp_connect.appointments"


def _texts(booking: Booking) -> list[str]:
    return sorted(Message.objects.filter(subject_id=booking.invitation_id).values_list("purpose", flat=True))


@pytest.mark.parametrize(
    "oddity", ["slot_without_start", "slot_without_session", "entry_of_error", "clinician_missing", "paged"]
)
def test_patients_choose_and_book_among_what_can_be_read(surgery: Surgery, client: Client, oddity: str) -> None:
    surgery.session(count=3, clinician="Sr Sara Black")
    surgery.sandbox.fault("gp_connect.slots", oddity, times=None)
    invitation = surgery.invite()
    patient = Patient(invitation, client).identified()
    offered = [
        button.get("value") for button in check_page(client.get("/b/times/")).all("button") if button.get("value")
    ]
    patient.take(int(str(offered[-1])))
    patient.confirm()
    assert work(Booking.objects.get()).state == BookingState.BOOKED


@pytest.mark.hazard("H-04.2")
@pytest.mark.parametrize("oddity", ["appointment_without_start", "appointment_without_slot", "entry_without_resource"])
def test_a_lost_answer_is_not_settled_by_a_list_that_cannot_all_be_read(surgery: Surgery, oddity: str) -> None:
    surgery.session()
    surgery.sandbox.fault("gp_connect.book", "timeout_after")
    surgery.sandbox.fault(APPOINTMENTS, oddity, times=2)
    if oddity == "entry_without_resource":
        surgery.sandbox.fault(APPOINTMENTS, "appointment_without_status", times=2)
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    assert work(booking).state == BookingState.UNKNOWN
    for _ in range(2):
        age(booking, seconds=20)
        assert work(booking).state == BookingState.UNKNOWN, "it may be among what cannot be read"
    age(booking, seconds=20)
    assert work(booking).state == BookingState.BOOKED
    assert surgery.calls("gp_connect.book") == 1


def test_a_taken_slot_is_not_said_to_be_another_patients_while_the_list_cannot_all_be_read(surgery: Surgery) -> None:
    slot_id = surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    surgery.sandbox.control("take", {"slot_id": slot_id})
    surgery.sandbox.fault(APPOINTMENTS, "entry_of_error")
    assert work(booking).state == BookingState.UNKNOWN
    assert _texts(booking) == []


@pytest.mark.parametrize("like_demonstrator", [False, True])
def test_who_cancels_what_the_practice_has_removed_is_told_that_it_is_cancelled(
    surgery: Surgery, client: Client, like_demonstrator: bool
) -> None:
    surgery.session()
    booking = surgery.booked(surgery.invite())
    surgery.sandbox.control("gp-connect", {"like_demonstrator": like_demonstrator})
    surgery.sandbox.control("remove-appointment", {"id": booking.appointment_id})
    cancel.cancel(booking_id=booking.id)
    assert undo(booking).state == BookingState.CANCELLED
    assert _texts(booking) == [Purpose.CANCELLATION, Purpose.CONFIRMATION]


def _reminder(booking: Booking) -> AppointmentReminder:
    return AppointmentReminder.objects.create(
        booking=booking,
        practice=booking.practice,
        step=ReminderStep.WORKING_DAY,
        due_at=timezone.now(),
        until=timezone.now() + timedelta(hours=24),
    )


@pytest.mark.parametrize(
    ("oddity", "state"), [("remark", ReminderState.WRITTEN), ("appointment_without_start", ReminderState.DUE)]
)
def test_an_appointment_is_not_taken_for_gone_because_it_cannot_be_read(
    surgery: Surgery, oddity: str, state: ReminderState
) -> None:
    surgery.session(after=1)
    booking = surgery.booked(surgery.invite())
    reminder = _reminder(booking)
    surgery.sandbox.fault(APPOINTMENTS, oddity)
    remind.remind(booking.practice_id)
    reminder.refresh_from_db()
    assert reminder.state == state
