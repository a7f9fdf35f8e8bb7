"""How the days ahead may go: the decisions played forward, as if as many came as is expected, or few, or many.

Each course has the uptake that it is named by, and answers as fast as is supposed before there are any; what the
decisions then know is what the course has shown by then, so that the first waves are as small as they will be
(pacing#forecast).
"""

from dataclasses import dataclass, field, replace

import numpy as np

from campaigns.pacing.answer_times import LONGEST_HOURS, Floats, answer_times
from campaigns.pacing.decision import decide
from campaigns.pacing.estimate import estimate
from campaigns.pacing.known import Known

MOST_DECISIONS = 60
"""In one course: decisions further apart would be less like those to come."""
HOURS_APART = 12
"""Decisions of a course, at the least: those between make waves smaller, and the course no other."""
LOW, HIGH = 0.1, 0.9
"""The probabilities that the uptake is below that of the low course, and of the high one."""


@dataclass(frozen=True, slots=True)
class Course:
    """One way in which it may go. `booked` and `invited` are totals at the end of each day, from the first one on.

    `days` is how many pass until every time is booked; None if some stay free. `reached` is how many patients are
    invited in all, `left_over` how many times stay free.
    """

    uptake: float
    booked: tuple[int, ...]
    invited: tuple[int, ...]
    days: int | None
    reached: int
    left_over: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The courses when few come, as many as expected, and many."""

    low: Course
    middle: Course
    high: Course

    @property
    def band(self) -> list[tuple[int, int, int]]:
        """For each day how many have booked by its end: the fewest, as expected, and the most."""
        days = zip(self.low.booked, self.middle.booked, self.high.booked, strict=True)
        return [(min(day), day[1], max(day)) for day in days]


def forecast(known: Known) -> Forecast:
    """What to expect of the days that are left, in at most MOST_DECISIONS decisions for each course."""
    mean, low, high = estimate(known).uptake_between(LOW, HIGH)
    return Forecast(_course(known, low), _course(known, min(max(mean, low), high)), _course(known, high))


@dataclass(slots=True)
class _Clinic:
    """The state of a course at one hour after its beginning. `sent` counts invitations by the hour of their text."""

    known: Known
    uptake: float
    hour: int = 0
    invited: int = 0
    came: int = 0
    sent: dict[int, int] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)

    def seen(self) -> Known:
        """What is known at this hour."""
        start = self.known
        seats = min(start.free, start.waiting + self.came)
        answered = self._answered()
        open_hours = {self.hour - at: count - answered.get(at, 0) for at, count in self.sent.items()}
        return replace(
            start,
            free=start.free - seats,
            booked=start.booked + seats,
            waiting=start.waiting + self.came - seats,
            left=start.left - self.invited,
            open_hours={hours: count for hours, count in open_hours.items() if count and hours < start.link_hours},
            answer_hours=self.answers,
            hours_since_first=start.hours_since_first + self.hour,
            hours_left=max(1, start.hours_left - self.hour),
            watched_days=start.watched_days + self.hour / 24,
            most=start.most,
        )

    def _answered(self) -> dict[int, int]:
        """How many of each hour's have come since the course began: of those open then, whoever answers later."""
        shares = _answered_by()
        came = {}
        for at, count in self.sent.items():
            before, now = shares[min(max(-at, 0), LONGEST_HOURS)], shares[min(self.hour - at, LONGEST_HOURS)]
            of_open = self.uptake * (now - before) / (1 - self.uptake * before)
            came[at] = int(count * of_open + 0.5)
        return came

    def go_on(self, hours: int) -> None:
        """Let hours pass: who comes in them has come."""
        before = self._answered()
        self.hour += hours
        for at, count in self._answered().items():
            new = count - before.get(at, 0)
            if new > 0:
                self.came += new
                took = min(max(self.hour - hours // 2 - at, 0), LONGEST_HOURS - 1)
                self.answers[took] = self.answers.get(took, 0) + new


def _answered_by() -> Floats:
    """By hour the share that has answered by then, as is supposed before any answer."""
    times = answer_times()
    shares: Floats = np.exp(times.log_weight) @ times.answered
    return shares


def _course(known: Known, uptake: float) -> Course:
    steps = max(1, min(MOST_DECISIONS, known.hours_left // HOURS_APART))
    apart = max(1, known.hours_left // steps)
    sent = {-hours: count for hours, count in known.open_hours.items()}
    clinic = _Clinic(known, uptake, sent=sent, answers=dict(known.answer_hours))
    booked, invited, today, full_on = [], [], 0, None
    for step in range(steps):
        seen = clinic.seen()
        if known.most is not None:
            seen = replace(seen, most=max(0, known.most - today))
        number = decide(seen).number if seen.left and seen.room else 0
        clinic.sent[clinic.hour] = clinic.sent.get(clinic.hour, 0) + number
        clinic.invited, today = clinic.invited + number, today + number
        day = clinic.hour // 24
        clinic.go_on(apart)
        after = clinic.seen()
        if full_on is None and not after.free:
            full_on = clinic.hour // 24 + 1
        ends = clinic.hour // 24 if step < steps - 1 else max(clinic.hour // 24, day + 1)
        for _ in range(day, ends):
            booked.append(after.booked)
            invited.append(clinic.invited)
            today = 0
    end = clinic.seen()
    return Course(uptake, tuple(booked), tuple(invited), full_on, clinic.invited, end.free)
