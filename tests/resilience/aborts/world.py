"""What moves the batch: workers, beat, web, the passing of time, and perhaps one death."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from celery import current_app
from django.core.cache import cache
from django.db.models import Min, Q
from django.utils import timezone

from booking.models import Booking
from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from integrations.models import ChannelConnection, NotifyConnection
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import MessageState
from practices.models import Practice
from selfbook.celery import DAILY, app
from tests.resilience.aborts.delivery import Delivery, Hint
from tests.resilience.aborts.inbox import Receipt
from tests.resilience.aborts.points import Point
from tests.resilience.aborts.processes import Killed, killed_at
from tests.resilience.aborts.scene import Scene

Answer = TypeVar("Answer")
_LADDER = ["queued", "sent", "delivered", "undelivered", "failed"]
_MOST_TURNS = 60

_APART = frozenset(
    {
        *(task for task, _ in DAILY.values()),
        "booking.forget_addresses",
        "booking.read_reports",
        "booking.sweep_reported",
        "practices.repair_journal",
        "practices.seal_audit",
        "practices.send_alerts",
        "practices.write_journal",
    }
)
"""Sweeps that have no part in the course of a batch. A journey in which one of them dies has it; others go on without,
which saves them a third of their time."""


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of work of one process: a request to the web, a task of a worker, a turn of beat."""

    name: str
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Death:
    """Which step's process dies, and at which of its points (from 1).

    `again`: what was under way comes a second time by itself: the broker hands out the task again, Twilio posts the
    receipt again, the patient presses again on the same page. Otherwise Redis is lost, with every hint and the cache,
    the receipt is lost, and the patient begins again with the link, in another browser.
    """

    step: int
    point: int
    name: str
    again: bool


AfterDeath = Callable[["World"], None]
"""Something that a test has happen as soon as a process has died."""


