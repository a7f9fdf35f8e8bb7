"""The life of a batch: which state may follow which. Nothing else may change a batch's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from campaigns.models import Campaign


class CampaignState(models.TextChoices):
    """How far a batch has come; `MOVES` has which state may follow which."""

    DRAFT = "draft", "Draft"
    AWAITING = "awaiting", "Waiting for approval"
    SCHEDULED = "scheduled", "Waiting for its time"
    STARTING = "starting", "Starting"
    RUNNING = "running", "Sent"
    PAUSED = "paused", "Paused"
    CANCELLED = "cancelled", "Cancelled"
    FINISHED = "finished", "Finished"


class AfterLast(models.TextChoices):
    """How staff reach patients who have not answered the last invitation of a batch's plan."""

    CALL = "call", "Phone them"
    LETTER = "letter", "Write them a letter"


_S = CampaignState
MOVES: dict[str, frozenset[str]] = {
    _S.DRAFT: frozenset({_S.AWAITING, _S.SCHEDULED}),
    # A second person looks at it. Only as a draft can it be changed, and then it must be approved anew.
    _S.AWAITING: frozenset({_S.DRAFT, _S.SCHEDULED}),
    # Nothing of it has gone, not even an invitation been made: it can still be a draft again.
    _S.SCHEDULED: frozenset({_S.DRAFT, _S.STARTING, _S.CANCELLED}),
    _S.STARTING: frozenset({_S.RUNNING, _S.PAUSED, _S.CANCELLED}),
    # Starting again: staff invite patients whom it had left out, because the practice had booked them itself.
    _S.RUNNING: frozenset({_S.STARTING, _S.PAUSED, _S.CANCELLED, _S.FINISHED}),
    # A paused batch may lack invitations: it starts where it stopped.
    _S.PAUSED: frozenset({_S.STARTING, _S.CANCELLED}),
    _S.CANCELLED: frozenset(),
    _S.FINISHED: frozenset({_S.STARTING}),
}


def move(campaign: Campaign, state: CampaignState) -> bool:
    """Change the state of a locked batch, without saving it; False when it may not go there from where it is."""
    if state not in MOVES[campaign.state]:
        return False
    campaign.state = state
    return True
