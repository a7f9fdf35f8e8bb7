"""When to try again, by kind of trouble, and when to stop trying."""

import random
from datetime import timedelta

from integrations.messaging.port import FailureKind

# Seconds before each further try; after the last one the row is settled as failed.
_QUICK = [10, 30, 60, 300, 900, 1800, 3600]
_SCHEDULES = {
    FailureKind.RETRY: _QUICK,
    FailureKind.RATE_LIMITED: [5] * 10 + [30] * 20 + [300] * 50,
    # Somebody has to mend the account: keep looking for a day.
    FailureKind.CONFIGURATION: [300] * 288,
}

CODE_SCHEDULE = [10, 60, 300, 900, 3600, *([3600 * 3] * 8), *([3600 * 12] * 6)]
"""A code's tries, over about four days, before a person is asked (safety F22)."""

LOST_AFTER = timedelta(minutes=2)
"""A row still marked as started after this was held by a worker that died: longer than any call may take."""

CODE_LOST_AFTER = timedelta(minutes=10)
"""The same for a coded entry: filing one takes several calls, each of up to a minute, and entries queue in a claim."""

SETTLE_WITHIN = timedelta(hours=24)
"""How long we ask what became of a message whose outcome is not known, before a person must."""

UNKNOWN_TRIES = 8
"""Sends that ended without an answer and, by the provider's own list, without a text, before we give up."""

NEWS_CHECKS = [timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3), timedelta(hours=24)]
"""When we ask the provider about a message that no receipt has come for, counted from its sending."""

NO_NEWS_AFTER = timedelta(hours=72)
"""Phones are tried for three days; after that there will be no news (safety P2, P3)."""


def jitter(seconds: float) -> timedelta:
    """About that long, so that rows that failed together do not come back together."""
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - not a secret


def wait_before(kind: FailureKind, attempts: int, retry_after: float | None = None) -> timedelta | None:
    """How long to wait after the given number of tries; None when that was the last."""
    schedule = _SCHEDULES.get(kind, [])
    if attempts > len(schedule):
        return None
    return jitter(max(schedule[attempts - 1], min(retry_after or 0, 3600)))