@dataclass
class World(Scene):
    """The scene, and the processes that play in it. `recovered_in` is how long it took until a death was made good."""

    death: Death | None = None
    delivery: Delivery = field(default_factory=Delivery)
    after_death: AfterDeath = lambda world: None
    steps: list[Step] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    later: list[tuple[datetime, Hint]] = field(default_factory=list)
    lost: list[Hint] = field(default_factory=list)
    history: list[Hint] = field(default_factory=list)
    watchers: list[Callable[[], None]] = field(default_factory=list)
    died_at: Point | None = None
    dead: bool = False
    recovered_in: timedelta | None = None

    def __post_init__(self) -> None:
        self.around.send_hints_to(self._take_hint)
        self._posted = 0
        self._died_when: datetime | None = None
        super().__post_init__()

    def step(self, name: str, work: Callable[[], Answer]) -> Answer:
        """Do one piece of work. Raises Killed when this is the step that dies."""
        number = len(self.steps)
        if self.death is not None and not self.dead and number == self.death.step:
            assert name == self.death.name, f"step {number} is {name} now and was {self.death.name}"
            self._die(self.death, work)
        with self.around.watch.counting() as points:
            answer = work()
        self.steps.append(Step(name, points))
        if any(point.touch.startswith(("POST twilio", "POST notify")) for point in points):
            self.let_texts_arrive()
        return answer

    def _die(self, death: Death, work: Callable[[], object]) -> None:
        self.dead, self._died_when = True, timezone.now()
        remains = killed_at(death.point, work, self.around.watch, self.around.send_hints_to)
        self.died_at = remains.point
        for name, arguments, after in remains.hints:
            self._take_hint(name, arguments, after)
        if not death.again:
            self.lost += [*self.hints, *(hint for _, hint in self.later)]
            self.hints.clear()
            self.later.clear()
            cache.clear()
        self.let_requests_end()
        self.let_texts_arrive()
        self.after_death(self)
        raise Killed

    def _take_hint(self, name: str, arguments: list[str], after: float) -> None:
        """What the broker does with a hint."""
        if after:
            self.later.append((timezone.now() + timedelta(seconds=after), (name, arguments)))
        else:
            self.hints.append((name, arguments))

    def run(self, hint: Hint) -> None:
        """One task in a worker. One that is killed was not acknowledged: the broker has it still, unless it is lost."""
        name, arguments = hint
        self.history.append(hint)
        try:
            self.step(f"task {name}", lambda: current_app.tasks[name](*arguments))
        except Killed:
            assert self.death is not None
            (self.hints if self.death.again else self.lost).append(hint)
        for look in self.watchers:
            look()

    def beat(self) -> None:
        """Every sweeper once; one that is killed has its next turn soon."""
        for entry in app.conf.beat_schedule.values():
            was_dead, task = self.dead, str(entry["task"])
            if self._rests(task):
                self.steps.append(Step(f"task {task}", []))  # steps are numbered as in the journey without a death
                continue
            self.run((task, []))
            if self.dead != was_dead:
                self.run((task, []))

    def _rests(self, task: str) -> bool:
        """Whether a sweep does nothing in this journey, since it is not the one that dies in it."""
        return task in _APART and self.death is not None and self.death.step != len(self.steps)

    def drain(self) -> None:
        """Workers and webhook, until nothing is left for them to do at this moment."""
        now = timezone.now()
        self.hints += [hint for moment, hint in self.later if moment <= now]
        self.later = [(moment, hint) for moment, hint in self.later if moment > now]
        while self.hints or self._news():
            if self._news() and (not self.hints or self.delivery.news_first()):
                self._take_receipts()
            else:
                for hint in self.delivery.take(self.hints):
                    if not self._is_another_s(hint):
                        self.run(hint)

    def _is_another_s(self, hint: Hint) -> bool:
        """Some sweepers look at every open batch and practice, those of earlier worlds among them."""
        _, arguments = hint
        if not arguments:
            return False
        practices = Practice.objects.filter(id=arguments[0]).exclude(id=self.practice.id)
        batches = Campaign.objects.filter(id=arguments[0]).exclude(practice=self.practice)
        return practices.exists() or batches.exists()

    def _news(self) -> list[Receipt]:
        ours = [receipt for receipt in self.around.inbox.receipts if any(key in receipt.path for key in self._accounts)]
        return ours[self._posted :]

    @cached_property
    def _accounts(self) -> list[str]:
        """What the practice's connections have in the addresses of their news: an earlier world's may still come."""
        kinds = (ChannelConnection, NotifyConnection)
        return [
            str(key)
            for kind in kinds
            for key in kind.objects.filter(practice=self.practice).values_list("id", flat=True)
        ]

    def _take_receipts(self) -> None:
        """The web gets the receipts that have come, in the order of their texts and of their statuses."""
        news = sorted(self._news(), key=self.rank)
        self._posted += len(news)
        for receipt in self.delivery.order(news):
            self._take_receipt(receipt)

    def rank(self, receipt: Receipt) -> tuple[int, ...]:
        """Where a receipt stands among those that have come together."""
        mobiles = [patient.mobile for patient in self.patients.values()]
        return mobiles.index(receipt["To"]), _LADDER.index(receipt["MessageStatus"])

    def _take_receipt(self, receipt: Receipt) -> None:
        """One receipt at the webhook. When nobody answers, Twilio tries again, or does not; NHS Notify does."""
        name = f"webhook {receipt.status}"
        try:
            answer = self.step(name, receipt.post)
        except Killed:
            assert self.death is not None
            if not self.death.again and not receipt.event:
                return
            answer = self.step(name, receipt.post)
        assert answer.status_code == (202 if receipt.event else 204)

    def until_final(self) -> None:
        """Workers, webhook and beat go on, and time passes, until nothing of the batch waits for its moment."""
        for _ in range(_MOST_TURNS):
            self.drain()
            due = self.next_moment()
            if due is None:
                self._note_recovery()
                return
            # A few seconds at least: nothing here is looked at more often.
            self.time_passes(max(due, timezone.now() + timedelta(seconds=10)) + timedelta(seconds=1))
            self.drain()
            self.beat()
        raise AssertionError(f"something never came to its end: {self.unfinished()}")

    def _note_recovery(self) -> None:
        if self._died_when is not None and self.recovered_in is None:
            self.recovered_in = timezone.now() - self._died_when

    def days_pass(self, days: int) -> None:
        """Days on which nobody does anything."""
        self.beat()
        self.until_final()
        self.time_passes(timezone.now() + timedelta(days=days))
        self.beat()
        self.until_final()

    def unfinished(self) -> list[str]:
        """The rows that somebody must still look after."""
        waits = Q(due_at__isnull=False)
        rows = [*Message.objects.filter(waits), *CodedEntry.objects.filter(waits), *Booking.objects.filter(waits)]
        return [f"{type(row).__name__} {row.state}" for row in rows]

    def next_moment(self) -> datetime | None:
        """When something is to be done next; None when nothing waits."""
        moments = [moment for moment, _ in self.later]
        on_its_way = Campaign.objects.filter(
            id=self.batch.id, state__in=[CampaignState.SCHEDULED, CampaignState.STARTING]
        )
        moments += [starts_at or timezone.now() for starts_at in on_its_way.values_list("starts_at", flat=True)]
        for rows in (Message.objects, CodedEntry.objects, Booking.objects):
            first = rows.filter(practice=self.practice).aggregate(first=Min("due_at"))["first"]
            moments += [first] if first else []
        return min(moments, default=None)


def send_again(world: World) -> None:
    """What a product without the state "unknown" does: it sends again whatever has no answer yet."""
    unanswered = Message.objects.filter(practice=world.practice, state__in=[MessageState.STARTED, MessageState.UNKNOWN])
    unanswered.update(state=MessageState.DUE, due_at=timezone.now())
