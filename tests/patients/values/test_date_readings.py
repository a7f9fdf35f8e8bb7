"""Every day that a cell may mean, for comparing it with the record."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.values.date_readings import birth_readings
from tests.patients.list_files import TODAY


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("09/03/1958", {"1958-03-09"}),
        ("1958-03-09 00:00:00", {"1958-03-09"}),
        ('="09/03/1958"', {"1958-03-09"}),
        ("'09-Mar-1958", {"1958-03-09"}),
        ("09-Mar-58", {"1958-03-09"}),
        ("14-Jun-25", {"1925-06-14", "2025-06-14"}),
        ("14 June 06", {"1906-06-14", "2006-06-14"}),
        ("14 June 05", {"2005-06-14"}),  # nobody is 121
        ("29-Feb-00", {"2000-02-29"}),  # 1900 had no such day
        ("25/12/58", {"1958-12-25"}),
        ("09/03/58", {"1958-03-09", "1958-09-03"}),
        ("58-03-09", {"1958-03-09"}),
        ("01/02/23", {"1923-02-01", "2023-02-01", "1923-01-02", "2023-01-02", "2001-02-23"}),
        ("31/11/58", set()),
        ("9 Feb 58 00:00", {"1958-02-09"}),
        ("", set()),
        ("21253", set()),
        ("31/02/1958", set()),
        ("not known", set()),
        ("12-Foo-58", set()),
        ("09/03/2058", set()),
    ],
)
def test_readings(written: str, days: set[str]) -> None:
    assert {day.isoformat() for day in birth_readings(written, TODAY)} == days


@given(st.dates(date(1910, 1, 1), TODAY), st.sampled_from(["%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%d-%b-%y", "%d/%m/%Y"]))
def test_a_day_is_among_the_readings_of_what_was_written_for_it(day: date, how: str) -> None:
    assert day in birth_readings(day.strftime(how), TODAY)


@given(st.text(max_size=30))
def test_any_text_has_readings_or_none(written: str) -> None:
    assert all(day <= TODAY for day in birth_readings(written, TODAY))
