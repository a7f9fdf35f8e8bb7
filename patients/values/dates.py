"""Dates of birth as lists write them: day first, or ISO. Month first is never tried."""

import re
from calendar import month_abbr, month_name
from contextlib import suppress
from datetime import date
from typing import NamedTuple

from patients.reasons import Reason

OLDEST_YEARS = 120
OLDEST_SHORT_YEARS = 110
"""Nobody older is meant by a year of two digits: of so few people alive, hardly one is on any practice's list."""

# The names are English wherever we run: they follow a locale only where a program calls setlocale, as none here does.
_SHORT_MONTHS = {name: number for number, name in enumerate(month_abbr) if number}
_MONTHS = {
    name.lower(): number for names in (month_abbr, month_name) for number, name in enumerate(names) if number
} | {"sept": 9}
_TWO_DIGITS = {f"{number:02}": number for number in range(100)}
_FOUR_DIGITS = {f"{number:04}": number for number in range(1800, 2200)}
# Year and month by what stands behind the day: -Mar-1958 and /03/1958.
_USUAL_MONTHS = {
    written: (year, number)
    for year in range(1900, 2100)
    for name, number in _SHORT_MONTHS.items()
    for written in (f"-{name}-{year}", f"/{number:02}/{year}")
}
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.\- ])([0-9]{1,2})\2([0-9]{4})")
_DAY_NAMED_MONTH = re.compile(r"([0-9]{1,2})[/.\- ]?([A-Za-z]{3,9})[/.\- ,]*([0-9]{4}|[0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
MIDNIGHT = re.compile(r"[T ]0?0:00(:00(\.0+)?)?Z?$")
"""The time that databases and spreadsheets add to a date."""

# Excel counts days from 1900: five digits from 1927 on. Four digits are one too, unless they look like a year.
_SERIAL = re.compile(r"([0-9]{5}|(?!19|20)[0-9]{4})(\.0+)?")


class NotABirthDate(Exception):
    """The text is no date of birth that we can be sure of; `reason` says why. Never carries the text."""

    def __init__(self, reason: Reason) -> None:
        """`reason` is what staff are told about the row."""
        super().__init__(reason.value)
        self.reason = reason


class BirthDate(NamedTuple):
    """A date of birth; `century_taken` says that its year was written with two digits."""

    day: date
    century_taken: bool


class BirthDates:
    """Reads the dates of birth of one list; what depends on the day it is read on is settled once."""

    def __init__(self, today: date) -> None:
        """`today` is the day in London."""
        self._today = today
        # A birthday on 29 February that there was not is kept on 1 March.
        self._oldest = _same_day(today, -OLDEST_YEARS, otherwise=date(today.year - OLDEST_YEARS, 3, 1))

    def plain(self, written: str) -> date | None:
        """The day of a date of birth written 09-Mar-1958, 09/03/1958 or 1958-03-09, each part read by its place.

        Nearly all are written so. None for all else, also for a day that there was not or that cannot be right.
        """
        try:
            if (month := _USUAL_MONTHS.get(written[2:])) is not None:
                born = date(month[0], month[1], _TWO_DIGITS[written[:2]])
            elif len(written) == 10 and written[4] == written[7] == "-":
                born = date(_FOUR_DIGITS[written[:4]], _TWO_DIGITS[written[5:7]], _TWO_DIGITS[written[8:]])
            else:
                return None
        except (KeyError, ValueError):
            return None
        return born if self._oldest <= born <= self._today else None

    def read(self, written: str) -> BirthDate:
        """Read 09/03/1958, 9-Mar-1958, 09-Mar-58 or 1958-03-09. Raises NotABirthDate.

        A two-digit year after a named month is the one that leaves somebody alive; where it may be either of two, as
        with a child of one year and somebody of 101, it is refused. Without a named month it always is, because
        01/02/03 can be three days. A time of midnight after the date, which databases add, is ignored.
        """
        year, month, day = _parts(written)
        if year < 100:
            days = self._days_of_short_year(year, month, day)
            if len(days) > 1:
                raise NotABirthDate(Reason.BIRTH_AMBIGUOUS)
            return BirthDate(days[0], century_taken=True)
        return BirthDate(self._past(year, month, day), century_taken=False)

    def _past(self, year: int, month: int, day: int) -> date:
        """A day on which somebody alive may have been born. Raises NotABirthDate."""
        try:
            born = date(year, month, day)
        except ValueError:
            raise NotABirthDate(Reason.BIRTH_IMPOSSIBLE) from None
        if born > self._today:
            raise NotABirthDate(Reason.BIRTH_FUTURE)
        if born < self._oldest:
            raise NotABirthDate(Reason.BIRTH_TOO_OLD)
        return born

    def _days_of_short_year(self, year: int, month: int, day: int) -> tuple[date, ...]:
        """The days, in any century, that people alive may be born on; the latest first. Raises NotABirthDate."""
        century = self._today.year // 100 * 100
        days = []
        for whole_year in (century + year, century + year - 100):
            with suppress(NotABirthDate):
                days.append(self._past(whole_year, month, day))
        usual = tuple(born for born in days if age_on(born, self._today) <= OLDEST_SHORT_YEARS)
        if not days:
            raise NotABirthDate(Reason.BIRTH_IMPOSSIBLE)
        return usual or tuple(days)


def age_on(born: date, today: date) -> int:
    """Whole years of age. Somebody born on 29 February is a year older on 1 March when there is no such day."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def latest_birth(age: int, today: date) -> date:
    """The latest day of birth at which somebody is at least so old today: `age_on` turned round."""
    return _same_day(today, -age, otherwise=date(today.year - age, 2, 28))


def _same_day(day: date, years: int, *, otherwise: date) -> date:
    """The same day so many years on; `otherwise` when that year has no 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return otherwise


def _parts(written: str) -> tuple[int, int, int]:
    """Year, month and day of any spelling, as they stand; the year may have two digits. Raises NotABirthDate."""
    text = MIDNIGHT.sub("", " ".join(written.split()))
    if not text:
        raise NotABirthDate(Reason.BIRTH_MISSING)
    if match := _DAY_FIRST.fullmatch(text):
        return _year(match[4]), int(match[3]), int(match[1])
    if match := _ISO.fullmatch(text):
        return _year(match[1]), int(match[2]), int(match[3])
    if (match := _DAY_NAMED_MONTH.fullmatch(text)) and (month := _MONTHS.get(match[2].lower())):
        return _year(match[3]), month, int(match[1])
    raise NotABirthDate(Reason.BIRTH_SERIAL if _SERIAL.fullmatch(text) else Reason.BIRTH_UNREADABLE)


def _year(digits: str) -> int:
    """Two digits mean themselves; four digits such as 0058 mean a year of long ago, never 1958."""
    return int(digits) if len(digits) == 2 else max(int(digits), 100)
