"""While a practice is on hold its patients are asked to phone, staff read it on every page, and no worker books."""

import pytest
from django.test import Client

from booking.models import BookingState
from practices.holds import services as holds
from tests.booking.surgery import Patient, Surgery, undo, work
from tests.factories import make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/b/times/", "/b/check/"])
def test_nobody_chooses_a_time_and_everybody_reads_whom_to_phone(client: Client, surgery: Surgery, path: str) -> None:
    surgery.session()
    Patient(surgery.invite(), client).identified()
    holds.hold(surgery.practice, by=None)
    for response in (client.get(path), client.post(path, {"slot": "1"})):
        assert response.status_code == 503
        page = check_page(response)
        assert surgery.practice.phone in page.text
        assert "You do not have an appointment from this link" in page.text


def test_a_hold_set_since_the_time_was_chosen_stops_the_press_of_its_own_practice_alone(
    client: Client, surgery: Surgery
) -> None:
    slot = surgery.session()
    invitation = surgery.invite()
    patient = Patient(invitation, client).identified()
    patient.take(slot)
    holds.hold(surgery.practice, by=None)
    assert patient.confirm().status_code == 503
    assert not invitation.bookings.exists()
    holds.release(surgery.practice, by=None)
    holds.hold(make_practice(), by=None)
    assert patient.confirm()["Location"] == "/b/done/"
    assert invitation.bookings.get().state == BookingState.PENDING


def test_declining_goes_on(client: Client, surgery: Surgery) -> None:
    invitation = surgery.invite()
    Patient(invitation, client).identified()
    holds.hold(surgery.practice, by=None)
    client.post("/b/decline/")
    invitation.refresh_from_db()
    assert invitation.state == "declined"


def test_what_is_confirmed_waits_and_its_page_says_to_phone(client: Client, surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    Patient(invitation, client).identified()
    holds.hold(None, by=None)
    assert work(booking).state == BookingState.PENDING
    assert surgery.books() == []
    page = check_page(client.get("/b/done/"))
    assert "We cannot do this online at the moment" in page.text
    assert surgery.practice.phone in page.text
    holds.release(None, by=None)
    assert work(booking).state == BookingState.BOOKED


def test_an_appointment_is_not_cancelled_meanwhile(client: Client, surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.booked(invitation)
    Patient(invitation, client).identified()
    client.post("/b/cancel/", {"booking": str(booking.id)})
    holds.hold(surgery.practice, by=None)
    assert undo(booking).state == BookingState.CANCELLING
    assert [appointment["status"] for appointment in surgery.books()] == ["booked"]
    response = client.get("/b/cancel/")
    assert response.status_code == 503
    assert "We cannot change or cancel appointments online" in check_page(response).text


def test_staff_read_it_on_every_page(client: Client, surgery: Surgery) -> None:
    client.force_login(make_staff(surgery.practice))
    holds.hold(surgery.practice, by=None, reason="The wrong list went")
    for path in ("/", "/opt-outs/"):
        page = check_page(client.get(path))
        assert "Nothing leaves Selfbook at the moment" in page.text
        assert "The wrong list went" in page.text
    holds.release(surgery.practice, by=None)
    assert "Nothing leaves" not in check_page(client.get("/")).text
