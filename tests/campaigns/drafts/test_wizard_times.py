"""Days and times as staff type them."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.exceptions import ValidationError

from campaigns.drafts.wizard.times import DayField, TimeField, moment


def read(typed: str) -> time:
    return TimeField().clean(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9am", time(9)),
        (" 9 AM ", time(9)),
        ("9", time(9)),
        ("9:30am", time(9, 30)),
        ("9.30", time(9, 30)),
        ("9 30", time(9, 30)),
        ("930", time(9, 30)),
        ("0930", time(9, 30)),
        ("9:30 a.m.", time(9, 30)),
        ("2pm", time(14)),
        ("2.05 p.m.", time(14, 5)),
        ("14:00", time(14)),
        ("1400", time(14)),
        ("14", time(14)),
        ("12", time(12)),
        ("12pm", time(12)),
        ("12:30pm", time(12, 30)),
        ("midday", time(12)),
        ("12 noon", time(12)),
        ("12:30am", time(0, 30)),
        ("00:00", time(0)),
        ("07:30", time(7, 30)),
        ("11:59pm", time(23, 59)),
    ],
)
def test_ways_to_write_a_time(typed: str, meant: time) -> None:
    assert read(typed) == meant


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("soon", "Enter a time, such as 9am, 9:30am or 14:00"),
        ("9:5", "Enter a time, such as 9am, 9:30am or 14:00"),
        ("-9", "Enter a time, such as 9am, 9:30am or 14:00"),
        ("\u0669am", "Enter a time, such as 9am, 9:30am or 14:00"),
        ("9" * 30, "Enter a time, such as 9am, 9:30am or 14:00"),
        ("25:00", "Enter a real time, such as 9am, 9:30am or 14:00"),
        ("9:75am", "Enter a real time, such as 9am, 9:30am or 14:00"),
        ("13pm", "Enter a real time, such as 9am, 9:30am or 14:00"),
        ("0am", "Enter a real time, such as 9am, 9:30am or 14:00"),
        ("2", "Add am or pm to the time: 2am or 2pm"),
        ("6:30", "Add am or pm to the time: 6:30am or 6:30pm"),
        ("midnight", "Midnight may be the start or the end of that day. Write 12:01am or 11:59pm"),
        ("12am", "Midnight may be the start or the end of that day. Write 12:01am or 11:59pm"),
        ("24:00", "Midnight may be the start or the end of that day. Write 12:01am or 11:59pm"),
    ],
)
def test_what_is_no_time_or_may_be_two(typed: str, error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(typed)
    assert caught.value.messages == [error]


@pytest.mark.parametrize("year", ["2026", "26", " 2026 "])
def test_a_day_to_come_may_have_a_short_year(year: str) -> None:
    assert DayField().clean({"day": "25", "month": "Nov", "year": year}) == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (("", "", ""), "Enter the date to send on"),
        (("25", "", "2026"), "Date must include a month"),
        (("31", "11", "2026"), "Date must be a real date. Check the day and the month"),
        (("25", "11", "226"), "Year must have 4 numbers, like 2026"),
    ],
)
def test_what_is_no_day(typed: tuple[str, str, str], error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DayField().clean(dict(zip(("day", "month", "year"), typed, strict=True)))
    assert caught.value.messages == [error]


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2026, 11, 25), time(9), datetime(2026, 11, 25, 9, tzinfo=UTC)),
        (date(2027, 7, 1), time(9), datetime(2027, 7, 1, 8, tzinfo=UTC)),
        (date(2027, 3, 28), time(2), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (date(2027, 3, 28), time(0, 59), datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        (date(2026, 10, 25), time(0, 59), datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
        (date(2026, 10, 25), time(2), datetime(2026, 10, 25, 2, tzinfo=UTC)),
    ],
)
def test_a_time_is_one_by_the_clocks_in_london(day: date, at: time, utc: datetime) -> None:
    assert moment(day, at) == utc


def test_a_time_that_the_clocks_jump_over_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        moment(date(2027, 3, 28), time(1, 30))
    assert caught.value.messages == [
        "There is no 1:30am on Sunday 28 March 2027: the clocks go forward. Choose another time"
    ]


@pytest.mark.parametrize("at", [time(1), time(1, 30), time(1, 59)])
def test_a_time_that_comes_twice_is_refused(at: time) -> None:
    with pytest.raises(ValidationError) as caught:
        moment(date(2026, 10, 25), at)
    assert "on Sunday 25 October 2026 comes twice: the clocks go back" in caught.value.messages[0]
