"""England's working days: Monday to Friday without bank holidays.

Bank holidays are worked out by their rules (Banking and Financial Dealings Act 1971, and the proclamations made every
year since), so that no table runs out. One that is moved or added for a single year is proclaimed about a year ahead,
is on GOV.UK then, and belongs into `ONCE_ONLY`.
"""

from datetime import date, timedelta
from functools import lru_cache

ONCE_ONLY: dict[date, bool] = {
    date(2020, 5, 4): False,  # moved to 8 May: 75 years after the war's end in Europe
    date(2020, 5, 8): True,
    date(2022, 5, 30): False,  # moved to 2 June, with one day more: the Platinum Jubilee
    date(2022, 6, 2): True,
    date(2022, 6, 3): True,
    date(2022, 9, 19): True,  # the funeral of Queen Elizabeth II
    date(2023, 5, 8): True,  # the Coronation
}
"""Days that are bank holidays (True), or are none (False), against the rules."""

_ONE_DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Whether practices in England work on a day."""
    return day.weekday() < 5 and not is_bank_holiday(day)


def working_day_before(day: date) -> date:
    """The last working day before a day, which may be none itself."""
    day -= _ONE_DAY
    while not is_working_day(day):
        day -= _ONE_DAY
    return day


def is_bank_holiday(day: date) -> bool:
    """Whether a day is a bank holiday in England, a substitute for one at a weekend among them."""
    return ONCE_ONLY.get(day, day in _by_the_rules(day.year))


@lru_cache(maxsize=16)
def _by_the_rules(year: int) -> frozenset[date]:
    easter = _easter(year)
    return frozenset({
        _weekday_from(date(year, 1, 1)),
        easter - 2 * _ONE_DAY,
        easter + _ONE_DAY,
        _monday_from(date(year, 5, 1)),
        _monday_from(date(year, 5, 25)),
        _monday_from(date(year, 8, 25)),
        *_christmas(year),
    })  # fmt: skip


def _christmas(year: int) -> tuple[date, date]:
    """Christmas Day and Boxing Day, or the next two days of the week after them that are not at a weekend."""
    first = _weekday_from(date(year, 12, 25))
    return first, _weekday_from(max(first, date(year, 12, 25)) + _ONE_DAY)


def _weekday_from(day: date) -> date:
    """The day itself, or the Monday after it at a weekend."""
    return day if day.weekday() < 5 else _monday_from(day)


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the "anonymous" computus (Meeus, Astronomical Algorithms, 8)."""
    golden, century, of_century = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
