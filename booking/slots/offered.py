"""The times that patients are offered: what the clinical system has free, less what our own patients have.

The clinical system's list is shared and a little old (`free_list`). Our own holds and bookings are taken from
PostgreSQL each time, so a slot of ours is never offered twice while the kept list still shows it as free.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from booking.models import LIVE
from booking.slots import free_list
from booking.slots.free_list import Unavailable
from booking.slots.listing import FreeList, Time, by_time, from_json, to_json
from campaigns.drafts.slot_types import is_within
from campaigns.models import Campaign, Invitation
from core.database import ask
from core.wording import LONDON
from integrations.clinical.port import Slot

__all__ = [
    "Day",
    "Unavailable",
    "at_time_of",
    "available",
    "by_day",
    "count",
    "count_by_day",
    "days_of",
    "forget",
    "from_json",
    "same_time",
    "to_json",
]

_MARGIN = timedelta(minutes=1)
"""Clocks of our own machines differ by less, and a booking is committed sooner after it was made."""


@dataclass(frozen=True, slots=True, repr=False)
class Day:
    """The free times of one day."""

    date: date
    slots: tuple[Slot, ...]

    def __repr__(self) -> str:
        """All that pages show of it, shortly: what is drawn of a day is remembered by this."""
        return f"{self.date} " + ", ".join(
            f"{slot.id} {slot.start.timestamp()} {slot.location_id}" for slot in self.slots
        )

    @property
    def morning(self) -> list[Slot]:
        """The day's slots that start before midday in London, in their order."""
        return [slot for slot in self.slots if slot.start.astimezone(LONDON).hour < 12]

    @property
    def afternoon(self) -> list[Slot]:
        """The day's slots that start at midday in London or later, in their order."""
        return [slot for slot in self.slots if slot.start.astimezone(LONDON).hour >= 12]


def available(invitation: Invitation) -> list[Slot]:
    """What this patient may choose now, earliest first. Raises Unavailable.

    That is: of the batch's slot type, with the clinicians and in the sessions that it is limited to, not too soon, not
    too far ahead, and not held or booked by another of our patients. The patient's own hold does not hide its slot.
    """
    return [slot for time in _offered(invitation) for slot in time.slots]


def choices(invitation: Invitation) -> list[Time]:
    """The same by time and place, each with the slots that are left there: what a page shows. Raises Unavailable."""
    return _offered(invitation)


def at_time_of(invitation: Invitation, slot_id: str) -> list[Slot]:
    """What a patient may have who pressed a slot: that one first, then others at the same time and place.

    Empty when there is no such slot, or all of them have gone. Raises Unavailable.
    """
    pressed = free_list.free(invitation.campaign).time_of(slot_id)
    same = [time for time in _offered(invitation) if pressed and time[:2] == pressed[:2]]
    return sorted((slot for time in same for slot in time.slots), key=lambda slot: slot.id != slot_id)


def count(campaign: Campaign, listed: FreeList) -> int:
    """How many of a list's slots a batch's patients may choose among now, with nobody's hold left out of account."""
    return counts([(campaign, listed)])[campaign.id]


def counts(lists: Sequence[tuple[Campaign, FreeList]]) -> dict[UUID, int]:
    """The same for many batches, by their ids, in one statement."""
    if not lists:
        return {}
    values: dict[str, Any] = {
        "practices": list({campaign.practice_id for campaign, _ in lists}),
        "now": timezone.now(),
        "since": min(listed.asked_at for _, listed in lists) - _MARGIN,
        "live": _LIVE,
        "today": timezone.localdate(),
    }
    ours: dict[UUID, list[tuple[str, datetime | None]]] = {}
    closed: dict[UUID, list[Closed]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OURS_OF_MANY, values)
        for practice_id, slot_id, booked_at, *clinic in cursor.fetchall():
            if slot_id is None:
                closed.setdefault(practice_id, []).append(Closed(*clinic))
            else:
                ours.setdefault(practice_id, []).append((slot_id, booked_at))
    numbers = {}
    for campaign, listed in lists:
        since = listed.asked_at - _MARGIN
        taken = {slot_id for slot_id, at in ours.get(campaign.practice_id, ()) if at is None or at >= since}
        taken |= _of_closed(listed, closed.get(campaign.practice_id, ()))
        numbers[campaign.id] = sum(len(time.slots) for time in _left(campaign, listed, taken))
    return numbers


def count_by_day(campaign: Campaign, listed: FreeList) -> dict[date, int]:
    """The same by the day of the slots, in London."""
    ours, closed = _ours(campaign.practice_id, listed.asked_at)
    days: Counter[date] = Counter()
    for option in _left(campaign, listed, ours | _of_closed(listed, closed)):
        days[option.day] += len(option.slots)
    return dict(days)


def _offered(invitation: Invitation) -> list[Time]:
    """The times that have a slot left for this patient, each with those that are."""
    listed = free_list.free(invitation.campaign)
    ours, closed = _ours(invitation.practice_id, listed.asked_at, but=invitation.id)
    ours |= _of_closed(listed, closed)
    return _left(invitation.campaign, listed, ours)


