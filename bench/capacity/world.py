"""A clinic, its patients and its telephone, hour by hour: what a way of inviting meets, and what came of it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import exp
from random import Random

DAYS = 14
HOURS = DAYS * 24
_OPENS = 9
"""The hour of the day at which a batch begins."""
DECIDES = range(8, 18)
"""The hours of the day at which more may be invited."""
LINK_HOURS = 168
DECLINES = 0.1
"""Of those who will not come, how many say so."""
SPEEDS = {"fast": [(1.0, 3.0, 1.2)], "slow": [(1.0, 16.0, 1.0)], "mixed": [(0.6, 1.5, 1.0), (0.4, 24.0, 0.9)]}
"""Share, median hours and spread of those who answer: not the curves that the product supposes."""
BY_PHONE = 0.01
"""Of all times in a day, those that go to patients who phone."""
SESSION = 0.1
"""Of all times, those of one session."""
SESSION_HOURS = 24, 24 * 4
"""Between which hours a session is cancelled or added."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of batch: its times, the share that comes, how soon they answer, and what happens meanwhile."""

    times: int
    uptake: float
    speed: str
    event: str = "nothing"
    """"nothing", "phone", "cancelled", "added", or "wrong past"."""


@dataclass
class World:
    """The state of one run, at one hour."""

    cell: Cell
    random: Random
    hour: int = 0
    free: int = 0
    booked: int = 0
    waiting: int = 0
    declined: int = 0
    phoned: int = 0
    all_times: int = 0
    full_at: int | None = None
    open_since: Counter[int] = field(default_factory=Counter)
    answer_hours: Counter[int] = field(default_factory=Counter)
    first_at: int | None = None
    _due: dict[int, list[tuple[int, int, bool]]] = field(default_factory=lambda: defaultdict(list))
    _session_at: int = 0

    def __post_init__(self) -> None:
        self.free = self.all_times = self.cell.times
        self._session_at = self.random.randrange(*SESSION_HOURS)

    @property
    def hour_of_day(self) -> int:
        """By the clock on the wall."""
        return (self.hour + _OPENS) % 24

    @property
    def open_hours(self) -> dict[int, int]:
        """The open invitations by the hours since their text."""
        ages = {self.hour - sent: count for sent, count in self.open_since.items()}
        return {age: count for age, count in ages.items() if count and age < LINK_HOURS}

    @property
    def lapsed(self) -> int:
        """The invitations whose links worked until nobody had answered them."""
        return sum(count for sent, count in self.open_since.items() if self.hour - sent >= LINK_HOURS)

    def invite(self, number: int) -> None:
        """Text so many patients now, each with an answer of their own in store."""
        if number and self.first_at is None:
            self.first_at = self.hour
        self.open_since[self.hour] += number
        for _ in range(number):
            draw = self.random.random()
            comes = draw < self.cell.uptake
            if not comes and draw > self.cell.uptake + DECLINES * (1 - self.cell.uptake):
                continue
            took = self._hours_to_answer()
            if took < LINK_HOURS:
                self._due[self.hour + int(took) + 1].append((self.hour, int(took), comes))

    def step(self) -> None:
        """An hour goes by: answers, calls and changed sessions come in, in this order."""
        self.hour += 1
        for sent, took, comes in self._due.pop(self.hour, ()):
            self.open_since[sent] -= 1
            if comes:
                self.answer_hours[took] += 1
                self.waiting += 1
            else:
                self.declined += 1
        self._seat()
        self._phone()
        if self.hour == self._session_at:
            self._change_session()
        if not self.free and self.full_at is None:
            self.full_at = self.hour

    def _seat(self) -> None:
        """Give what is free to those who have come and have no time yet."""
        seats = min(self.free, self.waiting)
        self.free, self.booked, self.waiting = self.free - seats, self.booked + seats, self.waiting - seats

    def _phone(self) -> None:
        calls = self.cell.event == "phone" and self.random.random() < self.cell.times * BY_PHONE / 24
        if calls and self.free:
            self.free -= 1
            self.phoned += 1

    def _change_session(self) -> None:
        times = round(self.cell.times * SESSION)
        if self.cell.event == "cancelled":
            gone = min(times, self.free)
            self.free, self.all_times = self.free - gone, self.all_times - gone
        if self.cell.event == "added":
            self.free, self.all_times, self.full_at = self.free + times, self.all_times + times, None
            self._seat()

    def _hours_to_answer(self) -> float:
        parts = SPEEDS[self.cell.speed]
        share, median, spread = parts[0]
        if len(parts) > 1 and self.random.random() >= share:
            _, median, spread = parts[1]
        return median * exp(spread * self.random.gauss(0, 1))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run: shares (0 to 1) of times unused and of those who came and had none; days until full."""

    unused: float
    turned_away: float
    days: float


def result_of(world: World) -> Result:
    """The result at the end; a clinic that was never full took all the days."""
    came = world.booked + world.waiting
    full_at = world.full_at if world.full_at is not None and not world.free else HOURS
    return Result(world.free / max(world.all_times, 1), world.waiting / max(came, 1), full_at / 24)
