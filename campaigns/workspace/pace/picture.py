"""How a paced batch's clinic fills, as a picture from the server and the numbers beside it.

To the left of the last decision stands what was known at each of them, to the right of it what was expected then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from campaigns.models import PacingDecision
from core.wording import nhs_date

WIDTH, HEIGHT = 1000, 300
_FILLED = 0.95
"""Of the height: no line lies on the edge."""
_MOST_POINTS = 400
"""So many decisions are drawn at most: more lie on one another."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is expected by the end of one day: how many have booked, if few come, as expected, and if many do."""

    name: str
    low: int
    middle: int
    high: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The points of the lines and areas of an SVG of WIDTH by HEIGHT, and what they are drawn from.

    `times` are all the appointments that the batch has or had, `booked` and `open` its patients; `band` is the
    forecast, and `next_x` where the next decision is due, None when none is.
    """

    times: str
    booked: str
    open: str
    band: str
    middle: str
    now_x: float
    next_x: float | None
    first_name: str
    last_name: str
    ahead: Sequence[Ahead]


def picture(decisions: Sequence[PacingDecision], next_at: datetime | None) -> Picture | None:
    """A batch's decisions, the earliest first, and what was expected at the last of them; None without any."""
    if not decisions:
        return None
    last = decisions[-1]
    ahead = _ahead(last)
    began = decisions[0].at
    ends = last.at + timedelta(days=max(len(ahead), 1))
    scale = _Scale(began, ends, _tallest(decisions, ahead))
    drawn = [*decisions[:: max(1, len(decisions) // _MOST_POINTS)], last]
    days = [(last.at + timedelta(days=number), day) for number, day in enumerate(ahead, start=1)]
    start = scale.point(last.at, last.booked)
    upper = [scale.point(at, day.high) for at, day in days]
    lower = [scale.point(at, day.low) for at, day in days]
    steps = _steps([(row.at, row.free + row.booked) for row in drawn])
    return Picture(
        times=" ".join(scale.point(at, count) for at, count in [*steps, (ends, last.free + last.booked)]),
        booked=_area(scale, [(row.at, row.booked) for row in drawn]),
        open=" ".join(scale.point(at, count) for at, count in _steps([(row.at, row.open) for row in drawn])),
        band=" ".join([start, *upper, *reversed(lower)]) if days else "",
        middle=" ".join([start, *(scale.point(at, day.middle) for at, day in days)]),
        now_x=scale.x(last.at),
        next_x=scale.x(next_at) if next_at is not None and next_at <= ends else None,
        first_name=nhs_date(began),
        last_name=nhs_date(ends),
        ahead=ahead,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """From moments and counts to the picture's own units."""

    began: datetime
    ends: datetime
    tallest: int

    def x(self, at: datetime) -> float:
        return round(WIDTH * min(1.0, max(0.0, (at - self.began) / (self.ends - self.began))), 1)

    def y(self, count: int) -> float:
        return round(HEIGHT * (1 - _FILLED * count / self.tallest), 1)

    def point(self, at: datetime, count: int) -> str:
        return f"{self.x(at)},{self.y(count)}"


def _tallest(decisions: Sequence[PacingDecision], ahead: Sequence[Ahead]) -> int:
    heights = [max(row.free + row.booked, row.open) for row in decisions]
    return max([*heights, *(day.high for day in ahead), 1])


def _steps(values: list[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """What was known holds until the next decision."""
    steps = [values[0]]
    for (_, before), (at, count) in pairwise(values):
        steps += [(at, before), (at, count)]
    return steps


def _area(scale: _Scale, values: list[tuple[datetime, int]]) -> str:
    points = [scale.point(at, count) for at, count in _steps(values)]
    return " ".join([scale.point(values[0][0], 0), *points, scale.point(values[-1][0], 0)])


def _ahead(last: PacingDecision) -> list[Ahead]:
    """The days after a decision as they were forecast then; none where there is no forecast, or all are invited."""
    stored: dict[str, Any] = last.forecast or {}
    if not stored:
        return []
    courses = (stored["low"]["booked"], stored["middle"]["booked"], stored["high"]["booked"])
    rows = zip(*courses, strict=True)
    return [
        Ahead(nhs_date(last.at + timedelta(days=number)), min(row), row[1], max(row))
        for number, row in enumerate(rows, start=1)
    ]
