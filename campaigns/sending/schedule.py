"""When the texts of a batch go: at once or at a time, over one day or several, and not while people sleep."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.sending import inviting_hours
from core.sociable_hours import LONDON, is_sociable, next_sociable


@dataclass(frozen=True, slots=True)
class Part:
    """What goes on one day: how many patients' texts, from when on."""

    number: int
    due_at: datetime
    size: int


REMINDERS_FROM = 10
"""The hour of the day, in London, at which reminders go: when practices answer their phones."""


def reminder_time(day: date) -> datetime:
    """When the reminders of a day go, in UTC."""
    return datetime.combine(day, time(max(REMINDERS_FROM, settings.SOCIABLE_FROM)), LONDON).astimezone(UTC)


def times(start: datetime, days: int, *, any_hour: bool) -> list[datetime]:
    """The start of each day's part, in UTC: at the same time by the clocks in London on each of the following days.

    Unless texts may go at any hour, a time at night moves to the morning.
    """
    first = start if any_hour else next_sociable(start)
    local = first.astimezone(LONDON)
    # Adding days to a local time keeps what the clocks show, also when they change in between.
    return [(local + timedelta(days=day)).astimezone(UTC) for day in range(days)]


def parts(start: datetime, days: int, patients: int, *, any_hour: bool) -> list[Part]:
    """The patients shared out over the days: as many on each, and what is left over one by one from the first."""
    days = max(1, min(days, patients))
    share, over = divmod(patients, days)
    starts = times(start, days, any_hour=any_hour)
    return [Part(day + 1, due_at, share + (day < over)) for day, due_at in enumerate(starts)]


def plan(campaign: Campaign, patients: int) -> list[Part]:
    """What would happen if Send were pressed now: nothing goes before it is too late to undo that."""
    soonest = timezone.now() + timedelta(seconds=settings.UNDO_SECONDS)
    start = max(campaign.send_at or soonest, soonest)
    if campaign.paced:
        start = inviting_hours.next_open(campaign, start)
    days = 1 if campaign.paced else campaign.spread_days
    return parts(start, days, patients, any_hour=campaign.any_hour)


def reasons_against(campaign: Campaign) -> list[str]:
    """Why a batch may not go at the time that staff chose, as sentences; empty when it may (inputs#sending-times)."""
    at, now = campaign.send_at, timezone.now()
    if at is None:
        return []
    if at <= now:
        return ["The time that you chose has passed. Choose another time to send."]
    if at > now + timedelta(days=settings.SEND_AHEAD_DAYS):
        return [f"Choose a time to send in the next {settings.SEND_AHEAD_DAYS} days."]
    if not campaign.any_hour and not is_sociable(at):
        return ["That time is at night. Choose a time in the day, or say that texts may go at any hour."]
    return []
