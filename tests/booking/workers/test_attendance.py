"""Who did not come: the book is read on the evening of the day, and says so or says nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from booking.models import Attendance, AttendanceState, Booking, BookingState
from booking.workers import attendance
from campaigns.follow_up import entries as follow_up
from campaigns.follow_up.entries import Kind
from campaigns.results import followed_up
from integrations import record_reading
from integrations.clinical import errors, port
from practices.holds import services as holds
from tests.booking.surgery import Surgery, local, make_booking
from tests.factories import make_campaign, make_invitation

pytestmark = pytest.mark.django_db

EVENING = local("2026-06-10T19:05:00")
NOON = local("2026-06-10T12:00:00")


@pytest.fixture
def evening() -> Iterator[None]:
    with time_machine.travel(EVENING, tick=False):
        yield


@pytest.fixture
def booking(evening: None) -> Booking:
    """An appointment at noon today."""
    return make_booking(
        make_invitation(make_campaign(started=True)), starts_at=NOON, ends_at=NOON + timedelta(minutes=10)
    )


def read(booking: Booking, status: port.AppointmentStatus | None, *, whole: bool = True) -> record_reading.Reading:
    """What the book has of the patient: this appointment, or nothing."""
    record = port.PatientDetails("1", "9990000000", "Asha", "Patel", "", None, ())
    appointment = port.Appointment(
        id=booking.appointment_id, version="1", status=status or port.AppointmentStatus.BOOKED, slot_ids=("1",),
        slot_type="", start=booking.starts_at, end=booking.ends_at, description="",
    )  # fmt: skip
    return record_reading.Reading(record, (appointment,) if status else (), is_whole=whole)


def look(booking: Booking, answer: record_reading.Answer) -> Attendance:
    attendance.sweep()
    claimed = attendance.claim(booking.practice)
    attendance.settle(claimed, {booking.id: answer})
    return Attendance.objects.get()


def test_who_did_not_come_by_the_book_is_to_follow_up_until_done(booking: Booking) -> None:
    row = look(booking, read(booking, port.AppointmentStatus.MISSED))

    assert (row.state, row.due_at) == (AttendanceState.MISSED, None)
    batches = follow_up.Batches.of(booking.invitation.campaign)
    (entry,) = follow_up.entries(list(follow_up.keys(batches, Kind.MISSED)))
    assert (entry.about, entry.can_be_done, entry.action) == (booking.id, True, None)
    assert "did not come" in entry.happened
    staff = booking.invitation.campaign.started_by
    assert staff is not None
    followed_up.mark(
        campaign=booking.invitation.campaign,
        invitation=booking.invitation,
        kind=entry.kind,
        about=entry.about,
        by=staff,
    )
    assert follow_up.counts(batches) == {booking.invitation.campaign_id: {}}


@pytest.mark.parametrize("status", [port.AppointmentStatus.BOOKED, port.AppointmentStatus.CANCELLED, None])
def test_a_book_that_says_nothing_of_it_says_nothing(booking: Booking, status: port.AppointmentStatus | None) -> None:
    assert look(booking, read(booking, status)).state == AttendanceState.NOT_MISSED
    assert follow_up.counts_of(booking.invitation.campaign) == {}


def test_what_cannot_be_read_is_read_again_and_let_go_at_midnight(booking: Booking) -> None:
    for answer in (errors.Busy("down"), read(booking, None, whole=False)):
        row = look(booking, answer)
        assert (row.state, row.claimed_until) == (AttendanceState.DUE, None)
        Attendance.objects.update(due_at=timezone.now())

    with time_machine.travel(local("2026-06-11T00:00:01")):
        attendance.sweep()
    assert Attendance.objects.get().state == AttendanceState.UNKNOWN


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2026-06-10T12:00:00", BookingState.CANCELLED),
        ("2026-06-10T18:30:00", BookingState.BOOKED),
        ("2026-06-09T12:00:00", BookingState.BOOKED),
        ("2026-06-11T12:00:00", BookingState.BOOKED),
    ],
    ids=["cancelled", "not long over", "yesterday", "tomorrow"],
)
def test_others_are_not_looked_up(booking: Booking, at: str, state: BookingState) -> None:
    starts = local(at)
    Booking.objects.all().delete()
    make_booking(booking.invitation, state, starts_at=starts, ends_at=starts + timedelta(minutes=10))

    attendance.sweep()

    assert not Attendance.objects.exists()


def test_before_the_evening_nothing_is_laid_out(booking: Booking) -> None:
    with time_machine.travel(local("2026-06-10T18:59:00")):
        attendance.sweep()
    assert not Attendance.objects.exists()


def test_on_hold_the_book_is_not_read(booking: Booking) -> None:
    attendance.sweep()
    holds.hold(booking.practice, by=None)
    assert attendance.claim(booking.practice) == []


def test_two_sweeps_and_claims_look_once(booking: Booking) -> None:
    attendance.sweep()
    attendance.sweep()
    assert len(attendance.claim(booking.practice)) == 1
    assert attendance.claim(booking.practice) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("mark", "state"),
    [
        (None, AttendanceState.NOT_MISSED),
        ("noshow", AttendanceState.MISSED),
        ("arrived", AttendanceState.NOT_MISSED),
        ("fulfilled", AttendanceState.NOT_MISSED),
    ],
)
def test_the_book_itself_is_asked_for_the_day(surgery: Surgery, mark: str | None, state: AttendanceState) -> None:
    surgery.session()
    booking = surgery.booked(surgery.invite())
    Attendance.objects.create(
        booking=booking, practice=surgery.practice, due_at=timezone.now(), until=timezone.now() + timedelta(days=1)
    )
    if mark is not None:
        marked = surgery.sandbox.control("mark-appointment", {"id": booking.appointment_id, "status": mark})
        assert marked == {"marked": True}

    attendance.look_up(surgery.practice.id)

    assert Attendance.objects.get().state == state
