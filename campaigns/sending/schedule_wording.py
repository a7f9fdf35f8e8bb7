"""When texts go, in words for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.sending import schedule
from core.sociable_hours import is_sociable, next_sociable
from core.wording import LONDON, local, nhs_date, nhs_datetime, nhs_time


def is_all_day() -> bool:
    """Whether texts to lists may go at every hour, so that there is nothing to say about hours."""
    return settings.SOCIABLE_FROM == 0 and settings.SOCIABLE_UNTIL == 24


def opens() -> str:
    """The time from which texts to lists go each day, such as 8am."""
    return _hour(settings.SOCIABLE_FROM)


def closes() -> str:
    """The time at which texts to lists stop each day, such as 8pm."""
    return _hour(settings.SOCIABLE_UNTIL)


def _hour(hour: int) -> str:
    return nhs_time(datetime.combine(timezone.localdate(), time(hour % 24), LONDON))


def day_of(moment: datetime) -> str:
    """A moment's day as part of a sentence: `today`, `tomorrow`, `on Wednesday 25 November 2026`."""
    days = (local(moment).date() - timezone.localdate()).days
    return {0: "today", 1: "tomorrow"}.get(days, f"on {nhs_date(moment)}")


def at(moment: datetime) -> str:
    """A moment as part of a sentence: `today at 9am`, `on Wednesday 25 November 2026 at 9am`."""
    return f"{day_of(moment)} at {nhs_time(moment)}"


@dataclass(frozen=True, slots=True)
class Timetable:
    """What would go when, if Send were pressed now, as words: what staff chose, and the first and the last texts.

    `notes` are sentences on what may surprise them.
    """

    parts: Sequence[schedule.Part]
    choice: str
    first: str
    last: str
    notes: Sequence[str]


def timetable(campaign: Campaign, patients: int) -> Timetable:
    """The timetable of a draft that would be sent to so many patients."""
    parts = schedule.plan(campaign, patients)
    first = parts[0].due_at
    at_once = campaign.send_at is None
    return Timetable(
        parts=parts,
        choice="As soon as you press Send" if at_once else "On a day and time that you chose",
        first=nhs_datetime(first) + (", if you press Send now" if at_once else ""),
        last=_last(campaign, parts),
        notes=tuple(_notes(campaign, first)),
    )


def _last(campaign: Campaign, parts: Sequence[schedule.Part]) -> str:
    if campaign.paced:
        return "When your list is done, or you stop. While no appointments are free nobody is invited"
    return "Soon after the first ones" if len(parts) == 1 else nhs_datetime(parts[-1].due_at)


_LATE = timedelta(hours=1)


def _notes(campaign: Campaign, first: datetime) -> list[str]:
    if reasons := schedule.reasons_against(campaign):  # the time has passed, perhaps, since it was chosen
        return reasons
    if campaign.any_hour or is_all_day():
        return []
    if campaign.send_at is None and not is_sociable(timezone.now() + timedelta(seconds=settings.UNDO_SECONDS)):
        return [f"The messages will wait until {nhs_time(first)} {day_of(first)}, so that nobody is woken up."]
    if not is_sociable(first + _LATE):
        morning = next_sociable(first + _LATE)
        return [f"Texts that have not gone by {closes()} will wait until {nhs_time(morning)} {day_of(morning)}."]
    return []
