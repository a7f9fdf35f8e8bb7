"""Trying clinical systems that did not answer, so that an outage ends even where no patient comes to notice."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from booking.models import ClinicalOutage
from booking.slots import free_list, outages
from campaigns.models import Campaign

_QUIET = timedelta(minutes=10)


def try_again() -> None:
    """Ask each practice's clinical system that is down for its free slots; an answer ends the outage."""
    for outage in ClinicalOutage.objects.filter(ended_at=None):
        _try(outage.practice_id)
        ended = outage.failed_at < timezone.now() - _QUIET and _campaign(outage.practice_id) is None
        if ended:
            outages.answered(outage.practice_id)  # nobody asks any more, so nobody would ever notice
    outages.alert_managers()


def _try(practice_id: UUID) -> None:
    campaign = _campaign(practice_id)
    if campaign is None:
        return
    free_list.forget(campaign)
    try:
        free_list.free(campaign)
    except free_list.Unavailable:
        return


def _campaign(practice_id: UUID) -> Campaign | None:
    """The practice's batch that was sent last: its slots are what patients want."""
    sent = Campaign.objects.filter(practice_id=practice_id, started_by__isnull=False)
    return sent.select_related("practice", "started_by").order_by("-started_at").first()
