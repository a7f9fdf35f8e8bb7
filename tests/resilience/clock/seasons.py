"""Days on which clocks and calendars do what programs forget: what is the time, and what is it called?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import time_machine

from tests.booking.surgery import Surgery


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot's start, written in UTC as `2026-10-25T00:30`, and what a patient calls it."""

    utc: str
    day: str
    time: str

    @property
    def start(self) -> datetime:
        return datetime.fromisoformat(f"{self.utc}:00+00:00")

    @property
    def words(self) -> str:
        """As pages and texts say it."""
        return f"{self.day} at {self.time}"


@dataclass(frozen=True, slots=True)
class Season:
    """When it is now, in UTC, and the slots that there are, in order."""

    name: str
    now: str
    slots: tuple[Slot, ...]

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(f"{self.now}:00+00:00")

    def travel(self, **later: float) -> time_machine.travel:
        """Be there, or so much later."""
        return time_machine.travel(self.moment + timedelta(**later))

    def fill(self, surgery: Surgery) -> list[int]:
        """Put the slots in the surgery's book; their ids."""
        return [surgery.session(start=f"{slot.utc}:00+00:00", count=1) for slot in self.slots]


SPRING = Season(
    "the clocks go forward",
    "2026-03-26T10:00",
    (
        Slot("2026-03-28T09:00", "Saturday 28 March 2026", "9am"),
        Slot("2026-03-29T00:30", "Sunday 29 March 2026", "12:30am"),
        Slot("2026-03-29T01:00", "Sunday 29 March 2026", "2am"),
        Slot("2026-03-29T08:00", "Sunday 29 March 2026", "9am"),
        Slot("2026-03-29T11:00", "Sunday 29 March 2026", "midday"),
        Slot("2026-03-29T23:30", "Monday 30 March 2026", "12:30am"),
    ),
)
AUTUMN = Season(
    "the clocks go back",
    "2026-10-22T10:00",
    (
        Slot("2026-10-24T08:00", "Saturday 24 October 2026", "9am"),
        Slot("2026-10-24T23:30", "Sunday 25 October 2026", "12:30am"),
        Slot("2026-10-25T00:30", "Sunday 25 October 2026", "1:30am (before the clocks go back)"),
        Slot("2026-10-25T01:30", "Sunday 25 October 2026", "1:30am (after the clocks go back)"),
        Slot("2026-10-25T02:00", "Sunday 25 October 2026", "2am"),
        Slot("2026-10-25T12:00", "Sunday 25 October 2026", "midday"),
        Slot("2026-10-25T23:30", "Sunday 25 October 2026", "11:30pm"),
    ),
)
SUMMER_NIGHT = Season(
    "half past eleven in UTC is the next day in London",
    "2026-07-01T23:30",
    (
        Slot("2026-07-02T08:00", "Thursday 2 July 2026", "9am"),
        Slot("2026-07-02T22:30", "Thursday 2 July 2026", "11:30pm"),
        Slot("2026-07-02T23:30", "Friday 3 July 2026", "12:30am"),
    ),
)
LEAP_DAY = Season(
    "there is a 29 February",
    "2028-02-28T10:00",
    (
        Slot("2028-02-28T23:45", "Monday 28 February 2028", "11:45pm"),
        Slot("2028-02-29T09:00", "Tuesday 29 February 2028", "9am"),
        Slot("2028-02-29T16:30", "Tuesday 29 February 2028", "4:30pm"),
        Slot("2028-03-01T09:00", "Wednesday 1 March 2028", "9am"),
    ),
)
NEW_YEAR = Season(
    "the year ends",
    "2026-12-31T18:00",
    (
        Slot("2026-12-31T23:50", "Thursday 31 December 2026", "11:50pm"),
        Slot("2027-01-01T00:10", "Friday 1 January 2027", "12:10am"),
        Slot("2027-01-04T09:00", "Monday 4 January 2027", "9am"),
    ),
)
SEASONS = (SPRING, AUTUMN, SUMMER_NIGHT, LEAP_DAY, NEW_YEAR)
EVERY_SLOT = [(season, number) for season in SEASONS for number in range(len(season.slots))]


def name_of(value: object) -> str:
    """What a test's name says of a season, or of the number of a slot."""
    return value.name if isinstance(value, Season) else str(value)
