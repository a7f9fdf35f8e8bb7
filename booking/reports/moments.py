"""When an appointment begins, as reports write it: day first, or ISO, by the clocks in London."""

import re
from calendar import month_abbr, month_name
from datetime import UTC, date, datetime, time

from core.wording import LONDON

_MONTHS = {
    name.lower(): number for names in (month_abbr, month_name) for number, name in enumerate(names) if number
} | {"sept": 9}
_WEEKDAY = re.compile(r"(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?,? +", re.I)
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.\- ])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_DAY_NAMED_MONTH = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[/.\- ]?([A-Za-z]{3,9})[/.\- ,]*([0-9]{4}|[0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2})(?:\.[0-9]+)?)? ?(am|pm|a\.m\.|p\.m\.)?", re.I)
_HOUR = re.compile(r"([0-9]{1,2}) ?(am|pm|a\.m\.|p\.m\.)", re.I)
_FOUR_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})")
_PART_OF_A_DAY = re.compile(r"0?\.[0-9]+(?:[eE]-[0-9]+)?")
"""A time as a workbook keeps it where its cell is not shown as a date."""
_DAY_AND_TIME = re.compile(
    r"(.*?[0-9])(?:T| +at +|, *| +- +| +)([0-9]{1,2}(?:[:.][0-9]{2})+(?:\.[0-9]+)? ?(?:[ap]\.?m\.?)?"
    r"|[0-9]{1,2} ?[ap]\.?m\.?)Z?",
    re.I,
)
_NOON = 12
_MINUTES = 24 * 60


class NotAMoment(Exception):
    """The cells do not say when. Never carries what they say."""


def read_moment(day: str, at: str) -> datetime:
    """When an appointment begins, in UTC, from its date and its time; the date's cell may have both.

    Raises NotAMoment: also for a time that the clocks in London leave out.
    """
    written = " ".join(day.split())
    written = _WEEKDAY.sub("", written, count=1) if _WEEKDAY.match(written) else written
    if at.strip():
        on, clock = _day(_without_time(written)), _time(" ".join(at.split()))
    elif match := _DAY_AND_TIME.fullmatch(written):
        on, clock = _day(match[1]), _time(match[2])
    else:
        raise NotAMoment
    local = datetime.combine(on, clock, LONDON)
    moment = local.astimezone(UTC)
    if moment.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NotAMoment
    return moment


def _without_time(written: str) -> str:
    """The date of a cell that has a time too: midnight as databases add it, or the one that stands by itself."""
    match = _DAY_AND_TIME.fullmatch(written)
    return match[1] if match else written


def _day(written: str) -> date:
    """Day first, with a month in digits or as a name; a year of two digits is of this century."""
    if match := _DAY_FIRST.fullmatch(written):
        parts = match[4], int(match[3]), int(match[1])
    elif match := _ISO.fullmatch(written):
        parts = match[1], int(match[2]), int(match[3])
    elif (match := _DAY_NAMED_MONTH.fullmatch(written)) and (month := _MONTHS.get(match[2].lower())):
        parts = match[3], month, int(match[1])
    else:
        raise NotAMoment
    year = int(parts[0]) + (2000 if len(parts[0]) == 2 else 0)
    try:
        return date(year, parts[1], parts[2])
    except ValueError:
        raise NotAMoment from None


def _time(written: str) -> time:
    if at := _DAY_AND_TIME.fullmatch(written):
        written = at[2]  # a workbook's cell with the date once more
    if match := _TIME.fullmatch(written):
        return _clock(int(match[1]), int(match[2]), match[4] or "")
    if match := _HOUR.fullmatch(written):
        return _clock(int(match[1]), 0, match[2])
    if match := _FOUR_DIGITS.fullmatch(written):
        return _clock(int(match[1]), int(match[2]), "")
    if _PART_OF_A_DAY.fullmatch(written):
        hour, minute = divmod(round(float(written) * _MINUTES), 60)
        return _clock(hour, minute, "")
    raise NotAMoment


def _clock(hour: int, minute: int, half: str) -> time:
    if half:
        if not 1 <= hour <= _NOON:
            raise NotAMoment
        hour = hour % _NOON + (_NOON if half.lower().startswith("p") else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise NotAMoment from None
