"""The parts that a batch goes out in, one for each day: which is to go now, and how far it has come.

Nobody's invitation is made before its part's time has come. Until then there is nothing to take back, and who must not
be texted any more is found out at the last moment.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns import schedule
from campaigns.models import Campaign, Wave
from campaigns.states import CampaignState, move
from patients import screening
from patients.models import Recipient

FRESH = timedelta(minutes=10)
"""A list that was screened this long ago need not be screened again: Send has just done it."""


def lay(campaign: Campaign, parts: Iterable[schedule.Part]) -> None:
    """Store the parts of a batch that is being sent."""
    Wave.objects.bulk_create(
        Wave(campaign=campaign, number=part.number, due_at=part.due_at, size=part.size) for part in parts
    )


def waiting(campaign: Campaign) -> QuerySet[Recipient]:
    """The patients of a batch who can be sent a text and have no invitation yet."""
    assert campaign.patient_list is not None  # a batch that was sent has one, by constraint
    return campaign.patient_list.recipients.can().filter(invitation=None)


def current(campaign: Campaign) -> Wave | None:
    """The part of a locked batch that is being made, which this may begin; None when none is due.

    With its first part a batch has started; when there is none left it is running.
    """
    left = campaign.waves.filter(issued_at=None).order_by("number")
    wave = left.first()
    if wave is None:
        if move(campaign, CampaignState.RUNNING):
            campaign.save(update_fields=["state", "changed_at"])
        return None
    now = timezone.now()
    if wave.due_at > now:
        return None
    if move(campaign, CampaignState.STARTING):
        campaign.save(update_fields=["state", "changed_at"])
    if not wave.made:
        _screen_again(campaign, now)
    return wave


def _screen_again(campaign: Campaign, now: datetime) -> None:
    """Hold back whoever has opted out, booked or been invited in the days since Send was pressed (safety H20)."""
    assert campaign.patient_list is not None
    assert campaign.started_at is not None
    if now - campaign.started_at > FRESH:
        screening.screen(campaign.patient_list, only=campaign.patient_list.recipients.filter(invitation=None))


def is_last(wave: Wave, campaign: Campaign) -> bool:
    """Whether this is a batch's last part, which takes whoever is left."""
    return not campaign.waves.filter(number__gt=wave.number).exists()


def room(wave: Wave, campaign: Campaign, most: int) -> int:
    """How many invitations of a part to make next."""
    return most if is_last(wave, campaign) else min(most, wave.size - wave.made)


def note(wave: Wave, campaign: Campaign, *, made: int) -> None:
    """Write down how far a part has come; it ends when it is full, or nobody is left."""
    wave.made += made
    if not made or (wave.made >= wave.size and not is_last(wave, campaign)):
        wave.issued_at = timezone.now()
    wave.save(update_fields=["made", "issued_at"])


def put_off(campaign: Campaign) -> None:
    """Give the parts that a pause has made late days of their own, from today on: not all on one day."""
    left = list(campaign.waves.filter(issued_at=None).order_by("number"))
    now = timezone.now()
    if left and left[0].due_at < now:
        starts = schedule.times(now, len(left), any_hour=campaign.any_hour)
        for wave, due_at in zip(left, starts, strict=True):
            wave.due_at = due_at
        Wave.objects.bulk_update(left, ["due_at"])


def due() -> list[UUID]:
    """The batches that have a part to make now, or none left and are to be marked so."""
    on_their_way = Campaign.objects.filter(state__in=[CampaignState.SCHEDULED, CampaignState.STARTING])
    ready = Q(waves__issued_at=None, waves__due_at__lte=timezone.now())
    none_left = Q(state=CampaignState.STARTING) & ~Q(waves__issued_at=None)
    return list(on_their_way.filter(ready | none_left).order_by().values_list("id", flat=True).distinct())
