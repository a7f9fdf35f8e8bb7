"""Batches whose patients find no times: their practice's managers are emailed, once for each time that it happens."""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from booking.slots import offered
from booking.slots.listing import FreeList
from campaigns.models import Campaign, Invitation
from campaigns.models.states import CampaignState
from core.hints import hint
from core.wording import local
from practices.alerts import services as alerts
from practices.models import AlertKind

_KIND = AlertKind.NO_SLOTS


def ask_all() -> None:
    """Have the free slots read of every batch whose links are open: a worker looks at each, by `look`."""
    open_links = Invitation.objects.answerable().filter(campaign=OuterRef("id"))
    for campaign_id in Campaign.objects.filter(Exists(open_links), state=CampaignState.RUNNING).values_list(
        "id", flat=True
    ):
        hint("booking.read_free_slots", campaign_id)


def look(campaign: Campaign, listed: FreeList) -> None:
    """Note that a batch has run out of slots, by a list that was just read; or that it has some again.

    Where slots come and go, a batch is not worth more than one email a day.
    """
    answerable = Invitation.objects.answerable().filter(campaign=campaign)
    if offered.count(campaign, listed) or not answerable.exists():
        alerts.settle(campaign.practice_id, _KIND, campaign.id)
    elif not alerts.is_open(campaign.practice_id, _KIND, campaign.id):
        today = local(timezone.now()).date()
        alerts.note(campaign.practice_id, _KIND, f"{campaign.id} {today}", about=campaign.id)
