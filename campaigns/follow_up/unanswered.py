"""Patients who have had all of their batch's own reminders and have still not answered: for the follow-up list."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone

from campaigns.follow_up.entries import Batches, Kind, Source
from campaigns.follow_up.wording import Description
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.reminders.services import left_out
from campaigns.results.followed_up import done_with
from campaigns.results.funnel import LEFT
from core.wording import nhs_date, plural
from integrations.models.outbox import Message, Purpose

TIME_TO_ANSWER = timedelta(days=2)
"""After the last reminder: then staff try another way."""

MATTERS_FOR = timedelta(days=60)
"""Since their batch was sent: no link lives so long, and staff have tried another way or given up."""


def _reminders() -> QuerySet[Message]:
    return Message.objects.filter(purpose=Purpose.REMINDER, state__in=sorted(map(str, LEFT))).order_by()


def _select(batches: Batches) -> QuerySet[Any]:
    lately = Campaign.objects.filter(id__in=batches.ids, started_at__gt=timezone.now() - MATTERS_FOR)
    campaigns = list(lately.exclude(reminder_days=[]))
    if not campaigns:
        return _columns(Invitation.objects.none())
    condition = Q()
    for campaign in campaigns:
        condition |= Q(id__in=_of(campaign).values("id"))
    rows = Invitation.objects.filter(campaign__in=[campaign.id for campaign in campaigns]).filter(condition)
    return _columns(rows.filter(~done_with("id", Kind.UNANSWERED)))


def _of(campaign: Campaign) -> QuerySet[Any]:
    """One batch's."""
    still = Invitation.objects.filter(campaign=campaign, state=InvitationState.OPEN, locked_at=None, elsewhere_at=None)
    reminded = _reminders().filter(campaign_id=campaign.id).values("subject_id")
    counted = reminded.annotate(texts=Count("id"), last=Max("sent_at"))
    last_gone = counted.filter(texts__gte=len(campaign.reminder_days), last__lt=timezone.now() - TIME_TO_ANSWER)
    return left_out(campaign, still.filter(id__in=last_gone.values("subject_id")))


def _columns(rows: QuerySet[Any]) -> QuerySet[Any]:
    annotated: QuerySet[Any] = rows.annotate(
        batch=F("campaign_id"), row=F("recipient__row_number"), who=F("id"), text=F("id")
    )
    return annotated


def _describe(invitations: Sequence[UUID]) -> Mapping[UUID, Description]:
    reminders = _reminders().filter(subject_id__in=invitations).values_list("subject_id")
    return {
        subject_id: (
            f"The patient has had {plural(texts, 'reminder')}, the last on {nhs_date(last)}, and has not answered.",
            "Phone the patient, or write to them.",
        )
        for subject_id, texts, last in reminders.annotate(texts=Count("id"), last=Max("sent_at"))
    }


STILL_UNANSWERED = Source(Kind.UNANSWERED, _select, _describe)
"""What the batch's own reminders add to its follow-up list."""
