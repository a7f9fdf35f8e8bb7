"""How far the plan of a sent batch has come."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from campaigns.models import Campaign
from campaigns.results.funnel import LEFT, ON_THE_WAY
from integrations.models.outbox import Message, Purpose


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One invitation of a plan: how many have gone, and how many patients have not had it and may still get it.

    `next_at` is when it is next seen who is due; None where nothing more is to come by itself.
    """

    number: int
    sent: int
    waiting: int
    next_at: datetime | None


def progress(campaign: Campaign) -> list[StepProgress]:
    """The progress of each invitation of a sent batch's plan, in order; empty where it is one invitation alone."""
    numbers = list(campaign.planned_invitations.order_by("number").values_list("number", flat=True))
    if not numbers:
        return []
    messages = Message.objects.of_batch(campaign.id).filter(purpose__in=(Purpose.INVITATION, Purpose.NEXT_INVITATION))
    counted = {
        (purpose, step): (sent, waiting)
        for purpose, step, sent, waiting in messages.order_by()
        .values_list("purpose", "step")
        .annotate(
            sent=Count("id", filter=Q(state__in=sorted(map(str, LEFT)))),
            waiting=Count("id", filter=Q(state__in=sorted(map(str, ON_THE_WAY)))),
        )
    }
    first = counted.get((Purpose.INVITATION, 0), (0, 0))
    later = [(number, *counted.get((Purpose.NEXT_INVITATION, number), (0, 0))) for number in numbers]
    return [
        StepProgress(number, sent, waiting, campaign.next_invitation_at if number > 1 else None)
        for number, sent, waiting in [(1, *first), *later]
    ]
