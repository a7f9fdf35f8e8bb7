"""How far a sent batch's plan has come: for each invitation how many have gone, who waits for it, and when it goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from campaigns.results.funnel import LEFT, ON_THE_WAY
from campaigns.sending.schedule import reminder_time
from campaigns.sequences.askable import GOING
from campaigns.sequences.due import invited, may_be_invited
from campaigns.sequences.plans import Step, plan_of
from core.database import whole_sets
from core.sociable_hours import LONDON
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One invitation of the plan: texts by what became of them, and patients who are to get it if they do not answer.

    `next_at`: when the first of those who wait may get it; None where nobody waits, or the batch is not going on.
    """

    step: Step
    sent: int
    on_the_way: int
    failed: int
    waiting: int
    next_at: datetime | None


def progress(campaign: Campaign) -> list[StepProgress]:
    """Of each invitation of a batch that was sent, the first included: four queries, and one for each further one.

    Of the first nobody waits here: who has not been invited yet is the funnel's.
    """
    plan = plan_of(campaign)
    counts = {
        "sent": Count("id", filter=Q(state__in=sorted(map(str, LEFT)))),
        "on_the_way": Count("id", filter=Q(state__in=sorted(map(str, ON_THE_WAY)))),
        "failed": Count("id", filter=Q(state__in=[MessageState.FAILED, MessageState.CHECK])),
    }
    texts = Message.objects.of_batch(campaign.id).order_by()
    first = texts.filter(purpose=Purpose.INVITATION).aggregate(**counts)
    further = texts.filter(purpose=Purpose.NEXT_INVITATION).values("step").annotate(**counts)
    by_number: dict[int, Any] = {row["step"]: row for row in further}
    steps = [StepProgress(plan.first, **first, waiting=0, next_at=None)]
    for step in plan.further:
        waiting, left_at = _waiting(campaign, step)
        row = by_number.get(step.number)
        sent, on_the_way, failed = (row["sent"], row["on_the_way"], row["failed"]) if row else (0, 0, 0)
        next_at = _next_at(campaign, step, left_at) if waiting and left_at else None
        steps.append(StepProgress(step, sent, on_the_way, failed, waiting, next_at))
    return steps


def _waiting(campaign: Campaign, step: Step) -> tuple[int, datetime | None]:
    """Who has had the invitation before and not answered: how many, and when the first of those left."""
    if campaign.next_invitation_at is None or campaign.state not in (*GOING, CampaignState.PAUSED):
        return 0, None
    with whole_sets():
        still = may_be_invited(campaign).values("id")
        rows = invited(campaign).filter(number=step.number - 1, subject_id__in=still)
        found = rows.aggregate(waiting=Count("subject_id"), first=Min("left_at"))
    return found["waiting"], found["first"]


def _next_at(campaign: Campaign, step: Step, left_at: datetime) -> datetime | None:
    """When somebody whose invitation before left then may get this one: at the batch's next look, at the soonest."""
    if campaign.state not in GOING or campaign.next_invitation_at is None:
        return None
    at = reminder_time(step.day_after(left_at.astimezone(LONDON).date()))
    now = timezone.now()
    return at if at > now else max(campaign.next_invitation_at, now)
