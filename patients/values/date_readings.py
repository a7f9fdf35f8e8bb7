"""Every day that a date of birth may be, as it is written: for a comparison, where one of them is enough.

`dates` reads what is certain, because a patient is asked for it. Here nothing is decided: 03/04/58 is taken for every
day that somebody may have meant by it.
"""

import re
from calendar import month_abbr
from collections.abc import Iterator
from datetime import date

from patients.values.dates import MIDNIGHT, OLDEST_YEARS, BirthDates, NotABirthDate

_SEPARATED = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{2})")
_NAMED = re.compile(r"([0-9]{1,2})[/.\- ]?([A-Za-z]{3,9})[/.\- ,]*([0-9]{2})")
_MONTHS = [name.lower() for name in month_abbr]


def birth_readings(written: str, today: date) -> frozenset[date]:
    """All days that a cell may mean; none where it is no date. `today` is the day in London.

    A year of two digits is of either century, as long as it is no later than today and no more than 120 years ago.
    """
    text = MIDNIGHT.sub("", " ".join(written.strip().removeprefix("=").strip("\"'").split()))
    if short := list(_short(text)):
        days = {day for year, month, day_number in short for day in _days(year, month, day_number)}
        return frozenset(day for day in days if day <= today and day.year >= today.year - OLDEST_YEARS)
    try:
        return frozenset({BirthDates(today).read(text).day})
    except NotABirthDate:
        return frozenset()


def _short(text: str) -> Iterator[tuple[int, int, int]]:
    """Year, month and day in every order, of a date whose year has two digits."""
    if match := _SEPARATED.fullmatch(text):
        first, two, three = (int(number) for number in match.groups())
        yield from ((three, two, first), (three, first, two), (first, two, three))
    elif (match := _NAMED.fullmatch(text)) and (month := match[2].lower()[:3]) in _MONTHS:
        yield int(match[3]), _MONTHS.index(month), int(match[1])


def _days(year: int, month: int, day: int) -> Iterator[date]:
    """The day in both centuries, where there was one."""
    for century in (1900, 2000):
        try:
            yield date(century + year, month, day)
        except ValueError:
            continue
