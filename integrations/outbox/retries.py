"""When to try again, by kind of trouble, and when to stop trying. All waits of the outbox are here."""

import random
from datetime import timedelta

from integrations.messaging.port import FailureKind

MOST_TRIES = 30
"""Tries of one text, whatever the mix of troubles, before it is settled as failed.

A provider that cannot be reached is tried for a good day: an outage of a morning must not fail a whole batch.
"""

# Seconds before each further try. The last is repeated until MOST_TRIES.
_SCHEDULES: dict[FailureKind, list[int]] = {
    FailureKind.RETRY: [10, 30, 60, 300, 900, 1800, 3600],
    FailureKind.RATE_LIMITED: [5, 5, 10, 20, 30, 60, 120, 300, 600, 900],
    # Of this text alone: somebody has to mend it, and that takes hours. Faults of the account are `stoppages`.
    FailureKind.CONFIGURATION: [300, 900, 3600],
}

CODE_SCHEDULE = [10, 60, 300, 900, 3600, *([3600 * 3] * 8), *([3600 * 12] * 6)]
"""A code's tries, over about four days, before a person is asked (faults#codes-not-filed)."""

LOST_AFTER = timedelta(minutes=2)
"""A row still marked as started after this was held by a worker that died: longer than a living one may hold it,
which is POST_WITHIN, the 20 seconds that one call may take, and the writing of its outcome.
"""

POST_WITHIN = LOST_AFTER / 3
"""A text claimed longer ago than this is not posted any more: its worker was frozen, or starved, and others may have
been given the text. What is left of LOST_AFTER covers the call itself, and clocks that are not quite the same.
"""

SURE_AFTER = POST_WITHIN + timedelta(minutes=2)
"""Only so long after its claim is a text that the provider's list does not show taken never to have arrived.

It may have been posted as late as POST_WITHIN. We stop waiting for an answer after 15 seconds, and our system stops
delivering the request then, but a proxy, or the provider's own front door, may still hold it: those give up after a
minute, by the usual settings. The rest is for the provider's list, which may lag behind. A patient whose text comes
three minutes late is no worse off; one who gets it twice is.
"""

ASK_SOON = timedelta(seconds=5)
"""Before the first look-up of a text without an answer: most that went are in the provider's list by then."""

ASK_AGAIN = timedelta(seconds=20)
"""Between look-ups that found nothing, until SURE_AFTER."""

CODE_LOST_AFTER = timedelta(minutes=10)
"""The same as LOST_AFTER for a coded entry: filing takes several calls of up to a minute, and entries queue in a claim.
"""

SETTLE_WITHIN = timedelta(hours=24)
"""How long we ask what became of a message whose outcome is not known, before a person must.

While the provider answers at all this takes minutes. Only an outage, or an account that is broken, can make it longer,
and nearly all are over in a day: sooner, staff would phone patients about texts that turn out to have arrived. All the
while the batch's page counts the row as being checked, the patient's link works if they have it, and no other row
waits for this one. "Check" is final, so it must not be said too soon.
"""

UNKNOWN_TRIES = MOST_TRIES
"""Sends that ended without an answer and, by the provider's own list, without a text, before we give up."""

NEWS_CHECKS = [timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3), timedelta(hours=24)]
"""When we ask the provider about a message that no receipt has come for, counted from its sending."""

NO_NEWS_AFTER = timedelta(hours=72)
"""Phones are tried for three days; after that there will be no news (text-messages#no-news)."""

PROBE_EVERY = timedelta(minutes=5)
"""How often a few texts are tried over an account that does not work."""

REST = timedelta(seconds=10)
"""How long a practice's texts rest when one after the other has met trouble, and nobody has said how long."""

DATABASE_TRIES = [0.2, 1.0, 3.0, 6.0]
"""Seconds between the tries of a write that must not be lost: PostgreSQL is back from a restart by then."""


def jitter(seconds: float) -> timedelta:
    """About that long, so that rows that failed together do not come back together."""
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - not a secret


def wait_before(kind: FailureKind, attempts: int, retry_after: float | None = None) -> timedelta | None:
    """How long to wait after the given number of tries; None when that was the last, or another makes no sense.

    Never less than the provider asked for, up to an hour.
    """
    schedule = _SCHEDULES.get(kind)
    if schedule is None or attempts >= MOST_TRIES:
        return None
    wait = schedule[min(max(attempts, 1), len(schedule)) - 1]
    return max(jitter(wait), jitter(min(retry_after or 0, 3600)) / 0.8)


def wait_to_resend(attempts: int) -> timedelta:
    """How long to wait before sending again what surely never arrived: twice at once, then as for other troubles."""
    return timedelta() if attempts <= 2 else wait_before(FailureKind.RETRY, attempts - 2) or timedelta()


def wait_to_ask(age: timedelta) -> timedelta:
    """How long to wait before asking once more a provider that could not be asked: longer as its silence does."""
    return jitter(min(max(age.total_seconds() / 4, 60), 3600))
