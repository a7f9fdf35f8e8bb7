"""The parts that a batch goes out in, one for each day: which is to go now, and how far it has come.

Nobody's invitation is made before its part's time has come. Until then there is nothing to take back, and who must not
be texted any more is found out at the last moment.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Max, Q
from django.utils import timezone

from campaigns.models import Campaign, InviteOrder, Wave
from campaigns.models.states import CampaignState, move
from campaigns.results import followed_up
from campaigns.sending import priority, schedule
from patients.lists import queries, screening
from patients.models import RecipientQuerySet

DECIDED_FOR = timedelta(hours=1)
"""So long a decision of a paced batch holds: what has not gone by then is decided anew."""

FRESH = timedelta(minutes=10)
"""A list that was screened this long ago need not be screened again: Send has just done it."""


def create(campaign: Campaign, parts: Iterable[schedule.Part]) -> None:
    """Store the parts of a batch that is being sent."""
    Wave.objects.bulk_create(
        Wave(campaign=campaign, number=part.number, due_at=part.due_at, size=part.size) for part in parts
    )


def add(campaign: Campaign, size: int) -> Wave:
    """One more part of a locked batch, due now."""
    last = campaign.waves.aggregate(last=Max("number"))["last"] or 0
    return Wave.objects.create(campaign=campaign, number=last + 1, due_at=timezone.now(), size=size)


def waiting(campaign: Campaign) -> RecipientQuerySet:
    """The patients of a batch who can be sent a text and have no invitation yet."""
    assert campaign.patient_list is not None  # a batch that was sent has one, by constraint
    waiting: RecipientQuerySet = campaign.patient_list.recipients.can().filter(invitation=None)
    return waiting


def in_order(campaign: Campaign, patients: RecipientQuerySet) -> RecipientQuerySet:
    """Patients of a batch in the order in which they are invited: as staff chose, and by their rows."""
    if campaign.paced and campaign.invite_order == InviteOrder.OLDEST:
        return patients.order_by("date_of_birth", "row_number")
    if campaign.paced and campaign.invite_order == InviteOrder.COLUMN:
        return priority.by_column(patients)
    return patients.order_by("row_number")


def current(campaign: Campaign) -> Wave | None:
    """The part of a locked batch that is being made, or may be begun; None when none is due.

    When there is none left the batch is running.
    """
    if campaign.paced and campaign.waves.filter(issued_at=None, due_at__lt=timezone.now() - DECIDED_FOR).exists():
        lapse(campaign)
    left = campaign.waves.filter(issued_at=None).order_by("number")
    wave = left.first()
    if wave is None:
        if move(campaign, CampaignState.RUNNING):
            campaign.save(update_fields=["state", "changed_at"])
        return None
    return wave if wave.due_at <= timezone.now() else None


def lapse(campaign: Campaign) -> None:
    """Give up what is left to be made of a locked paced batch's parts: it is decided anew, unless staff stopped it."""
    now = timezone.now()
    if not campaign.waves.filter(issued_at=None).update(issued_at=now) or campaign.inviting_stopped_at:
        return
    campaign.next_decision_at = min(campaign.next_decision_at or now, now)
    campaign.save(update_fields=["next_decision_at"])


def begin(campaign: Campaign) -> None:
    """Mark a locked batch as started: from its first invitation on it can be paused and cancelled, and not undone."""
    if move(campaign, CampaignState.STARTING):
        campaign.save(update_fields=["state", "changed_at"])


def screen_again(campaign: Campaign, wave: Wave) -> bool:
    """Hold back whoever has opted out, booked or been invited in the days since Send was pressed (docs/safety).

    Before the first invitation of a part; whether anybody was.
    """
    assert campaign.patient_list is not None
    assert campaign.started_at is not None
    if wave.made or timezone.now() - campaign.started_at <= FRESH:
        return False
    to_contact = queries.to_contact(campaign.patient_list)
    changed = screening.screen(campaign.patient_list, only=campaign.patient_list.recipients.filter(invitation=None))
    if queries.to_contact(campaign.patient_list) > to_contact:
        followed_up.reopen_list(campaign)
    return changed > 0


def is_last(wave: Wave, campaign: Campaign) -> bool:
    """Whether this is a batch's last part, which takes whoever is left. A paced batch's take those decided alone."""
    return not campaign.paced and not campaign.waves.filter(number__gt=wave.number).exists()


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
