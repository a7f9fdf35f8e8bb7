"""Patients who have had all of their batch's invitations and reminders, and have not answered: for the follow-up list.

Those of a batch with a plan of invitations come on it only when that has ended for them: after the last one, or when
the plan as a whole is over.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.follow_up.entries import Batches, Kind, Source
from campaigns.follow_up.wording import Description
from campaigns.models import (
    LONGEST_GAP,
    MOST_INVITATIONS,
    AfterLast,
    Campaign,
    Invitation,
    InvitationState,
    PlannedInvitation,
)
from campaigns.results.followed_up import done_with
from campaigns.results.funnel import LEFT
from campaigns.sequences import due
from campaigns.sequences.askable import left_out
from core.wording import nhs_date, plural
from integrations.models.outbox import INVITATIONS, Message, Purpose

TIME_TO_ANSWER = timedelta(days=2)
"""After the last text: then staff try another way."""

MATTERS_FOR = timedelta(days=60)
"""Since their batch was sent: no link lives so long, and staff have tried another way or given up."""

_LONGEST_PLAN = timedelta(days=(MOST_INVITATIONS - 1) * LONGEST_GAP * 3 // 2)
"""Working days, with the days between them."""

_LEFT = sorted(map(str, LEFT))


def _reminders() -> QuerySet[Message]:
    return Message.objects.filter(purpose=Purpose.REMINDER, state__in=_LEFT).order_by()


def _select(batches: Batches) -> QuerySet[Any]:
    now = timezone.now()
    lately = Campaign.objects.filter(id__in=batches.ids, started_at__gt=now - MATTERS_FOR - _LONGEST_PLAN)
    campaigns = list(lately)
    planned = PlannedInvitation.objects.filter(campaign__in=campaigns).order_by().values_list("campaign")
    last = dict(planned.annotate(last=Max("number")))
    campaigns = [campaign for campaign in campaigns if campaign.id in last or _is_reminding(campaign, now)]
    if not campaigns:
        return _columns(Invitation.objects.none())
    condition = Q()
    for campaign in campaigns:
        of_one = _of_plan(campaign, last[campaign.id]) if campaign.id in last else _of(campaign)
        condition |= Q(id__in=of_one.values("id"))
    rows = Invitation.objects.filter(campaign__in=[campaign.id for campaign in campaigns]).filter(condition)
    return _columns(rows.filter(~done_with("id", Kind.UNANSWERED)))


def _is_reminding(campaign: Campaign, now: datetime) -> bool:
    return bool(campaign.reminder_days and campaign.started_at and campaign.started_at > now - MATTERS_FOR)


def _of(campaign: Campaign) -> QuerySet[Any]:
    """One batch's with reminders alone."""
    still = Invitation.objects.filter(campaign=campaign, state=InvitationState.OPEN, locked_at=None, elsewhere_at=None)
    reminded = _reminders().filter(campaign_id=campaign.id).values("subject_id")
    counted = reminded.annotate(texts=Count("id"), last=Max("sent_at"))
    last_gone = counted.filter(texts__gte=len(campaign.reminder_days), last__lt=timezone.now() - TIME_TO_ANSWER)
    return left_out(campaign, still.filter(id__in=last_gone.values("subject_id")))


def _of_plan(campaign: Campaign, last: int) -> QuerySet[Any]:
    """One batch's with a plan of invitations: those who have had the last, or all when it is over."""
    texted = due.invited(campaign).filter(left_at__lt=timezone.now() - TIME_TO_ANSWER)
    if campaign.next_invitation_at is not None:
        texted = texted.filter(number__gte=last)
    still = due.still_in_plan(campaign).filter(state=InvitationState.OPEN, id__in=texted.values("subject_id"))
    reminded = _reminders().filter(campaign_id=campaign.id, sent_at__gte=timezone.now() - TIME_TO_ANSWER)
    return left_out(campaign, still.exclude(id__in=reminded.values("subject_id")))


def _columns(rows: QuerySet[Any]) -> QuerySet[Any]:
    annotated: QuerySet[Any] = rows.annotate(
        batch=F("campaign_id"), row=F("recipient__row_number"), who=F("id"), text=F("id")
    )
    return annotated


_TO_DO = {AfterLast.CALL: "Phone the patient.", AfterLast.LETTER: "Write the patient a letter."}


def _describe(invitations: Sequence[UUID]) -> Mapping[UUID, Description]:
    """Three queries at most: with a plan staff have chosen whether they phone, or write."""
    texts = Message.objects.filter(subject_id__in=invitations, state__in=_LEFT).order_by().values_list("subject_id")
    reminders = texts.filter(purpose=Purpose.REMINDER).annotate(texts=Count("id"), last=Max("sent_at"))
    said = {subject_id: _said(count, "reminder", last) for subject_id, count, last in reminders}
    planned = Invitation.objects.filter(id__in=invitations, campaign__planned_invitations__number=2)
    after = dict(planned.values_list("id", "campaign__after_last"))
    if not after:
        return {subject_id: (happened, "Phone the patient, or write to them.") for subject_id, happened in said.items()}
    again = texts.filter(purpose__in=INVITATIONS, subject_id__in=list(after))
    invited = again.annotate(texts=Count("id"), last=Max(Coalesce("sent_at", "in_app_at")))
    said |= {subject_id: _said(count, "invitation", last) for subject_id, count, last in invited}
    return {
        subject_id: (
            happened,
            _TO_DO[AfterLast(after[subject_id])] if subject_id in after else "Phone the patient, or write to them.",
        )
        for subject_id, happened in said.items()
    }


def _said(count: int, noun: str, last: Any) -> str:
    return f"The patient has had {plural(count, noun)}, the last on {nhs_date(last)}, and has not answered."


STILL_UNANSWERED = Source(Kind.UNANSWERED, _select, _describe)
"""What the batch's own reminders, and the end of its plan, add to its follow-up list."""
