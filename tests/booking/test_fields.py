"""The date of birth as people write it."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError

from booking.fields import DateOfBirthField
from practices.date_boxes import DateBoxes


def clean(day: str, month: str, year: str) -> date:
    return DateOfBirthField().clean({"day": day, "month": month, "year": year})


@pytest.mark.parametrize(
    ("day", "month"),
    [
        ("15", "3"),
        ("15", "03"),
        (" 1 5 ", " 3 "),
        ("015", "0003"),
        ("15", "March"),
        ("15", "mar"),
        ("15", "MAR."),
        ("\t15\n", "Marc"),
    ],
)
def test_ways_to_write_the_same_day(day: str, month: str) -> None:
    assert clean(day, month, " 1984 ") == date(1984, 3, 15)


def test_september_by_its_four_letters() -> None:
    assert clean("1", "Sept", "1960") == date(1960, 9, 1)


def test_the_leap_day() -> None:
    assert clean("29", "2", "1960") == date(1960, 2, 29)


@pytest.mark.parametrize(
    ("typed", "message", "parts"),
    [
        (("", "", ""), "Enter your date of birth", {"day", "month", "year"}),
        (("15", "", ""), "Date of birth must include a month and a year", {"month", "year"}),
        (("", "3", "1984"), "Date of birth must include a day", {"day"}),
        (("\u0661\u0665", "3", "1984"), "Day must be a number, like 15", {"day"}),
        (("1e1", "3", "1984"), "Day must be a number, like 15", {"day"}),
        (("-1", "3", "1984"), "Day must be a number, like 15", {"day"}),
        (("0", "3", "1984"), "Day must be a number from 1 to 31", {"day"}),
        (("32", "3", "1984"), "Day must be a number from 1 to 31", {"day"}),
        (("15", "13", "1984"), "Month must be a number from 1 to 12, or its name", {"month"}),
        (("15", "Smarch", "1984"), "Month must be a number, like 3, or its name, like March", {"month"}),
        (("15", "M", "1984"), "Month must be a number, like 3, or its name, like March", {"month"}),
        (("15", "3", "84"), "Year must have 4 numbers, like 1984", {"year"}),
        (("15", "3", "0015"), "Year must have 4 numbers, like 1984", {"year"}),
        (("15", "3", "MCMLXXXIV"), "Year must be a number, like 1984", {"year"}),
        (("31", "4", "1984"), "Date of birth must be a real date", {"day", "month", "year"}),
        (("29", "2", "1961"), "Date of birth must be a real date", {"day", "month", "year"}),
        (("15", "3", "1066"), "Year must be 1895 or later", {"year"}),
        (("15", "3", "2984"), "Date of birth must be in the past", {"day", "month", "year"}),
    ],
)
@time_machine.travel("2025-08-06T09:00:00+01:00", tick=False)
def test_what_is_wrong_is_said_beside_the_boxes_it_is_in(
    typed: tuple[str, str, str], message: str, parts: set[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        clean(*typed)
    assert caught.value.messages == [message]
    assert set((caught.value.params or {})["parts"]) == parts


@time_machine.travel("2025-08-05T23:30:00+00:00", tick=False)
def test_today_is_the_day_in_london() -> None:
    assert clean("6", "8", "2025") == date(2025, 8, 6)


def test_errors_never_repeat_what_was_typed() -> None:
    with pytest.raises(ValidationError) as caught:
        clean("31", "2", "1984")
    assert "31" not in str(caught.value)


def test_the_boxes_keep_what_was_typed() -> None:
    widget = DateBoxes()
    typed = widget.value_from_datadict({"born_day": " 15", "born_month": "Mar"}, {}, "born")
    assert widget.parts(typed) == {"day": " 15", "month": "Mar", "year": ""}
    assert widget.parts(date(1984, 3, 15)) == {"day": "15", "month": "3", "year": "1984"}
    assert widget.parts(None) == {"day": "", "month": "", "year": ""}
