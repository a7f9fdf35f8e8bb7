"""Patients who have had all of their batch's invitations and reminders, and have not answered: for the follow-up list.

Those of a batch with a plan of invitations come on it only when that has ended for them: after the last one, or when
the plan as a whole is over.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
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
"""Since their batch was sent, or the last invitation of its plan: no link lives so long, and staff have tried another
way or given up."""

_LONGEST_PLAN = timedelta(days=(MOST_INVITATIONS - 1) * LONGEST_GAP * 3 // 2)
"""Working days, with the days between them."""

_LEFT = sorted(map(str, LEFT))


def _reminders() -> QuerySet[Message]:
    return Message.objects.filter(purpose=Purpose.REMINDER, state__in=_LEFT).order_by()


def _select(batches: Batches) -> QuerySet[Any]:
    now = timezone.now()
    lately = Campaign.objects.filter(id__in=batches.ids, started_at__gt=now - MATTERS_FOR - _LONGEST_PLAN)
    annotated = list(lately.annotate(last=Max("planned_invitations__number")))
    last: dict[UUID, int] = {one.id: number for one in annotated if (number := vars(one)["last"])}
    campaigns = [campaign for campaign in annotated if campaign.id in last or _is_reminding(campaign, now)]
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
    now = timezone.now()
    texted = due.invited(campaign).filter(left_at__lt=now - TIME_TO_ANSWER, left_at__gt=now - MATTERS_FOR)
    if campaign.next_invitation_at is not None:
        texted = texted.filter(number__gte=last)
    still = due.still_in_plan(campaign).filter(state=InvitationState.OPEN, id__in=texted.values("subject_id"))
    reminded = _reminders().filter(campaign_id=campaign.id, sent_at__gte=now - TIME_TO_ANSWER)
    return left_out(campaign, still.exclude(id__in=reminded.values("subject_id")))


def _columns(rows: QuerySet[Any]) -> QuerySet[Any]:
    annotated: QuerySet[Any] = rows.annotate(
        batch=F("campaign_id"), row=F("recipient__row_number"), who=F("id"), text=F("id")
    )
    return annotated


_REMINDING, _INVITING = Q(purpose=Purpose.REMINDER), Q(purpose__in=INVITATIONS)
_TO_DO = {AfterLast.CALL: "Phone the patient.", AfterLast.LETTER: "Write the patient a letter."}


def _describe(invitations: Sequence[UUID]) -> Mapping[UUID, Description]:
    """With a plan staff have chosen whether they phone, or write."""
    with_plan = Invitation.objects.filter(id=OuterRef("subject_id"), campaign__planned_invitations__number=2)
    rows = (
        Message.objects.filter(subject_id__in=invitations, state__in=_LEFT)
        .order_by()
        .annotate(after=Subquery(with_plan.values("campaign__after_last")[:1]))
        .values_list("subject_id", "after")
        .annotate(
            reminders=Count("id", filter=_REMINDING),
            reminded=Max("sent_at", filter=_REMINDING),
            invitations=Count("id", filter=_INVITING),
            invited=Max(Coalesce("sent_at", "in_app_at"), filter=_INVITING),
        )
    )
    return {
        subject_id: (_said(invited, "invitation", invited_at), _TO_DO[AfterLast(after)])
        if after
        else (_said(reminders, "reminder", reminded_at), "Phone the patient, or write to them.")
        for subject_id, after, reminders, reminded_at, invited, invited_at in rows
    }


def _said(count: int, noun: str, last: Any) -> str:
    return f"The patient has had {plural(count, noun)}, the last on {nhs_date(last)}, and has not answered."


STILL_UNANSWERED = Source(Kind.UNANSWERED, _select, _describe)
"""What the batch's own reminders, and the end of its plan, add to its follow-up list."""
