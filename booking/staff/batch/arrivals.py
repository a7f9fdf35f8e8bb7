"""When a batch's answers came, booked and declined: by the hour at first, by the day later, by the week in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, FinalFigures
from core.wording import LONDON, local, nhs_date, nhs_time

Unit = Literal["hour", "day", "week"]

_HOURS_FOR = timedelta(hours=36)
_DAYS_FOR = timedelta(days=60)

# A patient's first booking is when they answered: moving it later is no new answer. Each answer counts once, so that
# the columns add up to the funnel's figures.
_ANSWERS = """
SELECT
    date_trunc(%(unit)s, at, 'Europe/London') AS since,
    count(*) FILTER (WHERE booked),
    count(*) FILTER (WHERE NOT booked)
FROM (
    SELECT min(one.created_at) AS at, TRUE AS booked
    FROM campaigns_invitation AS invited JOIN booking_booking AS one ON one.invitation_id = invited.id
    WHERE invited.campaign_id = %(campaign)s AND invited.state = 'booked'
    GROUP BY invited.id
    UNION ALL
    SELECT declined.declined_at, FALSE
    FROM campaigns_invitation AS invited JOIN booking_decline AS declined ON declined.invitation_id = invited.id
    WHERE invited.campaign_id = %(campaign)s AND invited.state = 'declined'
) AS answers
GROUP BY since ORDER BY since
"""


@dataclass(frozen=True, slots=True)
class Column:
    """The answers of one hour, day or week, and its name in words."""

    name: str
    booked: int
    declined: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One column as a picture has it: where it stands, and how far it goes up for booked and down for declined."""

    x: int
    up: float
    down: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The answers of a batch from its beginning until now, one column after the other, with none left out."""

    unit: Unit
    columns: Sequence[Column]

    @property
    def busiest(self) -> Column:
        """The column with the most bookings; the first of several."""
        return max(self.columns, key=lambda column: column.booked)

    @property
    def width(self) -> int:
        """Of the picture, in its own units. A few columns do not fill it: they would be blocks."""
        return max(len(self.columns), 24) * 10

    @property
    def axis(self) -> float:
        """How far down the line between booked (above) and declined (below) is, of 100."""
        up, down = self._tallest
        return round(100 * up / (up + down), 2)

    @property
    def _tallest(self) -> tuple[int, int]:
        up, down = (max(getattr(column, name) for column in self.columns) for name in ("booked", "declined"))
        return (up, down) if up or down else (1, 0)

    @property
    def drawn(self) -> list[Drawn]:
        """The columns of the picture, all to one scale."""
        scale = 100 / sum(self._tallest)
        return [
            Drawn(number * 10 + 1, round(column.booked * scale, 2), round(column.declined * scale, 2))
            for number, column in enumerate(self.columns)
        ]


def arrivals(campaign: Campaign) -> Arrivals | None:
    """A batch's answers over time, in one query; None before there are any."""
    began, now = campaign.starts_at or campaign.started_at or campaign.created_at, timezone.now()
    unit = _unit(now - began)
    if campaign.is_erased:
        unit, counts = _final(campaign)
    else:
        counts = _counts(campaign, unit)
    if not counts:
        return None
    starts = _starts(unit, min(began, *counts), max(counts))
    return Arrivals(unit, [Column(_name(unit, start), *counts.get(start, (0, 0))) for start in starts])


def by_day(campaign: Campaign) -> list[tuple[str, int, int]]:
    """A batch's answers for each day in London that has any, as they are stored: day, booked, declined."""
    return [(local(since).date().isoformat(), *both) for since, both in sorted(_counts(campaign, "day").items())]


def _counts(campaign: Campaign, unit: Unit) -> dict[datetime, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, {"unit": unit, "campaign": campaign.id})
        return {since: (up, down) for since, up, down in cursor.fetchall()}


def _final(campaign: Campaign) -> tuple[Unit, dict[datetime, tuple[int, int]]]:
    """The stored answers of a batch whose patients were erased: by the day, or by the week where they came for long."""
    final = FinalFigures.objects.filter(campaign=campaign).first()
    days = [(date.fromisoformat(day), up, down) for day, up, down in (final.answers if final else [])]
    long = bool(days) and days[-1][0] - days[0][0] > _DAYS_FOR
    counts: dict[datetime, tuple[int, int]] = {}
    for day, up, down in days:
        start = datetime.combine(day - timedelta(days=day.weekday()) if long else day, time(), LONDON)
        before = counts.get(start, (0, 0))
        counts[start] = (before[0] + up, before[1] + down)
    return ("week" if long else "day"), counts


def _unit(lasted: timedelta) -> Unit:
    return "hour" if lasted <= _HOURS_FOR else "day" if lasted <= _DAYS_FOR else "week"


def _starts(unit: Unit, first: datetime, last: datetime) -> list[datetime]:
    """The beginning of each hour, day or week by the clocks in London, from that of `first` to `last`."""
    if unit == "hour":
        begin = first.replace(minute=0, second=0, microsecond=0)  # clocks there differ by whole hours
        return [begin + timedelta(hours=n) for n in range(int((last - begin) / timedelta(hours=1)) + 1)]
    day = local(first).date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    step = timedelta(days=7 if unit == "week" else 1)
    days = [day + step * n for n in range((local(last).date() - day) // step + 1)]
    return [datetime.combine(start_day, time(), LONDON) for start_day in days]


def _name(unit: Unit, start: datetime) -> str:
    if unit == "hour":
        return f"{nhs_date(start)}, {nhs_time(start)} to {nhs_time(start + timedelta(hours=1))}"
    return f"Week from {nhs_date(start)}" if unit == "week" else nhs_date(start)
