"""Moved from one side of the change to the other, and cancelled: pages, texts, the calendar file and the book agree."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from booking.appointments import texts
from booking.models import Booking, BookingState
from booking.slots.offered import to_json
from campaigns.models import Invitation
from core.wording import nhs_datetime
from integrations.messaging.text import measure
from integrations.models.outbox import Message, Purpose
from tests.booking.surgery import Patient, Surgery, made_up_slot, undo, work
from tests.factories import make_invitation
from tests.html import check_page
from tests.resilience.clock.seasons import EVERY_SLOT, SEASONS, Season, Slot, name_of

pytestmark = pytest.mark.django_db


def moved_to(client: Client, invitation: Invitation, slot_id: int) -> str:
    """Move the appointment as a patient does; the words of the page before the button."""
    former = invitation.bookings.get(state=BookingState.BOOKED)
    assert client.post("/b/move/", {"slot": str(slot_id)})["Location"] == "/b/move/check/"
    check = check_page(client.get("/b/move/check/")).text
    assert client.post("/b/move/check/")["Location"] == "/b/done/"
    work(invitation.bookings.get(replaces=former))
    undo(former)
    return check


def calendar_event(client: Client) -> dict[str, object]:
    """The one event of the calendar file, as a calendar reads it."""
    (event,) = Calendar.from_ical(client.get("/b/appointment.ics").content).walk("VEVENT")
    return {name: event.decoded(name) for name in ("dtstart", "dtend", "uid", "sequence", "description")}


@pytest.mark.parametrize("season", SEASONS, ids=name_of)
def test_an_appointment_that_is_moved_from_slot_to_slot(client: Client, surgery: Surgery, season: Season) -> None:
    with season.travel() as clock:
        ids = season.fill(surgery)
        invitation = surgery.invite()
        patient = Patient(invitation, client).identified()
        patient.take(ids[0])
        patient.confirm()
        work(invitation.bookings.get())
        for number, slot in enumerate(season.slots[1:], start=1):
            clock.shift(timedelta(seconds=1))
            check = moved_to(client, invitation, ids[number])
            assert season.slots[number - 1].words.split(" at ")[0] in check
            assert f"Time {slot.time}" in check
            page = check_page(client.get("/b/done/"))
            assert page.title.startswith("Appointment moved")
            assert slot.words in page.text
            event = calendar_event(client)
            assert (event["dtstart"], event["sequence"]) == (slot.start, number)
            assert slot.words in str(event["description"])

    bodies = [message.body for message in Message.objects.filter(purpose=Purpose.CONFIRMATION).order_by("step")]
    assert len(bodies) == len(season.slots)
    assert all(slot.words in body for slot, body in zip(season.slots, bodies, strict=True))
    in_book = {
        appointment["status"]: datetime.fromisoformat(appointment["start"])
        for appointment in surgery.appointments_of(invitation)
        if appointment["status"] == "booked"
    }
    assert in_book == {"booked": season.slots[-1].start}


@pytest.mark.parametrize(("season", "number"), EVERY_SLOT, ids=name_of)
def test_an_appointment_that_is_cancelled(client: Client, surgery: Surgery, season: Season, number: int) -> None:
    slot = season.slots[number]
    with season.travel():
        chosen = season.fill(surgery)[number]
        invitation = surgery.invite()
        patient = Patient(invitation, client).identified()
        patient.take(chosen)
        patient.confirm()
        booking = work(invitation.bookings.get())
        event = calendar_event(client)
        asked = check_page(client.get("/b/cancel/")).text
        patient.cancel(booking)
        undo(booking)
        done = check_page(client.get("/b/done/")).text

    assert (event["dtstart"], event["dtend"]) == (slot.start, slot.start + timedelta(minutes=10))
    assert slot.day in asked
    assert f"Time {slot.time}" in asked
    assert "is cancelled" in done
    assert slot.words in done
    assert slot.words in Message.objects.get(purpose=Purpose.CANCELLATION).body


@pytest.mark.parametrize(
    ("start", "until"),
    [
        ("2026-10-25T01:30", "1:30am (before the clocks go back) on Sunday 25 October 2026"),
        ("2026-10-25T02:30", "1:30am (after the clocks go back) on Sunday 25 October 2026"),
        ("2026-03-29T01:30", "12:30am on Sunday 29 March 2026"),
        ("2026-07-02T23:30", "11:30pm on Thursday 2 July 2026"),
        ("2028-03-01T00:30", "11:30pm on Tuesday 29 February 2028"),
        ("2027-01-01T00:30", "11:30pm on Thursday 31 December 2026"),
    ],
)
def test_the_last_moment_to_change_is_an_hour_before_and_said_so(
    client: Client, surgery: Surgery, start: str, until: str
) -> None:
    moment = datetime.fromisoformat(f"{start}:00+00:00")
    with time_machine.travel(moment - timedelta(minutes=150), tick=False) as clock:
        surgery.session(start=moment.isoformat(), count=1)
        invitation = surgery.invite()
        surgery.booked(invitation)
        Patient(invitation, client).back()
        page = check_page(client.get("/b/done/")).text
        clock.move_to(moment - timedelta(hours=1, seconds=1))
        Patient(invitation, client).back()
        assert client.get("/b/cancel/").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert client.get("/b/cancel/")["Location"] == "/b/done/"

    assert f"until {until}" in page


def a_booking(invitation: Invitation, slot: Slot) -> Booking:
    offered = made_up_slot()
    return Booking(
        practice=invitation.practice,
        invitation=invitation,
        slot_id=offered.id,
        slot=to_json(offered),
        starts_at=slot.start,
        ends_at=slot.start + timedelta(minutes=10),
        created_at=timezone.now(),
    )


@pytest.mark.parametrize("season", SEASONS, ids=name_of)
def test_every_text_with_a_time_in_it_says_the_time_in_london_and_fits(season: Season) -> None:
    invitation = make_invitation()
    for slot in season.slots:
        booking = a_booking(invitation, slot)
        written = [
            texts.confirmation(booking, invitation),
            texts.moved(booking, invitation),
            texts.not_moved(booking, booking, invitation),
            texts.cancelled(booking, invitation, may_choose=True),
            texts.not_cancelled(booking, invitation),
        ]
        for message in written:
            assert slot.words in message.body
            assert message.fragments <= 2
            assert measure(message.body).encoding == "GSM-7"
        assert nhs_datetime(slot.start) == slot.words
