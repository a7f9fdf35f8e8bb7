"""What the clinical system has free: asked for once for everybody, kept for a moment, and shared by all processes.

A batch brings many patients at once. The list is in the shared cache, and each process keeps what it has read of it,
so that a page costs a look at a stamp. One caller asks; whoever comes meanwhile gets the list before, which is a
little older, and only where there is none do they wait. Redis being away costs more calls and nothing else.
"""

import hashlib
import logging
from contextlib import closing
from datetime import date, datetime, timedelta
from time import monotonic, sleep
from typing import NamedTuple
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from booking.models import Booking
from booking.slots import outages
from booking.slots.listing import FreeList, by_time, list_from_json, list_to_json, moment
from campaigns.models import Campaign
from core.database import release
from integrations.clinical.errors import Busy, ClinicalError, NotEnabled, UnreadableAnswer
from integrations.clinical.port import left_out_of, unmarked_of
from integrations.connections import NotConnected, clinical_for

logger = logging.getLogger(__name__)

FRESH_SECONDS = 30
STALE_SECONDS = 120
"""A list this old may be shown while somebody asks for a new one. What our own patients took since is never shown."""

FAILURE_SECONDS = (5, 5, 30)
"""After so many failures in a row, how long everybody is told so at once. Then one caller tries again: a clinical
system that is down must hold up neither pages nor itself."""

ASKING_SECONDS = 10
"""For so long one caller is taken to be asking. Then another may: the first has died, or gets no answer."""

WAIT_SECONDS = 5
_HELD_MAX = 200


class Unavailable(Exception):
    """The clinical system cannot be asked now."""


class _CacheEntry(NamedTuple):
    """What the cache says of a list: which one it is, and until when it is fresh. The list itself is kept beside."""

    stamp: str
    fresh_until: datetime

    def to_json(self) -> list[str]:
        """It as the cache has it."""
        return [self.stamp, self.fresh_until.isoformat()]


def _entry(cached: object) -> _CacheEntry | None:
    """What the cache says of a list; None for anything that is no such word, whoever wrote it."""
    match cached:
        case [str(stamp), str(fresh_until)]:
            try:
                return _CacheEntry(stamp, moment(fresh_until))
            except ValueError:
                return None
    return None


_held: dict[str, tuple[str, FreeList]] = {}
"""What this process has read, by key, with its stamp."""


def free(campaign: Campaign) -> FreeList:
    """The clinical system's free slots of a batch's type. Raises Unavailable."""
    key = _key(campaign)
    try:
        cached = cache.get_many([key, _failure_key(campaign)])
        entry = _entry(cached.get(key))
        if entry is not None and (listed := _read(key, entry)) is not None:
            if timezone.now() < entry.fresh_until or _failure_key(campaign) in cached or not _may_ask(key):
                return listed
        elif _failure_key(campaign) in cached:
            raise Unavailable
        elif not _may_ask(key) and (listed := _wait_for(campaign, key)) is not None:
            return listed
        changes = cache.get(f"{key}:changes")
    except RedisError:
        logger.warning("no cache: asking the clinical system")
        return _ask(campaign)
    return _ask_for_all(campaign, key, changes)


class Held(NamedTuple):
    """What there is without asking anybody. `failed`: the clinical system could not be read a moment ago.

    `may_be_asked`: the list is missing or old, and nobody has been sent for a new one: true for one caller at a time.
    """

    listed: FreeList | None
    failed: bool = False
    may_be_asked: bool = False


def held(campaign: Campaign) -> Held:
    """The list as it is held, which may be a little old. Nobody waits, and nothing is asked."""
    key = _key(campaign)
    try:
        cached = cache.get_many([key, _failure_key(campaign)])
        entry = _entry(cached.get(key))
        listed = _read(key, entry) if entry is not None else None
        if _failure_key(campaign) in cached:
            return Held(listed, failed=True)
        fresh = listed is not None and entry is not None and timezone.now() < entry.fresh_until
        return Held(listed, may_be_asked=not fresh and bool(cache.add(f"{key}:sent-for", True, ASKING_SECONDS)))
    except RedisError:
        logger.warning("no cache: slots are not shown")
        return Held(None, failed=True)


def forget(campaign: Campaign) -> None:
    """Have the clinical system asked again: a slot that we thought free has gone, or one has become free."""
    key = _key(campaign)
    _held.pop(key, None)
    try:
        cache.set(f"{key}:changes", uuid4().hex, ASKING_SECONDS * 2)
        cache.delete_many([key, _failure_key(campaign)])
    except RedisError:
        logger.warning("no cache: slots are not kept")


def last_day(campaign: Campaign) -> date:
    """The last day that a batch's patients may book on, in London."""
    return timezone.localdate() + timedelta(days=campaign.horizon_days or settings.BOOKING_HORIZON_DAYS)


