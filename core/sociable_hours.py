"""The hours at which patients may be texted: by the clocks in London, whatever the season."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

LONDON = ZoneInfo("Europe/London")


def is_sociable(at: datetime) -> bool:
    """Whether an aware time lies in the hours in which phones may ring, 08:00 up to 20:00 (text-messages#hours)."""
    return settings.SOCIABLE_FROM <= at.astimezone(LONDON).hour < settings.SOCIABLE_UNTIL


def next_sociable(at: datetime) -> datetime:
    """The first moment from then on at which texts may go, in UTC: the same moment when it is sociable already."""
    local = at.astimezone(LONDON)
    if is_sociable(at):
        return at.astimezone(UTC)
    day = local.date() + timedelta(days=local.hour >= settings.SOCIABLE_UNTIL)
    return datetime.combine(day, time(settings.SOCIABLE_FROM), LONDON).astimezone(UTC)
