"""England's working days: Monday to Friday without bank holidays.

Bank holidays are those of the `holidays` package, which works them out by their rules and knows the days that were
moved or added for one year. A day that is proclaimed for a coming year is known here once that package is upgraded.
"""

from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Whether practices in England work on a day."""
    return day.weekday() < 5 and not is_bank_holiday(day)


def working_day_before(day: date) -> date:
    """The last working day before a day, which may be none itself."""
    day -= _DAY
    while not is_working_day(day):
        day -= _DAY
    return day


def is_bank_holiday(day: date) -> bool:
    """Whether a day is a bank holiday in England: one of its own, or a substitute for one at a weekend."""
    return day in _bank_holidays(day.year)


@lru_cache(maxsize=16)
def _bank_holidays(year: int) -> frozenset[date]:
    """A year's bank holidays. Not one calendar for all years: that fills itself when asked, which threads may spoil."""
    from holidays import country_holidays  # takes 130 ms the first time, and most processes never ask

    return frozenset(country_holidays("GB", subdiv="ENG", years=year, expand=False))


def days_later(day: date, count: int, *, working: bool) -> date:
    """The day so many days after another; with `working`, the working day that is the so-manieth after it."""
    if not working:
        return day + timedelta(days=count)
    for _ in range(count):
        day += _DAY
        while not is_working_day(day):
            day += _DAY
    return day


def days_before(day: date, count: int, *, working: bool) -> date:
    """The latest day of which `day`, or one before it, is so many days later: what `days_later` says of it."""
    earlier = day - timedelta(days=count)
    while days_later(earlier, count, working=working) > day:
        earlier -= _DAY
    return earlier
