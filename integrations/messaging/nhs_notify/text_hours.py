"""When NHS Notify's own texts leave: in working hours only, whatever the hour at which a message was handed over.

The message in the NHS App goes at any time (nhs-notify#delivery-times).
"""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from core.sociable_hours import LONDON
from core.working_days import is_working_day

OPENS, CLOSES = time(8), time(18)
"""By the clocks in London, on working days: from the first, and before the second."""

LONGEST_UNREAD = timedelta(hours=24)
"""A routing plan gives a message in the app up after so long unread, unless it says another time."""

_SOON = timedelta(hours=4)
_SOON_PLANS = frozenset(f"00000000-0000-0000-0000-0000000000{number}" for number in ("05", "07"))


def unread_for(routing_plan: str | UUID) -> timedelta:
    """How long a routing plan lets a message lie unread in the app; the longest there is for one that we do not know.

    It is less where the phone does not tell its owner of messages, or the app does not take it: then the plan goes on
    at once.
    """
    return _SOON if str(routing_plan).lower() in _SOON_PLANS else LONGEST_UNREAD


def leaves_at(due: datetime) -> datetime:
    """When a text leaves NHS Notify that is due at an aware time: then, or when its hours next begin; in UTC."""
    local = due.astimezone(LONDON)
    if is_working_day(local.date()) and OPENS <= local.time() < CLOSES:
        return due.astimezone(UTC)
    day = local.date()
    if not is_working_day(day) or local.time() >= OPENS:
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return datetime.combine(day, OPENS, LONDON).astimezone(UTC)


def follows_at(handed_over: datetime, unread: timedelta) -> datetime:
    """When the text leaves that follows a message handed over at a time and lying unread for so long, in UTC."""
    return leaves_at(handed_over.astimezone(UTC) + unread)
