"""Where a paced batch stands, in words for staff: beside `campaigns.workspace.status`, which is for the others."""

from datetime import datetime
from math import ceil

from django.conf import settings
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from campaigns.results.funnel import Funnel
from campaigns.sending.rechecks import wording
from campaigns.sending.rechecks.clearance import Progress
from campaigns.sending.schedule_wording import at
from campaigns.workspace.status import Status
from core.wording import plural

_S = CampaignState


def status(campaign: Campaign, funnel: Funnel, *, stopped: bool, noun: str, checking: Progress | None) -> Status:
    """Where a paced batch that was sent stands now. The arguments are those of `campaigns.workspace.status.status`."""
    moving = funnel.in_progress
    invited = f"{funnel.invitations:,} of {plural(funnel.can, 'patient')}"
    more = [wording.of_progress(checking, noun)] if checking is not None else []
    match campaign.state:
        case _S.SCHEDULED:
            return _scheduled(campaign)
        case _S.CANCELLED:
            return Status(f"Cancelled: {invited} had been invited. The others will not be.", moving=moving)
        case _S.PAUSED:
            sentence = f"Paused: {invited} invited. The others wait."
            return Status(sentence, moving=moving, can_resume=True, can_cancel=True)
        case _S.FINISHED:
            return Status(f"Inviting is finished: {invited} were invited. No link can be answered any more.")
    to_go = campaign.next_decision_at is not None or funnel.settled < funnel.planned
    if campaign.inviting_stopped_at is not None:
        sentence = f"You stopped inviting: {invited} were invited."
    elif stopped:
        sentence = f"Stopped: {invited} invited. The others wait."
    elif campaign.next_decision_at is None:
        sentence = f"Everybody has been invited: {plural(funnel.can, 'patient')}."
    else:
        sentence = f"Inviting as appointments last: {invited} so far."
    return Status(
        sentence,
        more,
        moving=moving and not stopped and not (checking and checking.waits),
        can_pause=funnel.unsent,
        can_cancel=True,
        to_go=to_go,
    )


def _scheduled(campaign: Campaign) -> Status:
    """Nobody is invited yet: all can be undone."""
    first: datetime = campaign.starts_at or timezone.now()
    seconds = ceil((first - timezone.now()).total_seconds())
    seconds_left = seconds if 0 < seconds <= settings.UNDO_SECONDS else None
    if seconds_left is not None:
        sentence = "Patients are invited as appointments last. Nothing has gone yet: you can still undo this."
    elif seconds > 0:
        sentence = f"Patients are invited as appointments last, from {at(first)}."
    else:
        sentence = "Nobody has been invited yet."
    more = [] if seconds_left is not None else ["Nothing has gone yet: you can still change everything."]
    return Status(
        sentence,
        more,
        seconds=seconds_left,
        moving=seconds_left is not None,
        can_undo=True,
        can_cancel=True,
        to_go=True,
    )
