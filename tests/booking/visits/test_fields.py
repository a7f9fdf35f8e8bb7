"""The date of birth as people write it."""

from calendar import month_name
from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from booking.visits.fields import DateOfBirthField
from core.date_input import PARTS, DateBoxes

ANYTHING = st.one_of(
    st.text(max_size=8),
    st.integers(-5, 4000).map(str),
    st.sampled_from(["Mar", "feb.", "\u00b2", "6/1948", "31.12.1960", "1/2"]),
)


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
        ("15fed", "mawrth"),
        ("15\u00ba", "mar\u00e7o"),
        ("\u0661\u0665", "\u0663"),
        ("\u0967\u096b", "\u092e\u093e\u0930\u094d\u091a"),
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


@pytest.mark.parametrize(
    ("written", "number"),
    [
        *(("Ionawr", 1), ("Chwefror", 2), ("mai", 5), ("Mehefin", 6), ("Gorffennaf", 7), ("Awst", 8), ("Tachwedd", 11)),
        *(("stycze\u0144", 1), ("lutego", 2), ("czerwca", 6), ("czerwiec", 6), ("CZE", 6), ("lipca", 7), ("maja", 5)),
        *(("wrzesnia", 9), ("pa\u017adziernik", 10), ("listopad", 11), ("grudnia", 12), ("ianuarie", 1), ("iulie", 7)),
        *(
            ("juin", 6),
            ("juillet", 7),
            ("ao\u00fbt", 8),
            ("d\u00e9cembre", 12),
            ("junho", 6),
            ("Mai", 5),
            ("M\u00e4rz", 3),
        ),
        *(("gennaio", 1), ("giugno", 6), ("dezembro", 12), ("enero", 1), ("bir\u017eelio", 6), ("rugs\u0117jis", 9)),
        *(("meitheamh", 6), ("haziran", 6), ("\u0447\u0435\u0440\u0432\u043d\u044f", 6), ("\u062c\u0648\u0646", 6)),
        *(("\u0a1c\u0a42\u0a28", 6), ("\u091c\u0928\u0935\u0930\u0940", 1), ("listop", 11), ("gorffenna", 7)),
    ],
)
def test_a_month_in_another_language(written: str, number: int) -> None:
    assert clean("1", written, "1960") == date(1960, number, 1)


@pytest.mark.parametrize("written", ["rug", "thang", "jui", "ju", "marmelada", "srpanj", "jlo"])
def test_a_name_that_may_be_several_months_or_none_is_asked_again(written: str) -> None:
    with pytest.raises(ValidationError, match="Month must be a number"):
        clean("1", written, "1960")


JUNE = date(1948, 6, 17)
WHOLE = [
    *("17/06/1948", "17/6/1948", "17.6.1948", "17-06-1948", "17 06 1948", " 17 / 06 / 1948 ", "17\u201306\u20131948"),
    *("17 June 1948", "17th June 1948", "17th of June, 1948", "Thursday 17 June 1948", "17June1948", "17jun1948"),
    *("June 17, 1948", "1948-06-17", "1948/06/17", "1948-06-17T00:00:00.000Z", "1948 June 17", "17061948", "19480617"),
    *("17 Mehefin 1948", "17 czerwca 1948 r.", "17. Juni 1948", "17 de junio de 1948", "1948 m. bir\u017eelio 17 d."),
    *("17eg Mehefin 1948", "\uff11\uff17\uff0f\uff10\uff16\uff0f\uff11\uff19\uff14\uff18"),
    *("\u0661\u0667/\u0660\u0666/\u0661\u0669\u0664\u0668", "\u200e17/06/1948\u200e", "1948. j\u00fanius 17."),
]


@pytest.mark.parametrize("written", WHOLE)
def test_a_whole_date_in_any_box(written: str) -> None:
    for box in range(3):
        alone, agreeing = ["", "", ""], ["17", "June", "1948"]
        alone[box] = agreeing[box] = written
        assert clean(*alone) == clean(*agreeing) == JUNE
    assert clean(written, written, written) == JUNE


@pytest.mark.parametrize(
    "typed",
    [
        ("17/06", "", "1948"),
        ("17 June", "", "1948"),
        ("", "17 June", "1948"),
        ("17", "June 1948", ""),
        ("17", "", "6/1948"),
    ],
)
def test_two_parts_in_one_box(typed: tuple[str, str, str]) -> None:
    assert clean(*typed) == JUNE


def test_what_could_be_either_is_read_day_first() -> None:
    assert clean("03/04/1948", "", "") == clean("", "", "3.4.1948") == clean("03041948", "", "") == date(1948, 4, 3)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (("06/17/1948", "", ""), "Date of birth must have the day first and then the month, like 15 3 1984"),
        (("", "1948-17-06", ""), "Date of birth must have the day first and then the month, like 15 3 1984"),
        (("06171948", "", ""), "Date of birth must have the day first and then the month, like 15 3 1984"),
        (("6/17", "", "1948"), "Date of birth must have the day first and then the month, like 15 3 1984"),
        (("17/06/48", "", ""), "Year must have 4 numbers, like 1984"),
        (("31/02/1948", "", ""), "Date of birth must be a real date. Check the day and the month"),
        (("17/06/1848", "", ""), "Year must be 1900 or later"),
        (("17/06/2948", "", ""), "Date of birth must be in the past. Check the year"),
        (("17/06/1948", "7", "1948"), "Date of birth is not the same in all boxes"),
        (("17/06/1948", "17/07/1948", ""), "Date of birth is not the same in all boxes"),
        (("17/06/1948", "", "1949"), "Date of birth is not the same in all boxes"),
        (("17/06/1948 17/06/1948", "", ""), "Date of birth must include a month and a year"),
        (("170648", "", ""), "Date of birth must include a month and a year"),
        (("1 5", "", "1984"), "Date of birth must include a month"),
        (("17/" * 30, "6", "1948"), "Day must be a number, like 15"),
    ],
)
def test_a_whole_date_that_cannot_be_read_for_certain_is_asked_again(typed: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        clean(*typed)
    marked = (caught.value.params or {})["parts"]
    if "include" not in message:
        assert all(typed[PARTS.index(part)] for part in marked) or "all boxes" in message


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
        (("\u00b2", "3", "1984"), "Day must be a number, like 15", {"day"}),
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
        result: date | ValidationError = clean(day, month, year)
    except ValidationError as error:
        result = error
    if isinstance(result, ValidationError):
        assert result.messages
        assert set((result.params or {})["parts"]) <= {"day", "month", "year"}
    else:
        assert date(1900, 1, 1) <= result <= timezone.localdate()


@given(born=st.dates(date(1900, 1, 1), date(2025, 1, 1)), box=st.integers(0, 2))
def test_every_date_in_one_box(born: date, box: int) -> None:
    for written in (
        f"{born:%d/%m/%Y}",
        f"{born.day}.{born.month}.{born.year}",
        f"{born}",
        f"{born:%d%m%Y}",
        f"{born:%Y%m%d}",
    ):
        typed = ["", "", ""]
        typed[box] = written
        assert clean(*typed) == born


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
