"""The date of birth as people write it."""

from calendar import month_name
from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from booking.fields import DateOfBirthField
from practices.date_boxes import DateBoxes

ANYTHING = st.one_of(st.text(max_size=8), st.integers(-5, 4000).map(str), st.sampled_from(["Mar", "feb.", "\u00b2"]))


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
        ("15.", "3."),
        ("15/", "03/"),
        ("15,", "march,"),
        ("\uff11\uff15", "\uff10\uff13"),
        ("\uff11\uff15\uff0e", "\uff2d\uff41\uff52"),
        ("\u200b15\u200e", "\ufeff3\u00a0"),
        ("15th", "3"),
        ("15 TH", "m a r c h"),
    ],
)
def test_ways_to_write_the_same_day(day: str, month: str) -> None:
    assert clean(day, month, " 1984 ") == date(1984, 3, 15)


@pytest.mark.parametrize(("number", "name"), list(enumerate(month_name))[1:])
def test_every_month_by_its_name_and_however_it_is_cut(number: int, name: str) -> None:
    for length in range(3, len(name) + 1):
        for written in (name[:length], name[:length].upper(), f"{name[:length].lower()}."):
            assert clean("1", written, "1960") == date(1960, number, 1)


@pytest.mark.parametrize(
    ("written", "number"),
    [("Febuary", 2), ("feburary", 2), ("Janurary", 1), ("Septemper", 9), ("Octobre", 10), ("Augst", 8), ("Juli", 7)],
)
def test_a_month_that_is_nearly_right(written: str, number: int) -> None:
    assert clean("1", written, "1960") == date(1960, number, 1)


@pytest.mark.parametrize("year", [1904, 1960, 2000, 2024])
def test_the_leap_day_of_a_leap_year(year: int) -> None:
    assert clean("29", "2", str(year)) == date(year, 2, 29)


@pytest.mark.parametrize("year", [1900, 1961, 2023])
def test_the_leap_day_of_any_other_year_is_asked_again(year: int) -> None:
    with pytest.raises(ValidationError, match="Check the day, the month and the year"):
        clean("29", "February", str(year))


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
        (("15", "marmalade", "1984"), "Month must be a number, like 3, or its name, like March", {"month"}),
        (("31", "4", "1984"), "Date of birth must be a real date. Check the day and the month", {"day", "month"}),
        (
            ("29", "2", "1961"),
            "Date of birth must be a real date. Check the day, the month and the year",
            {"day", "month", "year"},
        ),
        (("15", "3", "1066"), "Year must be 1900 or later", {"year"}),
        (("31", "12", "1899"), "Year must be 1900 or later", {"year"}),
        (("15", "3", "2984"), "Date of birth must be in the past. Check the year", {"year"}),
        (("7", "8", "2025"), "Date of birth must be in the past", {"day", "month", "year"}),
        (
            ("32", "13", "1984"),
            "Day must be a number from 1 to 31. Month must be a number from 1 to 12, or its name",
            {"day", "month"},
        ),
        (
            ("x", "", "84"),
            "Date of birth must include a month. Day must be a number, like 15. Year must have 4 numbers, like 1984",
            {"day", "month", "year"},
        ),
        (("15", "...", "1984"), "Date of birth must include a month", {"month"}),
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
    with pytest.raises(ValidationError, match="in the past"):
        clean("7", "8", "2025")


def test_the_first_day_that_somebody_alive_can_have_been_born() -> None:
    assert clean("1", "1", "1900") == date(1900, 1, 1)


@given(day=ANYTHING, month=ANYTHING, year=ANYTHING)
def test_whatever_is_typed_is_a_date_or_an_error_that_marks_boxes(day: str, month: str, year: str) -> None:
    try:
        found: date | ValidationError = clean(day, month, year)
    except ValidationError as error:
        found = error
    if isinstance(found, ValidationError):
        assert found.messages
        assert set((found.params or {})["parts"]) <= {"day", "month", "year"}
    else:
        assert date(1900, 1, 1) <= found <= timezone.localdate()


@given(born=st.dates(date(1900, 1, 1), date(2025, 1, 1)))
def test_every_date_however_its_month_is_written(born: date) -> None:
    for month in (str(born.month), f"{born.month:02}", f"{born:%B}", f"{born:%b}"):
        assert clean(str(born.day), month, str(born.year)) == born


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
