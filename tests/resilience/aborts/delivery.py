"""How brokers and Twilio hand on what they have: once and in order on good days, and worse on others."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.resilience.aborts.inbox import Receipt

Hint = tuple[str, list[str]]
"""A task's name and its ids."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Every task and every receipt so many times, in the order in which they came or the other way round."""

    times: int = 1
    backwards: bool = False

    def take(self, hints: list[Hint]) -> list[Hint]:
        """What a worker gets next; it is taken out of the waiting ones."""
        return [hints.pop(-1 if self.backwards else 0)] * self.times

    def order(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """The receipts as the webhook gets them."""
        return list(reversed(receipts) if self.backwards else receipts) * self.times

    def news_first(self) -> bool:
        """Whether the webhook gets its receipts before a worker its next task."""
        return self.backwards


TWICE_AND_BACKWARDS = Delivery(times=2, backwards=True)


@dataclass(frozen=True, slots=True)
class Shuffled(Delivery):
    """All in an order of chance, and some of it several times."""

    chance: random.Random = field(default_factory=random.Random)

    def take(self, hints: list[Hint]) -> list[Hint]:
        return [hints.pop(self.chance.randrange(len(hints)))] * self._times()

    def order(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        shuffled = [receipt for receipt in receipts for _ in range(self._times())]
        self.chance.shuffle(shuffled)
        return shuffled

    def news_first(self) -> bool:
        return self.chance.random() < 0.5

    def _times(self) -> int:
        return self.chance.choice([1, 1, 2, 5])