_KEY = "slots-4"
"""Whoever changes what is cached gives this another number: then processes of two releases beside each other do not
throw away what the other wrote."""


def _key(campaign: Campaign) -> str:
    asked = f"{campaign.slot_type}\n{last_day(campaign)}"
    return f"{_KEY}:{campaign.practice_id}:{hashlib.sha256(asked.encode()).hexdigest()[:16]}"


def _failure_key(campaign: Campaign) -> str:
    return f"clinical-trouble:{campaign.practice_id}"


def _may_ask(key: str) -> bool:
    """Whether this caller is the one to ask; nobody else is, for a while."""
    return bool(cache.add(f"{key}:asking", True, ASKING_SECONDS))


def _read(key: str, entry: _CacheEntry) -> FreeList | None:
    """The list that a stamp stands for: from this process's memory, or from the cache."""
    held = _held.get(key)
    if held is not None and held[0] == entry.stamp:
        return held[1]
    listed = list_from_json(cache.get(f"{key}:{entry.stamp}"))
    if listed is not None:
        _hold(key, entry.stamp, listed)
    return listed


def _hold(key: str, stamp: str, listed: FreeList) -> None:
    if len(_held) >= _HELD_MAX:
        _held.clear()
    _held[key] = (stamp, listed)


def _wait_for(campaign: Campaign, key: str) -> FreeList | None:
    """What another request is fetching; None when that ended without a word, and this caller is to ask.

    Raises Unavailable when it takes too long, or fails.
    """
    release()
    deadline = monotonic() + WAIT_SECONDS
    while monotonic() < deadline:
        sleep(0.05)
        cached = cache.get_many([key, _failure_key(campaign)])
        if _failure_key(campaign) in cached:
            break
        entry = _entry(cached.get(key))
        if entry is not None and (listed := _read(key, entry)) is not None:
            return listed
        if _may_ask(key):
            return None
    raise Unavailable


def _ask_for_all(campaign: Campaign, key: str, changes: object) -> FreeList:
    """Ask in everybody's name, and keep what comes of it: the list, or that there was none."""
    try:
        listed = _ask(campaign)
    except Unavailable:
        _keep_failure(campaign, key)
        raise
    try:
        # A slot that went or came while we asked may be in the list or not: the next caller asks again.
        if cache.get(f"{key}:changes") == changes:
            entry = _CacheEntry(uuid4().hex, listed.asked_at + timedelta(seconds=FRESH_SECONDS))
            cache.set(f"{key}:{entry.stamp}", list_to_json(listed), STALE_SECONDS)
            cache.set(key, entry.to_json(), STALE_SECONDS)
            _hold(key, entry.stamp, listed)
        cache.delete_many([f"{key}:asking", _failure_key(campaign), f"{_failure_key(campaign)}:count"])
    except RedisError:
        logger.warning("no cache: slots are not kept")
    return listed


def _keep_failure(campaign: Campaign, key: str) -> None:
    failed = _failure_key(campaign)
    try:
        cache.add(f"{failed}:count", 0, ASKING_SECONDS * 5)
        failures = cache.incr(f"{failed}:count")
        cache.set(failed, True, FAILURE_SECONDS[min(max(failures, 1), len(FAILURE_SECONDS)) - 1])
        cache.delete(f"{key}:asking")
    except (RedisError, ValueError):
        logger.warning("no cache: the failure is not kept")


def _ask(campaign: Campaign) -> FreeList:
    """Ask the clinical system, in the name of whoever sent the batch. Raises Unavailable."""
    asked_at = timezone.now()
    try:
        if campaign.started_by is None:
            raise NotConnected("The batch has not been sent.")
        with closing(clinical_for(campaign.practice, campaign.started_by)) as system:
            release()
            slots = system.free_slots(timezone.localdate(), last_day(campaign), campaign.slot_type)
    except NotConnected as error:
        raise Unavailable from error
    except ClinicalError as error:
        logger.warning(
            "free slots cannot be read",
            extra={"campaign_id": str(campaign.id), "detail": error.detail, "busy": isinstance(error, Busy)},
        )
        # A list that cannot be read is no use to anybody, like one that does not come.
        if isinstance(error, (*outages.OF_ALL, NotEnabled, UnreadableAnswer)):
            outages.failed(campaign.practice_id, error)
        raise Unavailable from error
    outages.answered(campaign.practice_id)
    ours = set(
        Booking.objects.live()
        .filter(practice_id=campaign.practice_id, starts_at__gte=asked_at)
        .values_list("slot_id", flat=True)
    )
    left_out = left_out_of(slots)
    if left_out:
        logger.warning("slots left out", extra={"campaign_id": str(campaign.id), "count": sum(left_out.values())})
    times = tuple(by_time(slot for slot in slots if slot.id not in ours))
    return FreeList(asked_at, times, tuple(left_out.items()), unmarked_of(slots))
