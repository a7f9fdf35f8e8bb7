"""Whether the database is the one that was here a moment ago (restoring#detection).

A restored dump is a practice's past: what it says is due has gone long ago. So every process looks when it starts, and
workers before their tasks, and where time has a hole in it all practices are held until an administrator has seen what
is due and what has gone since (`manage.py reconcile`).
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from practices.holds import services, stamps
from practices.holds.stamps import Stamp
from practices.models import AuditEvent, Cause, Heartbeat, Practice

logger = logging.getLogger(__name__)

BEAT_EVERY = timedelta(seconds=30)
"""A pulse younger than this is not renewed."""

CLOCK_BACK = timedelta(minutes=5)
"""Clocks of several machines differ by less: a pulse from further ahead says that this clock went back."""

LOOK_EVERY = 5.0
"""Seconds after which a worker looks again before a task."""

EARLIER = timedelta(minutes=10)
"""The last known moment is said to be so much earlier: what was under way then had not been written yet."""

_OIDS = """
SELECT to_regclass('practices_heartbeat')::oid::bigint,
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database())
"""

_last_look = float("-inf")


def look_now_and_then() -> None:
    """`look`, unless this process has just done so: for what happens often."""
    global _last_look
    if monotonic() - _last_look >= LOOK_EVERY:
        look()
        _last_look = monotonic()


def look() -> Cause | None:
    """Compare the database's pulse with its tables, the stamps outside and the clock; hold everything where it is off.

    Renews the pulse. Returns why everything was held now, None where all is well.
    """
    outside = stamps.read()  # before the database is asked: see `stamps`
    with transaction.atomic():
        now, oids = timezone.now(), _oids()
        beat = Heartbeat.objects.select_for_update().first()
        if beat is None:
            beat = _begin(now, oids)
            cause = Cause.RESTORED if outside and Practice.objects.exists() else None
        else:
            cause = _cause(beat, outside, oids, now)
        if cause is not None:
            held = _hold_all(cause, beat.at)
            logger.error("everything is on hold", extra={"reason": cause.value, "practices": held})
        elif beat.count and now - beat.at < BEAT_EVERY and _is_stamped(beat, outside):
            return None
        stamp = _renew(beat, outside, oids, now)
        transaction.on_commit(lambda: stamps.write(stamp))
    return cause


def _oids() -> tuple[int, int]:
    """The numbers of the pulse's table and of the database, as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(_OIDS)
        table, database = cursor.fetchone()
    return int(table), int(database)


def _begin(now: datetime, oids: tuple[int, int]) -> Heartbeat:
    """The row of a database that has had none: another process may write it at the same moment."""
    # What is known last of a dump from before there was a pulse is its last audit event.
    last = AuditEvent.objects.order_by("-id").values_list("at", flat=True).first()
    first = Heartbeat(at=last or now, table_oid=oids[0], database_oid=oids[1])
    Heartbeat.objects.bulk_create([first], ignore_conflicts=True)
    return Heartbeat.objects.select_for_update().get()


def _cause(beat: Heartbeat, outside: Sequence[Stamp], oids: tuple[int, int], now: datetime) -> Cause | None:
    if (beat.table_oid, beat.database_oid) != oids or any(_is_ahead(stamp, beat) for stamp in outside):
        return Cause.RESTORED
    if beat.at > now + CLOCK_BACK:
        return Cause.CLOCK
    gap = timedelta(minutes=settings.HOLD_AFTER_MINUTES)
    return Cause.GAP if gap and now - beat.at > gap else None


def _is_ahead(stamp: Stamp, beat: Heartbeat) -> bool:
    """Whether a stamp knows of more than the database does, or is of another database."""
    if stamp.epoch in beat.former_epochs:
        return False
    return stamp.epoch != beat.epoch or stamp.count > beat.count or stamp.audit > _last_audit()


def _last_audit() -> int:
    return AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _is_stamped(beat: Heartbeat, outside: Sequence[Stamp]) -> bool:
    """Whether every place outside has the pulse: an emptied Redis, or a lost file, gets its stamp again at once."""
    return len(outside) == (2 if settings.STAMP_FILE else 1) and all(stamp.epoch == beat.epoch for stamp in outside)


def _hold_all(cause: Cause, last_known: datetime) -> int:
    practices = Practice.objects.order_by("id")
    return sum(services.hold(practice, by=None, cause=cause, last_known=last_known - EARLIER) for practice in practices)


def _renew(beat: Heartbeat, outside: Sequence[Stamp], oids: tuple[int, int], now: datetime) -> Stamp:
    """The next beat: past every stamp there is, so that one that was looked into, on any machine, is not news again."""
    others = {stamp.epoch for stamp in outside} - {beat.epoch, *beat.former_epochs}
    beat.former_epochs = [*beat.former_epochs, *others]
    beat.count = max([beat.count, *(stamp.count for stamp in outside if stamp.epoch == beat.epoch)]) + 1
    beat.at, (beat.table_oid, beat.database_oid) = now, oids
    beat.save()
    return Stamp(beat.epoch, beat.count, _last_audit())
