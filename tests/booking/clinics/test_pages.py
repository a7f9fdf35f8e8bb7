"""The staff's pages about a clinic that falls out, and what its patients see."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from booking.appointments.outcomes import Gone
from booking.clinics import parts, services
from booking.clinics.parts import Part
from booking.models import Booking, BookingState, CancelledClinic, ClinicPatient, SlotHold
from booking.slots import free_list
from booking.slots import offered as slots
from booking.workers import book, settle
from integrations.models.outbox import Message, Purpose
from practices.models import User
from tests.booking.surgery import Patient, Surgery, day, undo, work
from tests.factories import make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(surgery: Surgery) -> User:
    return make_staff(surgery.practice)


@pytest.fixture
def booked(surgery: Surgery) -> Booking:
    """An appointment in a session with another free time, and a session on the next day."""
    surgery.session(after=3)
    surgery.session(after=4, name="Second session")
    return surgery.booked(surgery.invite())


def pressed(surgery: Surgery, staff: User, *, at_once: bool = False) -> CancelledClinic:
    clinic = services.cancel(
        practice=surgery.practice, day=day(3), part=Part(session="Flu session"), at_once=at_once, by=staff
    )
    services.see_to(clinic.id)
    return clinic


def test_from_the_day_to_everybody_reached(surgery: Surgery, booked: Booking, staff: User, client: Client) -> None:
    client.force_login(staff)
    to_do = check_page(client.get(reverse("campaigns:to-do")))
    assert reverse("staff:clinics") in [link.get("href") for link in to_do.all("a")]
    assert len(check_page(client.get(reverse("staff:clinics"))).rows) == 1
    path = reverse("staff:clinic-day", args=[day(3).isoformat()])
    key = next(part.key for part in parts.parts(surgery.practice, day(3)) if part.session)

    page = check_page(client.get(path, {"what": key}))
    assert "Session: Flu session: 1 patient" in page.text
    assert "Asha Patel" in page.text
    assert "There is a problem" in check_page(client.post(path, {"what": key})).text
    assert not CancelledClinic.objects.exists(), "nothing is done before the button"

    for _ in range(2):
        assert client.post(path, {"what": key, "when": "later"}).status_code == 302
    clinic = CancelledClinic.objects.get()
    services.see_to(clinic.id)

    page = check_page(client.get(reverse("staff:clinic", args=[clinic.id])))
    assert "1 patient not reached yet" in page.text
    row = ClinicPatient.objects.get()
    done = check_page(client.post(reverse("staff:clinic-phoned", args=[clinic.id]), {"patient": row.id}, follow=True))
    assert "Everybody has been reached" in done.text
    assert Message.objects.filter(purpose=Purpose.CLINIC).count() == 1


@pytest.mark.parametrize("on", ["2026-02-30", "tomorrow", "2999-01-01"])
def test_a_day_with_nobody_is_not_there(surgery: Surgery, staff: User, client: Client, on: str) -> None:
    client.force_login(staff)
    assert client.get(reverse("staff:clinic-day", args=[on])).status_code == 404


@pytest.mark.hazard("H-05.4")
def test_its_times_are_offered_to_nobody_any_more(surgery: Surgery, booked: Booking, staff: User) -> None:
    other = surgery.invite()
    assert {slot.session_name for slot in slots.available(other)} == {"Flu session", "Second session"}
    listed = free_list.free(surgery.campaign)
    before = slots.count(surgery.campaign, listed)

    clinic = pressed(surgery, staff)

    assert {slot.session_name for slot in slots.available(other)} == {"Second session"}
    assert slots.count(surgery.campaign, listed) == before - 1
    services.reopen(clinic=clinic, by=staff)
    assert {slot.session_name for slot in slots.available(other)} == {"Flu session", "Second session"}


@pytest.mark.hazard("H-05.4")
def test_a_time_that_somebody_is_reading_about_cannot_be_confirmed(
    surgery: Surgery, booked: Booking, staff: User, client: Client
) -> None:
    reader = Patient(surgery.invite(), client).identified()
    slot = next(slot for slot in slots.available(reader.invitation) if slot.session_name == "Flu session")
    reader.take(slot.id)
    assert SlotHold.objects.exists()

    pressed(surgery, staff)
    reader.confirm()

    assert not Booking.objects.filter(invitation=reader.invitation).exists()


def test_the_patient_chooses_another_time_and_the_old_one_is_cancelled_then(
    surgery: Surgery, booked: Booking, staff: User, client: Client
) -> None:
    clinic = pressed(surgery, staff)
    Patient(booked.invitation, client).back()
    page = check_page(client.get("/b/done/"))
    assert page.title.startswith("Your appointment cannot go ahead")
    assert "Please do not come" in page.text

    (free, *_) = slots.available(booked.invitation)
    client.post("/b/move/", {"slot": free.id})
    client.post("/b/move/check/")
    new = work(booked.invitation.bookings.get(replaces=booked))
    old = undo(booked)

    assert (old.state, new.state) == (BookingState.CANCELLED, BookingState.BOOKED)
    purposes: list[Any] = list(Message.objects.exclude(state="withdrawn").values_list("purpose", flat=True))
    assert purposes.count(Purpose.CANCELLATION) == 0
    page = check_page(client.get("/b/done/"))
    assert page.title.startswith("Appointment moved")
    assert ClinicPatient.objects.get().clinic == clinic


def test_cancelled_at_once_the_link_leads_to_other_times(
    surgery: Surgery, booked: Booking, staff: User, client: Client
) -> None:
    pressed(surgery, staff, at_once=True)
    assert undo(booked).state == BookingState.CANCELLED

    patient = Patient(booked.invitation, client).identified()

    page = check_page(client.get("/b/times/"))
    assert f"{day(4).day} " in page.text
    assert {slot.session_name for slot in slots.available(patient.invitation)} == {"Second session"}
    assert not Message.objects.filter(purpose=Purpose.CANCELLATION).exists()


@pytest.mark.hazard("H-05.4")
def test_a_move_that_fails_tells_nobody_to_come_to_the_cancelled_clinic(
    surgery: Surgery, booked: Booking, staff: User, client: Client
) -> None:
    pressed(surgery, staff)
    patient = Patient(booked.invitation, client).back()
    (free, *_) = slots.available(booked.invitation)
    client.post("/b/move/", {"slot": free.id})
    client.post("/b/move/check/")
    new = booked.invitation.bookings.get(replaces=booked)
    assert settle_gone(new).state == BookingState.SLOT_GONE

    text = Message.objects.get(purpose=Purpose.NOT_BOOKED)
    assert "still cannot go ahead" in text.body
    assert "stays as it was" not in text.body
    assert "{link}" in text.body
    page = check_page(patient.client.get("/b/done/"))
    assert page.title.startswith("Your appointment cannot go ahead")


def settle_gone(booking: Booking) -> Booking:
    """Somebody else was quicker at the new time."""
    claimed = book.claim(booking.id)
    assert claimed is not None
    settle.settle(claimed, Gone())
    return Booking.objects.get(id=booking.id)
