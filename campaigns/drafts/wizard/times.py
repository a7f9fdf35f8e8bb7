"""A day and a time as staff type them, made one moment: forgiving about how people write, exact about what is wrong."""

import re
from datetime import UTC, date, datetime, time
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.forms import CharField

from core.date_input import DateBoxesField, whole_number
from core.wording import LONDON, nhs_date, nhs_time

_EXAMPLES = "9am, 9:30am or 14:00"
_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.]?(?P<minute>\d{2}))?(?P<half>am|pm)?", re.ASCII)
_NOON = {"midday", "noon", "12noon", "12midday"}
_MIDNIGHT = {"midnight", "12midnight", "12am", "12:00am", "12.00am", "1200am", "24", "24:00", "24.00", "2400"}


class DayField(DateBoxesField):
    """The day to send on. A year may be written with two digits: only days to come are meant."""

    called: ClassVar[str] = "Date"
    missing: ClassVar[str] = "Enter the date to send on"

    def year(self, written: str) -> int:
        """A year of four digits, or the last two of one of this century."""
        return 2000 + whole_number(written, "year", self.example_year) if len(written) == 2 else super().year(written)


class TimeField(CharField):
    """A time of day, cleaned to a `time`."""

    def clean(self, value: str) -> time:
        """The time that was typed. Raises ValidationError for what is none, or may be one of two."""
        written = "".join(str(super().clean(value)).lower().split()).replace("a.m", "am").replace("p.m", "pm")
        return _read(written.rstrip("."))


def _read(written: str) -> time:
    if written in _NOON:
        return time(12)
    if written in _MIDNIGHT:
        raise ValidationError("Midnight may be the start or the end of that day. Write 12:01am or 11:59pm")
    match = _TIME.fullmatch(written)
    if match is None:
        raise ValidationError(f"Enter a time, such as {_EXAMPLES}")
    try:
        return time(_hour(match), int(match["minute"] or 0))
    except ValueError:
        raise ValidationError(f"Enter a real time, such as {_EXAMPLES}") from None


def _hour(match: re.Match[str]) -> int:
    """The hour on a clock of 24 hours. Raises ValueError for none, ValidationError for one that may be two."""
    hour, half = int(match["hour"]), match["half"]
    if half and not 1 <= hour <= 12:
        raise ValueError
    if half:
        return hour % 12 + 12 * (half == "pm")
    if 1 <= hour <= 7 and not match["hour"].startswith("0"):
        # Nobody works at 2 in the night, and 2 is not how 24 hours are written: it may be either.
        minutes = f":{match['minute']}" if match["minute"] else ""
        raise ValidationError(f"Add am or pm to the time: {hour}{minutes}am or {hour}{minutes}pm")
    return hour


def moment(day: date, at: time) -> datetime:
    """That time of that day by the clocks in London, in UTC.

    Raises ValidationError when the clocks change so that the time is not there, or twice (inputs#sending-times).
    """
    local = datetime.combine(day, at, LONDON)
    if local.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValidationError(
            f"There is no {_clock(at)} on {nhs_date(day)}: the clocks go forward. Choose another time"
        )
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise ValidationError(
            f"{_clock(at)} on {nhs_date(day)} comes twice: the clocks go back. Choose a time before 1am or from 2am"
        )
    return local.astimezone(UTC)


def _clock(at: time) -> str:
    """A time of day in words, on a day on which every time is there."""
    return nhs_time(datetime.combine(date(2000, 1, 1), at, LONDON))
