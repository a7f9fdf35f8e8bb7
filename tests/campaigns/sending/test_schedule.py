"""When a batch goes: at once or at a time, over days, in sociable hours, and across the days on which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from campaigns.sending import schedule
from core.sociable_hours import is_sociable, next_sociable

LONDON = ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def sociable(settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20


def london(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


def on_the_clock(parts: list[schedule.Part]) -> list[tuple[int, int, int]]:
    local = [part.due_at.astimezone(LONDON) for part in parts]
    return [(at.day, at.hour, at.minute) for at in local]


@pytest.mark.parametrize(
    ("at", "then"),
    [
        (london(2026, 11, 25, 8, 0), london(2026, 11, 25, 8, 0)),
        (london(2026, 11, 25, 19, 59), london(2026, 11, 25, 19, 59)),
        (london(2026, 11, 25, 20, 0), london(2026, 11, 26, 8, 0)),
        (london(2026, 11, 25, 7, 59), london(2026, 11, 25, 8, 0)),
        (london(2026, 12, 31, 23, 30), london(2027, 1, 1, 8, 0)),
        (london(2028, 2, 28, 22, 0), london(2028, 2, 29, 8, 0)),
        # 8am in London is 7am UTC from 29 March 2026 on, and 8am UTC again from 25 October 2026 on.
        (london(2026, 3, 28, 21, 0), datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
        (london(2026, 10, 24, 21, 0), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),
        # 7:30pm UTC in July is 8:30pm in London.
        (datetime(2026, 7, 1, 19, 30, tzinfo=UTC), london(2026, 7, 2, 8, 0)),
    ],
)
def test_a_text_at_night_waits_for_the_morning(at: datetime, then: datetime) -> None:
    assert next_sociable(at) == then
    assert is_sociable(next_sociable(at))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)))
def test_the_morning_is_never_more_than_half_a_day_away(at: datetime) -> None:
    waiting = next_sociable(at) - at
    assert timedelta(0) <= waiting <= timedelta(hours=13)
    assert is_sociable(next_sociable(at))


@given(patients=st.integers(1, 100_000), days=st.integers(1, 14), any_hour=st.booleans())
def test_every_patient_is_in_one_part_and_days_are_alike(patients: int, days: int, any_hour: bool) -> None:
    parts = schedule.parts(london(2026, 11, 25, 9, 0), days, patients, any_hour=any_hour)
    sizes = [part.size for part in parts]
    assert sum(sizes) == patients
    assert len(parts) == min(days, patients)
    assert max(sizes) - min(sizes) <= 1
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))


def test_days_keep_their_time_when_the_clocks_change() -> None:
    parts = schedule.parts(london(2026, 10, 23, 9, 30), 4, 100, any_hour=False)
    assert on_the_clock(parts) == [(23, 9, 30), (24, 9, 30), (25, 9, 30), (26, 9, 30)]
    assert parts[2].due_at - parts[1].due_at == timedelta(hours=25)


def test_a_start_at_night_moves_all_days_to_the_morning() -> None:
    parts = schedule.parts(london(2026, 11, 25, 22, 15), 2, 2, any_hour=False)
    assert on_the_clock(parts) == [(26, 8, 0), (27, 8, 0)]


def test_staff_may_say_any_hour() -> None:
    parts = schedule.parts(london(2026, 11, 25, 22, 15), 2, 2, any_hour=True)
    assert on_the_clock(parts) == [(25, 22, 15), (26, 22, 15)]


@time_machine.travel(london(2026, 11, 25, 9, 0), tick=False)
def test_nothing_goes_before_it_is_too_late_to_undo(settings: Settings) -> None:
    settings.UNDO_SECONDS = 30
    (now,) = schedule.plan(Campaign(), 5)
    (soon,) = schedule.plan(Campaign(send_at=london(2026, 11, 25, 9, 0) + timedelta(seconds=5)), 5)
    (later,) = schedule.plan(Campaign(send_at=london(2026, 11, 26, 9, 0)), 5)
    assert now.due_at == soon.due_at == london(2026, 11, 25, 9, 0) + timedelta(seconds=30)
    assert later.due_at == london(2026, 11, 26, 9, 0)


@time_machine.travel(london(2026, 11, 25, 9, 0), tick=False)
@pytest.mark.parametrize(
    ("send_at", "any_hour", "word"),
    [
        (None, False, ""),
        (london(2026, 11, 25, 9, 1), False, ""),
        (london(2026, 11, 25, 9, 0), False, "passed"),
        (london(2026, 12, 23, 9, 1), False, "28 days"),
        (london(2026, 11, 26, 20, 0), False, "at night"),
        (london(2026, 11, 26, 20, 0), True, ""),
    ],
)
def test_a_time_that_will_not_do_is_refused_with_what_to_do(
    send_at: datetime | None, any_hour: bool, word: str
) -> None:
    reasons = schedule.reasons_against(Campaign(send_at=send_at, any_hour=any_hour))
    assert len(reasons) == bool(word)
    assert all(word in reason for reason in reasons)
