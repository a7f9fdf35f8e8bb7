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
from campaigns.sequences.progress import StepProgress, progress


@dataclass(frozen=True, slots=True)
class Row:
    """One invitation: `gap` and `next` are in words. `waiting`: who are to get it, and texts on their way."""

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
    """The part of a sent batch's page; None where the batch is one invitation alone, which takes one query to see."""
    if not campaign.planned_invitations.exists():
        return None
    goes_on = stopping.goes_on(campaign)
    rows = tuple(_row(campaign, counted, goes_on=goes_on) for counted in progress(campaign))
    return PlanPart(
        rows=rows,
        most=max(row.sent for row in rows),
        can_stop=goes_on,
        after_last=AFTER_LAST[AfterLast(campaign.after_last)],
    )


def _row(campaign: Campaign, counted: StepProgress, *, goes_on: bool) -> Row:
    step = counted.step
    return Row(
        number=step.number,
        text=texts.preview(step.message, practice=campaign.practice).text,
        gap=plan_wording.gap(step) if step.number > 1 else "When the batch went",
        sent=counted.sent,
        waiting=counted.on_the_way + counted.waiting,
        next=_next(campaign, counted, goes_on=goes_on) if step.number > 1 else "",
    )


def _next(campaign: Campaign, counted: StepProgress, *, goes_on: bool) -> str:
    """When a further invitation next goes, in words."""
    if campaign.plan_stopped_at is not None:
        return "Stopped by staff"
    if campaign.state == CampaignState.SCHEDULED:
        return "Once the first has gone"
    if not goes_on:
        return "No more to come"
    if campaign.state == CampaignState.PAUSED:
        return "Not while the batch is paused"
    if counted.next_at is None:
        return "Nobody waits for it now"
    when = at(max(counted.next_at, timezone.now()))
    return when[0].upper() + when[1:]
