"""Slots that are left for a batch, against the patients who can still book: will there be enough?

Nobody waits for the clinical system: the list that all share is shown as it is held, and a worker is asked to read it
when it has grown old.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.slots import free_list, run_out
from booking.slots import offered as slots
from campaigns.drafts import left_out
from campaigns.models import Campaign, Invitation
from campaigns.models.states import CampaignState
from campaigns.results.funnel import Funnel
from core.hints import hint

_S = CampaignState
_TO_BE_MADE = (_S.SCHEDULED, _S.STARTING, _S.PAUSED)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SlotsLeft:
    """How many patients can still book, and how many slots are free for them.

    `free` is None when that is not known: either it is being asked (`asking`), or the clinical system cannot be read.
    """

    patients: int
    free: int | None
    asking: bool
    read_at: datetime | None
    left_out: Sequence[str] = ()
    """What staff are told about slots that could not be used."""

    @property
    def most(self) -> int:
        """The greater of the two, for a picture."""
        return max(self.patients, self.free or 0)

    @property
    def too_few(self) -> bool:
        """Whether some patients will find no time."""
        return self.free is not None and self.free < self.patients


def slots_left(campaign: Campaign, funnel: Funnel) -> SlotsLeft | None:
    """Slots against patients; None when nobody can book with this batch any more."""
    patients = Invitation.objects.answerable().filter(campaign=campaign).count()
    if campaign.state in _TO_BE_MADE and not campaign.paced:
        patients += funnel.can - funnel.invitations
    if not patients:
        return None
    held = free_list.held(campaign)
    if held.may_be_asked:
        hint("booking.read_free_slots", campaign.id)
    if held.listed is None:
        return SlotsLeft(patients, None, not held.failed, None)
    free = slots.count(campaign, held.listed)
    lines = left_out.sentences(dict(held.listed.left_out), held.listed.unmarked, campaign.practice)
    return SlotsLeft(patients, free, not held.failed, held.listed.asked_at, lines)


def read(campaign: Campaign) -> None:
    """Have the shared list read, where it is old, and managers told if it has run out: a worker's part."""
    try:
        run_out.look(campaign, free_list.free(campaign))
    except free_list.Unavailable:
        logger.info("free slots not read", extra={"campaign_id": str(campaign.id)})
