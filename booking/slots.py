"""The times that patients are offered: what the clinical system has free, less what our own patients have.

The clinical system's list is kept for a moment in the shared cache, because a batch brings many patients at once.
Our own holds and bookings are taken from PostgreSQL each time, so a slot of ours is never offered twice while the
kept list still shows it as free. Redis being away costs more calls and nothing else.
"""

import hashlib
import logging
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from booking.models import Booking, SlotHold
from campaigns.models import Campaign, Invitation
from integrations.clinical.port import Busy, ClinicalError, Slot
from integrations.connections import NotConnected, clinical_for
from integrations.database import release
from practices.wording import LONDON

logger = logging.getLogger(__name__)

KEPT_SECONDS = 30
TROUBLE_KEPT_SECONDS = 5
"""After a failure, others are told so at once for this long: a slow clinical system must not hold up every page."""

ASKING_SECONDS = 60
WAIT_SECONDS = 5
_TROUBLE = "trouble"


class Unavailable(Exception):
    """The clinical system cannot be asked now."""


@dataclass(frozen=True, slots=True)
class Day:
    """The free times of one day."""

    date: date
    slots: tuple[Slot, ...]

    @property
    def morning(self) -> list[Slot]:
        """Before midday."""
        return [slot for slot in self.slots if slot.start.astimezone(LONDON).hour < 12]

    @property
    def afternoon(self) -> list[Slot]:
        """From midday on."""
        return [slot for slot in self.slots if slot.start.astimezone(LONDON).hour >= 12]


def to_json(slot: Slot) -> dict[str, Any]:
    """A slot as our rows keep it: its own fields, with times in ISO 8601 as they came."""
    return {**asdict(slot), "start": slot.start.isoformat(), "end": slot.end.isoformat()}


def from_json(kept: dict[str, Any]) -> Slot:
    """The slot that `to_json` kept."""
    times = {name: datetime.fromisoformat(kept[name]) for name in ("start", "end")}
    return Slot(**{**kept, **times})


def available(invitation: Invitation) -> list[Slot]:
    """What this patient may choose now, earliest first. Raises Unavailable.

    That is: of the batch's slot type, not too soon, not too far ahead, and not held or booked by another of our
    patients. The patient's own hold does not hide its slot.
    """
    return _offered(invitation, _free(invitation.campaign))


def at_time_of(invitation: Invitation, slot_id: str) -> list[Slot]:
    """What a patient may have who pressed a slot: that one first, then others at the same time and place.

    Empty when there is no such slot, or all of them have gone. Raises Unavailable.
    """
    free = _free(invitation.campaign)
    pressed = [slot for slot in free if slot.id == slot_id]
    same = [slot for slot in _offered(invitation, free) if pressed and same_time(slot) == same_time(pressed[0])]
    return sorted(same, key=lambda slot: slot.id != slot_id)


def _offered(invitation: Invitation, free: list[Slot]) -> list[Slot]:
    now = timezone.now()
    earliest = now + timedelta(minutes=settings.BOOKING_NOTICE_MINUTES)
    too_far = datetime.combine(_last_day() + timedelta(days=1), time.min, LONDON)
    ours = set(
        SlotHold.objects.filter(practice_id=invitation.practice_id, expires_at__gt=now)
        .exclude(invitation_id=invitation.id)
        .values_list("slot_id", flat=True)
    )
    ours.update(
        Booking.objects.live()
        .filter(practice_id=invitation.practice_id, starts_at__gte=now)
        .values_list("slot_id", flat=True)
    )
    offered = [slot for slot in free if earliest <= slot.start < too_far and slot.id not in ours]
    return sorted(offered, key=lambda slot: (slot.start, slot.location, slot.id))


def by_day(slots: Iterable[Slot]) -> list[Day]:
    """Slots in days, next first. Those that differ only in who is seen are one time to a patient."""
    days: dict[date, dict[tuple[datetime, str], Slot]] = {}
    for slot in sorted(slots, key=lambda slot: (slot.start, slot.location)):
        times = days.setdefault(slot.start.astimezone(LONDON).date(), {})
        times.setdefault(same_time(slot), slot)
    return [Day(day, tuple(times.values())) for day, times in days.items()]


def same_time(slot: Slot) -> tuple[datetime, str]:
    """What a patient chooses: a time and a place."""
    return slot.start, slot.location_id


def _last_day() -> date:
    return timezone.localdate() + timedelta(days=settings.BOOKING_HORIZON_DAYS)


def _key(campaign: Campaign) -> str:
    slot_type = hashlib.sha256(campaign.slot_type.encode()).hexdigest()[:16]
    return f"slots:{campaign.practice_id}:{slot_type}"


def forget(campaign: Campaign) -> None:
    """Ask the clinical system again next time: somebody else has taken a slot that we thought was free."""
    try:
        cache.delete(_key(campaign))
    except RedisError:
        logger.warning("no cache: slots are not kept")


def _free(campaign: Campaign) -> list[Slot]:
    """The clinical system's free slots, not older than KEPT_SECONDS. One caller asks; the others wait for it."""
    key = _key(campaign)
    try:
        kept = cache.get(key)
        if kept is None and not cache.add(f"{key}:asking", True, ASKING_SECONDS):
            kept = _wait_for(key)
    except RedisError:
        logger.warning("no cache: asking the clinical system")
        return _ask(campaign)
    if kept == _TROUBLE:
        raise Unavailable
    if kept is not None:
        return list(kept)
    try:
        slots = _ask(campaign)
    except Unavailable:
        _keep(key, _TROUBLE, TROUBLE_KEPT_SECONDS)
        raise
    _keep(key, slots, KEPT_SECONDS)
    return slots


def _wait_for(key: str) -> list[Slot] | str | None:
    """What another request is fetching; None when it takes too long or ends without a word."""
    deadline = monotonic() + WAIT_SECONDS
    while monotonic() < deadline:
        kept: list[Slot] | str | None = cache.get(key)
        if kept is not None:
            return kept
        sleep(0.05)
    return None


def _keep(key: str, value: list[Slot] | str, seconds: int) -> None:
    try:
        cache.set(key, value, seconds)
        cache.delete(f"{key}:asking")
    except RedisError:
        logger.warning("no cache: slots are not kept")


def _ask(campaign: Campaign) -> list[Slot]:
    """Ask the clinical system, in the name of whoever sent the batch. Raises Unavailable."""
    today, last_day = timezone.localdate(), _last_day()
    try:
        if campaign.started_by is None:
            raise NotConnected("The batch has not been sent.")
        with closing(clinical_for(campaign.practice, campaign.started_by)) as system:
            release()
            return system.free_slots(today, last_day, campaign.slot_type)
    except NotConnected as trouble:
        raise Unavailable from trouble
    except ClinicalError as trouble:
        logger.warning(
            "free slots cannot be read",
            extra={"campaign_id": str(campaign.id), "detail": trouble.detail, "busy": isinstance(trouble, Busy)},
        )
        raise Unavailable from trouble
