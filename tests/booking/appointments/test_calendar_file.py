"""The calendar file: the right moment on both sides of the clock changes, one event however often it is moved."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from booking.appointments import change
from booking.appointments.calendar_file import calendar_file
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from booking.slots.offered import to_json
from campaigns.models import Invitation
from integrations.links import token_for
from tests.booking.surgery import Patient, Surgery, local, made_up_slot, undo, work
from tests.factories import make_campaign, make_invitation, make_practice
from tests.html import check_page

pytestmark = pytest.mark.django_db


def _booking(invitation: Invitation, starts_at: datetime, number: int = 1) -> Booking:
    slot = made_up_slot(number)
    return Booking.objects.create(
        practice=invitation.practice,
        invitation=invitation,
        slot_id=slot.id,
        slot=to_json(slot),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=10),
        state=BookingState.BOOKED,
        appointment_id="1",
        settled_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    )


def _event(file: bytes) -> dict[str, object]:
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    return {name.lower(): event.decoded(name) for name in event}


@pytest.mark.parametrize(
    ("london", "utc"),
    [
        ("2026-07-01T09:00", "20260701T080000Z"),
        ("2026-12-01T09:00", "20261201T090000Z"),
        ("2026-10-24T17:30", "20261024T163000Z"),
        ("2026-10-25T09:00", "20261025T090000Z"),
        ("2027-03-27T09:00", "20270327T090000Z"),
        ("2027-03-28T09:00", "20270328T080000Z"),
        ("2028-02-29T12:00", "20280229T120000Z"),
    ],
)
def test_the_moment_is_right_on_both_sides_of_the_clock_changes(london: str, utc: str) -> None:
    file = calendar_file(_booking(make_invitation(), local(london)))

    assert f"DTSTART:{utc}\r\n".encode() in file
    event = _event(file)
    assert event["dtstart"] == local(london)
    assert event["dtend"] == local(london) + timedelta(minutes=10)


def test_it_says_where_and_whom_to_phone_and_nothing_about_the_patient() -> None:
    practice = make_practice(name="Łódź; Street, Surgery", address="1 High Street,\nLeeds")
    invitation = make_invitation(make_campaign(practice, started=True))
    file = calendar_file(_booking(invitation, local("2026-07-01T17:30")))

    event = _event(file)
    assert event["summary"] == "Appointment at Łódź; Street, Surgery"
    assert "Branch Surgery" in str(event["location"])
    assert event["description"] == (f"Wednesday 1 July 2026 at 5:30pm. To change or cancel it, phone {practice.phone}.")
    patient = invitation.recipient
    for secret in (patient.nhs_number, patient.mobile[3:], patient.given_name, "Flu", token_for(invitation.id)):
        assert secret.encode() not in file.replace(b"\r\n ", b"")


def test_it_is_a_file_that_calendars_accept() -> None:
    file = calendar_file(_booking(make_invitation(), local("2026-07-01T17:30")))

    assert file.startswith(b"BEGIN:VCALENDAR\r\n")
    assert file.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    calendar = Calendar.from_ical(file)
    assert (calendar["version"], calendar["method"]) == ("2.0", "PUBLISH")
    assert calendar["prodid"]
    assert _event(file)["dtstamp"] == datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_moved_appointment_replaces_the_one_before_in_the_calendar(surgery: Surgery, client: Client) -> None:
    surgery.session(count=3)
    booked = surgery.booked(surgery.invite())
    Patient(booked.invitation, client).back()
    assert "/b/appointment.ics" in [link.get("href") for link in check_page(client.get("/b/done/")).all("a")]
    first = client.get("/b/appointment.ics")
    assert first.content == client.get("/b/appointment.ics").content, "the same file however often it is asked for"
    change.hold(invitation_id=booked.invitation_id, slot=slots.available(booked.invitation)[-1])
    new = work(change.confirm(invitation_id=booked.invitation_id))
    undo(booked)

    second = client.get("/b/appointment.ics")

    before, after = _event(first.content), _event(second.content)
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert (before["dtstart"], after["dtstart"]) == (booked.starts_at, new.starts_at)


@pytest.mark.django_db(transaction=True)
def test_the_download_names_nobody_and_is_kept_nowhere(surgery: Surgery, client: Client) -> None:
    surgery.session()
    booking = surgery.booked(surgery.invite())
    Patient(booking.invitation, client).back()

    response = client.get("/b/appointment.ics")

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="appointment.ics"'
    assert response["Cache-Control"] == "no-store"
    assert client.post("/b/appointment.ics").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_there_is_no_file_before_it_is_booked_and_none_without_the_date_of_birth(
    surgery: Surgery, client: Client
) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.confirmed(invitation)
    patient = Patient(invitation, client)
    patient.open_link()
    assert client.get("/b/appointment.ics")["Location"] == "/b/date-of-birth/"
    patient.back()
    assert client.get("/b/appointment.ics")["Location"] == "/b/done/"

    work(booking)

    assert client.get("/b/appointment.ics").status_code == 200
