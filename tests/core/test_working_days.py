"""England's working days, against the dates that GOV.UK has published."""

from datetime import date

import pytest

from core.working_days import is_bank_holiday, is_working_day, working_day_before

PUBLISHED = [
    "2022-01-03", "2022-04-15", "2022-04-18", "2022-05-02", "2022-06-02", "2022-06-03", "2022-08-29", "2022-09-19",
    "2022-12-26", "2022-12-27",
    "2023-01-02", "2023-04-07", "2023-04-10", "2023-05-01", "2023-05-08", "2023-05-29", "2023-08-28", "2023-12-25",
    "2023-12-26",
    "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28",
    "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28",
]  # fmt: skip


@pytest.mark.parametrize("year", [2022, 2023, 2026, 2027])
def test_the_days_are_those_that_were_published(year: int) -> None:
    every = [
        date.fromordinal(ordinal) for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    ]
    known = {date.fromisoformat(day) for day in PUBLISHED if day.startswith(str(year))}
    assert {day for day in every if is_bank_holiday(day) and day.weekday() < 5} == known


@pytest.mark.parametrize(("day", "before"), [
    ("2026-11-25", "2026-11-24"),  # a Wednesday
    ("2026-11-23", "2026-11-20"),  # a Monday
    ("2026-11-22", "2026-11-20"),  # a Sunday clinic
    ("2026-04-07", "2026-04-02"),  # the Tuesday after Easter
    ("2026-12-29", "2026-12-24"),  # Boxing Day is a Saturday: the Monday stands in
    ("2027-01-04", "2026-12-31"),  # over the end of the year
    ("2027-01-01", "2026-12-31"),
    ("2028-01-04", "2027-12-31"),  # New Year's Day is a Saturday: the Monday stands in
])  # fmt: skip
def test_the_working_day_before(day: str, before: str) -> None:
    previous = working_day_before(date.fromisoformat(day))
    assert previous == date.fromisoformat(before)
    assert is_working_day(previous)
