"""How far a sent batch's plan has come: for each invitation how many have gone, who waits for it, and when it goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from campaigns.models import Campaign
from campaigns.results.funnel import LEFT, ON_THE_WAY
from campaigns.sequences.plans import Step, plan_of
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
    """Of each invitation of a batch that was sent, the first included."""
    counts = {
        "sent": Count("id", filter=Q(state__in=sorted(map(str, LEFT)))),
        "on_the_way": Count("id", filter=Q(state__in=sorted(map(str, ON_THE_WAY)))),
        "failed": Count("id", filter=Q(state__in=[MessageState.FAILED, MessageState.CHECK])),
    }
    texts = Message.objects.of_batch(campaign.id).order_by()
    by_number: dict[int, Any] = {1: texts.filter(purpose=Purpose.INVITATION).aggregate(**counts)}
    further: Any = texts.filter(purpose=Purpose.NEXT_INVITATION).values("step").annotate(**counts)
    by_number |= {row.pop("step"): row for row in further}
    return [
        StepProgress(
            step,
            **by_number.get(step.number, {"sent": 0, "on_the_way": 0, "failed": 0}),
            waiting=0,
            next_at=campaign.next_invitation_at if step.number > 1 else None,
        )
        for step in plan_of(campaign).steps
    ]
