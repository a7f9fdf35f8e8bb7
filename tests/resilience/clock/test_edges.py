"""How soon, how far ahead and how long: counted in real minutes, and in days of London."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.models import SlotHold
from booking.slots import offered as slots
from booking.visits import session
from booking.visits.fields import DateOfBirthField
from tests.booking.surgery import LONDON, Patient, Surgery
from tests.factories import make_invitation
from tests.html import check_page

pytestmark = pytest.mark.django_db


def offered(surgery: Surgery, now: str, *starts: str) -> list[bool]:
    """Which of some starts, in UTC, are offered when it is `now`."""
    with time_machine.travel(f"{now}:00+00:00"):
        for start in starts:
            surgery.session(start=f"{start}:00+00:00", count=1)
        available = {slot.start for slot in slots.available(surgery.invite())}
    return [datetime.fromisoformat(f"{start}:00+00:00") in available for start in starts]


def test_an_hour_s_notice_in_the_hour_that_comes_twice_is_sixty_minutes(surgery: Surgery) -> None:
    """At 1:15am in summer time: 1:30am of summer time is too soon, 1:30am of winter time is not."""
    starts = ("2026-10-25T00:30", "2026-10-25T01:10", "2026-10-25T01:20", "2026-10-25T01:30")

    assert offered(surgery, "2026-10-25T00:15", *starts) == [False, False, True, True]


def test_an_hour_s_notice_over_the_hour_that_is_not_there_is_sixty_minutes(surgery: Surgery) -> None:
    """At 12:30am: 2am comes in half an hour, 2:30am in an hour."""
    assert offered(surgery, "2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:40") == [False, True]


@pytest.mark.parametrize(
    ("now", "last", "next_day"),
    [
        ("2026-09-13T10:00", "2026-10-25T23:50", "2026-10-26T00:00"),
        ("2026-09-12T10:00", "2026-10-24T22:50", "2026-10-24T23:00"),
        ("2026-02-15T10:00", "2026-03-29T22:50", "2026-03-29T23:00"),
        ("2026-06-01T23:30", "2026-07-14T22:50", "2026-07-14T23:00"),
        ("2028-01-18T10:00", "2028-02-29T23:50", "2028-03-01T00:00"),
        ("2026-11-19T10:00", "2026-12-31T23:50", "2027-01-01T00:00"),
    ],
)
def test_the_last_day_that_may_be_booked_ends_at_midnight_in_london(
    surgery: Surgery, now: str, last: str, next_day: str
) -> None:
    assert offered(surgery, now, last, next_day) == [True, False]


def test_at_half_past_eleven_in_utc_the_next_day_of_london_is_today(surgery: Surgery) -> None:
    starts = ("2026-07-02T00:00", "2026-07-02T00:40", "2026-07-02T08:00")

    assert offered(surgery, "2026-07-01T23:30", *starts) == [False, True, True]


@pytest.mark.parametrize("change", ["2026-03-29T01:00", "2026-10-25T01:00", "2027-01-01T00:00"])
def test_a_hold_lasts_its_minutes_over_the_change(
    client: Client, surgery: Surgery, settings: Settings, change: str
) -> None:
    moment = datetime.fromisoformat(f"{change}:00+00:00")
    with time_machine.travel(moment - timedelta(minutes=5)) as clock:
        chosen = surgery.session(start=(moment + timedelta(hours=9)).isoformat(), count=1)
        Patient(surgery.invite(), client).identified().take(chosen)
        left = SlotHold.objects.get().expires_at - timezone.now()
        clock.shift(timedelta(minutes=8))
        assert client.get("/b/check/").status_code == 200

    assert timedelta(minutes=9) < left <= timedelta(minutes=settings.SLOT_HOLD_MINUTES)


@pytest.mark.parametrize("change", ["2026-03-29T01:00", "2026-10-25T01:00", "2027-01-01T00:00"])
def test_a_visit_that_is_used_lasts_two_hours_over_the_change(client: Client, change: str) -> None:
    moment = datetime.fromisoformat(f"{change}:00+00:00")
    with time_machine.travel(moment - timedelta(hours=1), tick=False) as clock:
        Patient(make_invitation(), client).identified("decline")
        for _ in range(4):
            assert client.get("/b/decline/").status_code == 200
            clock.shift(timedelta(seconds=session.LIFETIME_SECONDS / 4))
        assert client.get("/b/decline/").status_code == 403


@pytest.mark.parametrize(
    ("sent", "expiry"),
    [
        ("2026-03-26T10:00", "11am on Thursday 2 April 2026"),
        ("2026-10-22T10:00", "10am on Thursday 29 October 2026"),
        ("2026-06-24T23:30", "12:30am on Thursday 2 July 2026"),
        ("2028-02-22T09:00", "9am on Tuesday 29 February 2028"),
        ("2026-12-25T00:00", "midnight on Friday 1 January 2027"),
        ("2026-10-18T00:30", "1:30am (before the clocks go back) on Sunday 25 October 2026"),
    ],
)
def test_the_end_of_a_link_is_said_as_it_is_in_london_and_kept(
    client: Client, surgery: Surgery, sent: str, expiry: str
) -> None:
    moment = datetime.fromisoformat(f"{sent}:00+00:00")
    with time_machine.travel(moment, tick=False) as clock:
        patient = Patient(surgery.invite(expires_at=timezone.now() + timedelta(days=7)), client).identified()
        waiting = check_page(client.post("/b/tell-me/", follow=True)).text
        clock.shift(timedelta(days=7, seconds=-1))
        assert patient.open_link().status_code == 303
        clock.shift(timedelta(seconds=1))
        assert b"This link has expired" in patient.open_link().content
        clock.move_to(moment)
        surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=None)
        cache.clear()
        later = check_page(Patient(patient.invitation, client).identified().client.get("/b/times/")).text

    assert f"Your link works until {expiry}" in waiting
    assert f"Your link works until {expiry}" in later


@pytest.mark.parametrize("now", ["2026-07-01T23:30", "2026-12-31T23:30", "2028-02-28T23:59", "2026-10-25T01:30"])
def test_a_child_born_today_in_london_may_be_who_it_is(now: str) -> None:
    with time_machine.travel(f"{now}:00+00:00", tick=False):
        today = timezone.now().astimezone(LONDON).date()
        typed = {"day": str(today.day), "month": str(today.month), "year": str(today.year)}
        assert DateOfBirthField().clean(typed) == today