def _left(campaign: Campaign, listed: FreeList, ours: set[str]) -> list[Time]:
    """The times of a list that are within a batch's limits, each with its slots that are not among `ours`."""
    earliest = timezone.now() + timedelta(minutes=settings.BOOKING_NOTICE_MINUTES)
    too_far = datetime.combine(free_list.last_day(campaign) + timedelta(days=1), time.min, LONDON)
    within = listed.between(earliest, too_far)
    is_limited = bool(campaign.clinicians or campaign.sessions)
    # Most patients of a batch are offered the same: only what may differ is looked at slot by slot.
    fewer = {held[:2] for slot_id in ours if (held := listed.time_of(slot_id)) is not None}
    if not is_limited and not fewer:
        return list(within)
    offered = []
    for option in within:
        if not is_limited and option[:2] not in fewer:
            offered.append(option)
            continue
        left = tuple(slot for slot in option.slots if slot.id not in ours and is_within(campaign, slot))
        if left:
            offered.append(option if len(left) == len(option.slots) else option._replace(slots=left))
    return offered


class Closed(NamedTuple):
    """A clinic that the practice has cancelled: of a day a session, a clinician, or with neither all of it."""

    day: date
    session: str
    clinician: str

    def has(self, slot: Slot) -> bool:
        """Whether a slot of that day is in it."""
        return self.session in ("", slot.session_name) and self.clinician in ("", slot.clinician)


def _of_closed(listed: FreeList, closed: Iterable[Closed]) -> set[str]:
    """The slots of a list that are in cancelled clinics: the book may still have them free."""
    taken: set[str] = set()
    for clinic in closed:
        begins, ends = (datetime.combine(clinic.day + timedelta(days=days), time.min, LONDON) for days in (0, 1))
        taken |= {slot.id for option in listed.between(begins, ends) for slot in option.slots if clinic.has(slot)}
    return taken


_LIVE = sorted(str(state) for state in LIVE)
_OURS = """
SELECT slot_id, NULL::date, NULL, NULL FROM booking_slothold
WHERE practice_id = %(practice)s AND expires_at > %(now)s AND invitation_id IS DISTINCT FROM %(but)s::uuid
UNION ALL
SELECT slot_id, NULL, NULL, NULL FROM booking_booking
WHERE practice_id = %(practice)s AND created_at >= %(since)s AND state = ANY(%(live)s)
UNION ALL
SELECT NULL, day, session, clinician FROM booking_cancelledclinic
WHERE practice_id = %(practice)s AND reopened_at IS NULL AND day >= %(today)s
"""

_OURS_OF_MANY = """
SELECT practice_id, slot_id, NULL::timestamptz, NULL::date, NULL, NULL FROM booking_slothold
WHERE practice_id = ANY(%(practices)s) AND expires_at > %(now)s
UNION ALL
SELECT practice_id, slot_id, created_at, NULL, NULL, NULL FROM booking_booking
WHERE practice_id = ANY(%(practices)s) AND created_at >= %(since)s AND state = ANY(%(live)s)
UNION ALL
SELECT practice_id, NULL, NULL, day, session, clinician FROM booking_cancelledclinic
WHERE practice_id = ANY(%(practices)s) AND reopened_at IS NULL AND day >= %(today)s
"""


def _ours(practice_id: UUID, since: datetime, *, but: UUID | None = None) -> tuple[set[str], list[Closed]]:
    """Slots that our patients hold, or have booked since the list was asked for, which leaves out the others.

    And the clinics to come that the practice has cancelled. `but` is the invitation whose own hold does not count.
    """
    values: dict[str, Any] = {
        "practice": practice_id,
        "but": but,
        "now": timezone.now(),
        "since": since - _MARGIN,
        "live": _LIVE,
        "today": timezone.localdate(),
    }
    rows = ask(_OURS, values)
    slots = {slot_id for slot_id, *_ in rows if slot_id is not None}
    return slots, [Closed(*clinic) for slot_id, *clinic in rows if slot_id is None]


def by_day(slots: Iterable[Slot]) -> list[Day]:
    """Slots in days, next first. Those that differ only in who is seen are one time to a patient."""
    return days_of(by_time(slots))


def days_of(times: Iterable[Time]) -> list[Day]:
    """Times in days, in their order, each with the first of its slots."""
    days: dict[date, list[Slot]] = {}
    for option in times:
        days.setdefault(option.day, []).append(option.slots[0])
    return [Day(day, tuple(slots)) for day, slots in days.items()]


def same_time(slot: Slot) -> tuple[datetime, str]:
    """What a patient chooses: a time and a place."""
    return slot.start, slot.location_id


def forget(campaign: Campaign) -> None:
    """Ask the clinical system again next time: somebody else has taken a slot that we thought was free."""
    free_list.forget(campaign)
