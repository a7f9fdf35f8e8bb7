"""What staff are told of the looks at their patients before a batch goes, and while they are under way."""

from collections.abc import Collection
from uuid import UUID

from django.conf import settings

from campaigns.models import Campaign
from campaigns.models.rechecks import CheckRun
from campaigns.results import channel_forecast
from campaigns.sending.rechecks import clearance
from core.wording import plural
from patients.models import Pause
from practices.models import Practice


def before_sending(campaign: Campaign) -> list[str]:
    """What will be looked up before a draft's texts go, as sentences."""
    system, noun = campaign.practice.get_clinical_system_display(), channel_forecast.choose_noun(campaign.practice_id)
    if not clearance.reads_book(campaign):
        hours = plural(settings.RECHECK_AFTER_HOURS, "hour")
        late = f"{noun.capitalize()}s that go more than {hours} after you uploaded the list"
        return [f"{late} go after a new look in {system}."]
    days = plural(clearance.booked_days(campaign), "day")
    return [
        f"Just before the {noun}s go we look each patient up in {system} again, and in your appointment book.",
        f"Patients who have died or left get no {noun}.",
        f"Nor do patients who have an appointment of this type already, today or in the next {days}.",
        "You will see how many there are, and you can still invite those who have one.",
    ]


def of_progress(progress: clearance.Progress, noun: str) -> str:
    """How far the looks have come, or why they do not go on, as sentences."""
    if progress.waits:
        return f"The {noun}s wait, because we must look patients up first. {progress.waits}"
    return f"Checking {progress.done:,} of {progress.total:,} patients before their {noun}s go."


def waiting(practice: Practice) -> Collection[UUID]:
    """The practice's batches that wait for the clinical system, by id."""
    runs = CheckRun.objects.filter(practice=practice, campaign__state__in=clearance.UNDER_WAY)
    return set(runs.exclude(waits_for=Pause.NONE).values_list("campaign_id", flat=True))
