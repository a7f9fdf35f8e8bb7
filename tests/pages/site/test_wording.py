"""Dates, times and numbers as the NHS content guide writes them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from core import wording


def london(hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 8, 6, hour, minute, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("hour", "minute", "written"),
    [
        (9, 0, "9am"),
        (9, 5, "9:05am"),
        (17, 30, "5:30pm"),
        (12, 0, "midday"),
        (12, 10, "12:10pm"),
        (0, 0, "midnight"),
        (0, 15, "12:15am"),
    ],
)
def test_times(hour: int, minute: int, written: str) -> None:
    assert wording.nhs_time(london(hour, minute)) == written


@pytest.mark.parametrize(
    ("utc", "written"),
    [
        ("2026-10-24T23:59", "12:59am"),
        ("2026-10-25T00:00", "1am (before the clocks go back)"),
        ("2026-10-25T00:30", "1:30am (before the clocks go back)"),
        ("2026-10-25T01:00", "1am (after the clocks go back)"),
        ("2026-10-25T01:59", "1:59am (after the clocks go back)"),
        ("2026-10-25T02:00", "2am"),
        ("2026-03-29T00:59", "12:59am"),
        ("2026-03-29T01:00", "2am"),
    ],
)
def test_times_of_the_hour_that_comes_twice_are_told_apart(utc: str, written: str) -> None:
    assert wording.nhs_time(datetime.fromisoformat(f"{utc}+00:00")) == written


def test_a_date_in_full() -> None:
    assert wording.nhs_date(date(2025, 8, 6)) == "Wednesday 6 August 2025"
    assert wording.nhs_date(date(1984, 3, 15), weekday=False) == "15 March 1984"


def test_moments_are_shown_on_london_clocks() -> None:
    assert wording.nhs_datetime(datetime(2025, 8, 6, 23, 30, tzinfo=UTC)) == "Thursday 7 August 2025 at 12:30am"
    assert wording.nhs_datetime(datetime(2025, 12, 6, 12, 0, tzinfo=UTC)) == "Saturday 6 December 2025 at midday"
    assert wording.nhs_date(datetime(2025, 8, 6, 23, 30, tzinfo=UTC)) == "Thursday 7 August 2025"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        wording.nhs_time(datetime(2025, 8, 6, 9))


@pytest.mark.parametrize("typed", ["9991234567", "999 123 4567", "999-123-4567"])
def test_nhs_numbers(typed: str) -> None:
    assert wording.nhs_number(typed) == "999\u00a0123\u00a04567"


def test_what_is_not_an_nhs_number_is_left_alone() -> None:
    assert wording.nhs_number("12345") == "12345"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+447700900123", "07700\u00a0900\u00a0123"),
        ("07700900123", "07700\u00a0900\u00a0123"),
        ("01632 960000", "01632\u00a0960000"),
        ("02079460000", "020\u00a07946\u00a00000"),
        ("ask at reception", "ask at reception"),
        ("+33123456789", "+33123456789"),
    ],
)
def test_phone_numbers(number: str, written: str) -> None:
    assert wording.uk_phone(number) == written


def test_numbers_to_dial() -> None:
    assert wording.dialled("01632 960 000") == "+441632960000"
    assert wording.dialled("reception") == ""


def test_counts_with_their_nouns() -> None:
    assert wording.plural(1, "patient") == "1 patient"
    assert wording.plural(2400, "patient") == "2,400 patients"
    assert wording.plural(0, "reply", "replies") == "0 replies"
