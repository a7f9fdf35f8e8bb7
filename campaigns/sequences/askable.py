"""Whom a batch may text again of itself, to remind them or to invite them once more: what holds for both."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import Campaign, InvitationQuerySet
from campaigns.models.states import CampaignState
from campaigns.results.funnel import ON_THE_WAY
from core.hooks import Hook
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from patients.opt_outs import services as opt_outs

APART = timedelta(hours=24)
"""Between any text about the batch to a patient and a reminder."""

APART_BY_ITSELF = timedelta(hours=36)
"""The same for what goes by itself: not the day after a reminder by hand."""

GOING = (CampaignState.STARTING, CampaignState.RUNNING)
"""The batches whose patients can be texted again."""

Find = Callable[[Campaign], QuerySet[Any]]
"""Of a batch, the ids of invitations that need no further text, for a reason that only a room above knows."""

exclusions: Hook[Find] = Hook(
    "reminder exclusion", "leave patients of a batch out of its reminders and further invitations"
)


def texts_of(campaign: Campaign) -> QuerySet[Message]:
    """The texts about an invitation. The batch is named, so that no other's are looked at."""
    return Message.objects.of_batch(campaign.id).filter(subject_id=OuterRef("id"))


def texted_lately(campaign: Campaign, at: datetime, apart: timedelta = APART) -> Exists:
    """Whether a text of any kind to the patient is on its way, or was within so long before a moment.

    One in the NHS App that has not been read is on its way still: its text may follow at any moment.
    """
    to_come = sorted(map(str, [*ON_THE_WAY, MessageState.IN_APP]))
    lately = Q(sent_at__gt=at - apart) | Q(created_at__gt=at - apart) | Q(state__in=to_come)
    return Exists(texts_of(campaign).filter(lately))


def without_opt_outs(campaign: Campaign, invitations: InvitationQuerySet) -> InvitationQuerySet:
    """Some of a batch's invitations without those of patients, or phones, that want no texts from the practice."""
    live = opt_outs.live_of(campaign.practice)
    invitations = invitations.exclude(recipient__nhs_number__in=live.exclude(nhs_number="").values("nhs_number"))
    return invitations.exclude(recipient__mobile__in=live.exclude(mobile="").values("mobile"))


def left_out(campaign: Campaign, invitations: InvitationQuerySet) -> InvitationQuerySet:
    """Some of a batch's invitations without those that a room above says need no further text."""
    for find in exclusions:
        invitations = invitations.exclude(id__in=find(campaign))
    return invitations
