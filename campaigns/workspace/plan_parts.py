"""The invitations of a sent batch's plan, for its page: how many have gone, and when the next go."""

from dataclasses import dataclass

from django.utils import timezone

from campaigns.drafts import plan_wording
from campaigns.drafts.plan_forecast import AFTER_LAST
from campaigns.messages import texts
from campaigns.models import Campaign
from campaigns.models.states import AfterLast, CampaignState
from campaigns.sending.schedule_wording import at
from campaigns.sequences import stopping
from campaigns.sequences.plans import plan_of
from campaigns.sequences.progress import StepProgress, progress


@dataclass(frozen=True, slots=True)
class Row:
    """One invitation: `gap` and `next` are in words."""

    number: int
    text: str
    gap: str
    sent: int
    waiting: int
    next: str


@dataclass(frozen=True, slots=True)
class PlanPart:
    """What the batch's page says of its plan. `most` is the largest number sent, for the bars."""

    rows: tuple[Row, ...]
    most: int
    can_stop: bool
    after_last: str


def part(campaign: Campaign) -> PlanPart | None:
    """The part of a sent batch's page; None where the batch is one invitation alone."""
    counted = {row.number: row for row in progress(campaign)}
    if not counted:
        return None
    rows = tuple(
        Row(
            number=step.number,
            text=texts.preview(step.message, practice=campaign.practice).text,
            gap=plan_wording.gap(step) if step.number > 1 else "When the batch went",
            sent=counted[step.number].sent,
            waiting=counted[step.number].waiting,
            next=_next(campaign, counted[step.number]),
        )
        for step in plan_of(campaign).steps
    )
    return PlanPart(
        rows=rows,
        most=max(row.sent for row in rows),
        can_stop=stopping.can_stop(campaign),
        after_last=AFTER_LAST[AfterLast(campaign.after_last)],
    )


def _next(campaign: Campaign, counted: StepProgress) -> str:
    """When an invitation next goes, in words."""
    if counted.number == 1:
        return ""
    if campaign.state == CampaignState.PAUSED:
        return "Not while the batch is paused"
    if counted.next_at is None:
        return "No more to come"
    return at(max(counted.next_at, timezone.now())).capitalize()
