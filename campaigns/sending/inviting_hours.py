"""When a paced batch may invite: on its days, in its hours, and in those in which texts may go. By London's clocks."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings

from campaigns.models import Campaign
from core.sociable_hours import LONDON

WORKING_DAYS = (0, 1, 2, 3, 4)
"""Unless staff choose others: Monday to Friday, when somebody answers the practice's phone."""


def days(campaign: Campaign) -> tuple[int, ...]:
    """The days of the week on which a batch invites; Monday is 0."""
    return tuple(campaign.pace_days) if campaign.pace_days else WORKING_DAYS


def hours(campaign: Campaign) -> tuple[int, int]:
    """From which hour, and until which: those that were chosen, as far as texts may go then."""
    first, last = (0, 24) if campaign.any_hour else (settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL)
    if campaign.pace_from is None or campaign.pace_until is None:
        return first, last
    chosen = max(first, campaign.pace_from), min(last, campaign.pace_until)
    return chosen if chosen[0] < chosen[1] else (first, last)


def is_open(campaign: Campaign, at: datetime) -> bool:
    """Whether a batch may invite at a moment."""
    local = at.astimezone(LONDON)
    first, last = hours(campaign)
    return local.weekday() in days(campaign) and first <= local.hour < last


def next_open(campaign: Campaign, at: datetime) -> datetime:
    """The first moment from then on at which it may, in UTC: the same moment if it may then."""
    if is_open(campaign, at):
        return at.astimezone(UTC)
    local = at.astimezone(LONDON)
    first, _ = hours(campaign)
    for later in range(8):
        start = datetime.combine(local.date() + timedelta(days=later), time(first), LONDON)
        if start >= at and is_open(campaign, start):
            return start.astimezone(UTC)
    raise AssertionError("a week without a day to invite on")


def next_hour(campaign: Campaign, at: datetime) -> datetime:
    """When it is decided again after a moment: at the next full hour at which the batch may invite."""
    return next_open(campaign, slot_of(at) + timedelta(hours=1))


def slot_of(at: datetime) -> datetime:
    """The hour that a moment is in, by its beginning, in UTC. Clocks in London differ from that by whole hours."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def midnight(at: datetime) -> datetime:
    """The beginning of a moment's day in London, in UTC."""
    return datetime.combine(at.astimezone(LONDON).date(), time(), LONDON).astimezone(UTC)
