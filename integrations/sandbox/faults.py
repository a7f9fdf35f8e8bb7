"""Faults that a test or a rehearsal asks for: what shall go wrong, where, and how often.

Kinds that every target knows (`serving.served` carries them out):

- `latency`: wait `seconds`, or until the faults are cleared, then go on as usual.
- `timeout_before`: do nothing, wait `seconds`, then drop the connection without an answer.
- `timeout_after`: do it, wait `seconds`, then drop the connection without an answer.
- `status`: do nothing and answer `status`, with `body` as it stands, or the part's own error for `code`.
- `status_after`: do it, then answer `status` in the same way.
- `refuse`: a clear refusal in the part's own words: `status` and `code`.

All other kinds belong to one part, which asks for them itself with `Faults.take`.
"""

import asyncio
import random
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass(slots=True)
class Fault:
    """One fault. `times` is how often it still happens (None: until cleared); `target` may hold `*`.

    `skip` requests that fit pass unharmed first, so that the k-th call of many can be the one that goes wrong.
    `share` (0 to 1) of those that fit are hit, chosen at random, and each hit goes on for `burst` requests in a row.
    `match` narrows it to requests with these facts (path parts, query, form or JSON fields), compared as text.
    """

    target: str
    kind: str
    times: int | None = 1
    skip: int = 0
    share: float = 1.0
    burst: int = 1
    seconds: float = 0.0
    status: int | None = None
    code: str | None = None
    body: str | None = None
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    match: dict[str, str] = field(default_factory=dict)
    running: int = 0
    """How many more requests the burst that is on will hit."""

    def fits(self, target: str, kinds: Collection[str], facts: Mapping[str, object]) -> bool:
        """Whether this fault is for such a request."""
        return (
            self.kind in kinds
            and self.times != 0
            and fnmatchcase(target, self.target)
            and all(str(facts.get(name, "")) == str(wanted) for name, wanted in self.match.items())
        )

    def hits(self) -> bool:
        """Whether the request that fits is one of those to be hit; counts it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.running:
            self.running -= 1
        elif self.share < 1 and random.random() >= self.share:  # noqa: S311 - which request is no secret
            return False
        else:
            self.running = self.burst - 1
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The faults that are waiting, in the order in which they were asked for. Kept in memory only."""

    def __init__(self) -> None:
        """No fault waits until one is added."""
        self._waiting: list[Fault] = []
        self._cleared = asyncio.Event()

    def add(self, fault: Fault) -> None:
        """Let this fault happen too, after those that were asked for before it."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Ask for none. Whoever is held up by one goes on at once."""
        self._waiting.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def hold_up(self, seconds: float) -> None:
        """Wait so long, or until the faults are cleared."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._cleared.wait(), seconds)

    def listed(self) -> list[dict[str, Any]]:
        """All that are waiting, as JSON values."""
        return [asdict(fault) for fault in self._waiting]

    def any_for(self, target: str) -> bool:
        """Whether any fault may concern this target: a cheap question before the facts are gathered."""
        return any(fnmatchcase(target, fault.target) for fault in self._waiting)

    def take(self, target: str, kinds: Collection[str], facts: Mapping[str, object] | None = None) -> Fault | None:
        """The first waiting fault that fits, counted as used; None when all shall go well."""
        for fault in self._waiting:
            if fault.fits(target, kinds, facts or {}) and fault.hits():
                if fault.times == 0:
                    self._waiting.remove(fault)
                return fault
        return None
