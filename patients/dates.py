"""Dates of birth as lists write them: day first, or ISO. Month first is never tried."""

import re
from datetime import date

from patients.reasons import Reason

OLDEST_YEARS = 120

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        1,
    )
    for name in names
}
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.\- ])([0-9]{1,2})\2([0-9]{4})")
_DAY_NAMED_MONTH = re.compile(r"([0-9]{1,2})[/.\- ]?([A-Za-z]{3,9})[/.\- ,]*([0-9]{4}|[0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MIDNIGHT = re.compile(r"[T ]0?0:00(:00(\.0+)?)?Z?$")
# Excel counts days from 1900: five digits from 1927 on. Four digits are one too, unless they look like a year.
_SERIAL = re.compile(r"([0-9]{5}|(?!19|20)[0-9]{4})(\.0+)?")


class NotABirthDate(Exception):
    """The text is no date of birth that we can be sure of; `reason` says why. Never carries the text."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason."""
        super().__init__(reason.value)
        self.reason = reason


def parse_birth_date(written: str, *, today: date) -> date:
    """Read a date of birth: 09/03/1958, 9-Mar-1958, 09-Mar-58 or 1958-03-09. Raises NotABirthDate.

    A two-digit year after a named month is the latest one that is not in the future; elsewhere it is refused,
    because 01/02/03 can be three days. A time of midnight after the date, which databases add, is ignored.
    """
    text = _MIDNIGHT.sub("", " ".join(written.split()))
    if not text:
        raise NotABirthDate(Reason.BIRTH_MISSING)
    year, month, day = _parts(text)
    if year < 100:
        year += today.year // 100 * 100
        if (year, month, day) > (today.year, today.month, today.day):
            year -= 100
    try:
        born = date(year, month, day)
    except ValueError:
        raise NotABirthDate(Reason.BIRTH_IMPOSSIBLE) from None
    if born > today:
        raise NotABirthDate(Reason.BIRTH_FUTURE)
    if (today.year - born.year, today.month, today.day) > (OLDEST_YEARS, born.month, born.day):
        raise NotABirthDate(Reason.BIRTH_TOO_OLD)
    return born


def _parts(text: str) -> tuple[int, int, int]:
    """Year, month and day as they stand; the year may have two digits."""
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
