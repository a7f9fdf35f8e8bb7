"""Everything the sandbox remembers, in one object that all its parts share."""

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.clinic import Clinic
from integrations.sandbox.faults import Faults
from integrations.sandbox.notices import Notices
from integrations.sandbox.store import Store
from integrations.sandbox.texts import Texts

LONDON = ZoneInfo("Europe/London")


class Clock:
    """The sandbox's time: the real one, moved by as many seconds as the control was told, or faster than it."""

    def __init__(self) -> None:
        """Start with the real time."""
        self.offset_seconds = 0.0
        self.rate = 1.0
        self.since = 0.0
        """From this real time on a second counts `rate` seconds."""

    def time(self) -> float:
        """The sandbox's time in seconds since 1970, moved and hurried as the control said."""
        real = time.time()
        return real + (self.rate - 1) * (real - self.since) + self.offset_seconds

    def back(self) -> None:
        """Go with the real time again."""
        self.offset_seconds, self.rate, self.since = 0.0, 1.0, 0.0


class Books:
    """The practices' books, the texts, Notify's messages, the faults that are waiting and the journal of calls.

    `store` holds all that outlives the process; `faults` and `clock` start afresh with it.
    """

    def __init__(self, path: str = ":memory:") -> None:
        """Open the store at `path`."""
        self.store = Store(path)
        self.clinic = Clinic(self.store)
        self.texts = Texts(self.store)
        self.notices = Notices(self.store)
        self.faults = Faults()
        self.clock = Clock()
        self.like_demonstrator = False
        """Whether GP Connect answers like its demonstrator where that differs from the specification."""

    def note(self, method: str, target: str, ods: str, status: int) -> None:
        """Write one call into the journal. `status` 0: the connection was dropped without an answer."""
        self.store.insert("journal", at=self.clock.time(), method=method, target=target, ods=ods, status=status)

    def journal(self) -> list[dict[str, Any]]:
        """All calls so far, oldest first."""
        return [dict(row) for row in self.store.rows("SELECT * FROM journal ORDER BY id")]

    def reset(self) -> None:
        """Forget everything: books, texts, faults, journal and clock."""
        self.store.clear()
        self.faults.clear()
        self.clock.back()
        self.like_demonstrator = False

    def close(self) -> None:
        """Close the store's file; what was only in memory is gone."""
        self.store.close()


def local(seconds: float) -> datetime:
    """A time in seconds since 1970, as UK local time with its offset (right on both sides of a clock change)."""
    return datetime.fromtimestamp(seconds, LONDON)
