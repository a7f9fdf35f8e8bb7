"""A clinical system that refuses our calls, whoever asks: staff see it, and what was asked for waits."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from booking.appointments.cancel import cancel
from booking.models import Booking, BookingState, ClinicalOutage
from booking.slots import offered as slots
from booking.slots import outage_checks
from booking.workers import settle
from booking.workers.cancel import WITHIN
from integrations.models.outbox import Message
from tests.booking.surgery import Patient, Surgery, undo, work
from tests.factories import make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db

REFUSALS = [
    (401, ""),
    (403, ""),
    (400, "BAD_REQUEST"),
    (403, "NO_ORGANISATION_CONSENT"),
    (404, "ORGANISATION_NOT_FOUND"),
]
LOG_IN = "The clinical system did not accept our log-in. Ask an administrator, and"


def refuse(surgery: Surgery, target: str, status: int, code: str) -> None:
    """Have every such call refused: by its Spine code, or by the status alone as a proxy does."""
    kind = ("refuse", {"code": code}) if code else ("status", {})
    surgery.sandbox.fault(target, kind[0], status=status, times=None, **kind[1])


def mend(surgery: Surgery) -> None:
    surgery.sandbox.control("faults", method="DELETE")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("status", "code"), [*REFUSALS, (403, "ACCESS DENIED")])
def test_staff_see_that_free_slots_are_refused_until_it_is_mended(
    surgery: Surgery, client: Client, status: int, code: str
) -> None:
    surgery.session()
    invitation = surgery.invite()
    refuse(surgery, "gp_connect.slots", status, code)
    slots.forget(surgery.campaign)
    with pytest.raises(slots.Unavailable):
        slots.available(invitation)
    ClinicalOutage.objects.update(began_at=timezone.now() - timedelta(hours=1))
    client.force_login(make_staff(surgery.practice))
    text = check_page(client.get("/")).text
    assert "Your appointment book refuses the connection" in text
    assert "Ask your administrator to test the practice's connection" in text
    assert "has not answered" not in text
    mend(surgery)
    outage_checks.try_again()
    assert "Your appointment book refused the connection from" in check_page(client.get("/")).text
    invitation.refresh_from_db()
    assert slots.available(invitation)


@pytest.mark.parametrize("target", ["gp_connect.book", "gp_connect.patient"])
@pytest.mark.parametrize(("status", "code"), REFUSALS[:3])
def test_a_booking_waits_and_is_made_once_it_is_mended(surgery: Surgery, target: str, status: int, code: str) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    refuse(surgery, target, status, code)
    for _ in range(2):
        assert work(booking).state == BookingState.PENDING
    assert ClinicalOutage.objects.get().refused
    assert not Message.objects.exists()
    mend(surgery)
    assert work(booking).state == BookingState.BOOKED
    assert len(surgery.appointments_of(invitation)) == 1


def test_a_patient_whose_times_are_refused_after_confirming_keeps_the_booking(surgery: Surgery, client: Client) -> None:
    slot = surgery.session()
    invitation = surgery.invite()
    patient = Patient(invitation, client).identified()
    patient.take(slot)
    for target in ("gp_connect.slots", "gp_connect.patient", "gp_connect.book"):
        refuse(surgery, target, 403, "")
    assert patient.confirm()["Location"] == "/b/done/"
    assert work(invitation.bookings.get()).state == BookingState.PENDING
    mend(surgery)
    assert work(invitation.bookings.get()).state == BookingState.BOOKED


def test_after_an_hour_the_patient_is_told_to_phone_and_staff_why(surgery: Surgery) -> None:
    surgery.session()
    booking = surgery.confirmed(surgery.invite())
    refuse(surgery, "gp_connect.patient", 401, "")
    Booking.objects.update(attempts=len(settle.BUSY_SCHEDULE))
    booking = work(booking)
    assert (booking.state, booking.reason) == (BookingState.FAILED, f"{LOG_IN} book by phone.")
    assert surgery.practice.phone in Message.objects.get().body


def test_a_cancellation_waits_and_then_is_for_staff(surgery: Surgery) -> None:
    surgery.session()
    first, second = (surgery.booked(surgery.invite()) for _ in range(2))
    for booking in (first, second):
        cancel(booking_id=booking.id)
    refuse(surgery, "gp_connect.cancel", 403, "")
    assert undo(first).state == undo(second).state == BookingState.CANCELLING
    assert ClinicalOutage.objects.get().refused
    Booking.objects.filter(id=first.id).update(cancel_asked_at=timezone.now() - WITHIN)
    first = undo(first)
    assert (first.state, first.reason) == (BookingState.NOT_CANCELLED, f"{LOG_IN} cancel it there.")
    mend(surgery)
    assert undo(second).state == BookingState.CANCELLED
