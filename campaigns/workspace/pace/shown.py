"""What the page of a batch shows of its decisions."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from campaigns.models import Campaign, PacingDecision
from campaigns.models.states import CampaignState
from campaigns.sending.paced import control, wording
from campaigns.sending.schedule_wording import at
from campaigns.workspace.pace.picture import Picture, picture
from core.wording import nhs_datetime

SHOWN = 12
"""Decisions in words, the latest first; those before are under "Earlier decisions"."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """A batch's pacing: a sentence on what comes next, the latest figures, its decisions in words, and the picture."""

    next: str
    last: PacingDecision | None
    lines: Sequence[tuple[str, str]]
    earlier: Sequence[tuple[str, str]]
    picture: Picture | None
    can_hurry: bool
    can_stop: bool
    can_go_on: bool


def pacing(campaign: Campaign) -> Pacing | None:
    """What there is to show, in two queries; None, after one at most, for a batch that has never been paced."""
    if campaign.paced is None:
        return None
    decisions = list(campaign.decisions.defer("known", "forecast").order_by("at"))
    if not campaign.paced and not decisions:
        return None
    lines = [(nhs_datetime(row.at), wording.explain(row)) for row in _telling(decisions)]
    going = bool(campaign.paced) and campaign.inviting_stopped_at is None and campaign.next_decision_at is not None
    return Pacing(
        next=next_step(campaign),
        last=decisions[-1] if decisions else None,
        lines=lines[:SHOWN],
        earlier=lines[SHOWN:],
        picture=picture(decisions, campaign.next_decision_at if going else None),
        can_hurry=bool(campaign.paced) and campaign.state in control.CAN_HURRY and _anybody_left(campaign, decisions),
        can_stop=going and campaign.state in control.CAN_STOP,
        can_go_on=campaign.inviting_stopped_at is not None and campaign.state in control.CAN_GO_ON,
    )


def next_step(campaign: Campaign) -> str:
    """When it is next decided how many are invited, or why nobody else is, as a sentence."""
    if not campaign.paced:
        return "You chose to send to everybody at once."
    if campaign.state == CampaignState.CANCELLED:
        return "This batch is cancelled: nobody else is invited."
    if campaign.inviting_stopped_at is not None:
        return f"You stopped inviting on {nhs_datetime(campaign.inviting_stopped_at)}. Nobody else is invited."
    if campaign.next_decision_at is None:
        return "Everybody on your list has been invited."
    if campaign.state == CampaignState.PAUSED:
        return "Nobody is invited while the batch is paused."
    when = at(max(campaign.next_decision_at, timezone.now()))
    return f"We next look who can be invited {when}."


def _anybody_left(campaign: Campaign, decisions: Sequence[PacingDecision]) -> bool:
    return campaign.next_decision_at is not None or campaign.inviting_stopped_at is not None or not decisions


def _telling(decisions: Sequence[PacingDecision]) -> list[PacingDecision]:
    """The latest first; of several in a row that invite nobody for the same reason, the last alone."""
    rows: list[PacingDecision] = []
    for row in reversed(decisions):
        if rows and not row.number and not rows[-1].number and row.reason == rows[-1].reason:
            continue
        rows.append(row)
    return rows
