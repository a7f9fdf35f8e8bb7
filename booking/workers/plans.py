"""What batches' plans of invitations ask of bookings: which came to nothing, and which still may."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from booking.models import Booking, BookingState, CancelReason
from campaigns.models import Campaign
from campaigns.sequences.due import Bookings
from core.wording import LONDON

_LOST = (BookingState.CANCELLED, BookingState.FAILED, BookingState.SLOT_GONE)
_DONE_WITH = (CancelReason.ELSEWHERE, CancelReason.NOT_WANTED)


def _lost_since(campaign: Campaign, day: date) -> QuerySet[Any]:
    began = datetime.combine(day, time(), LONDON)
    lost = Booking.objects.filter(practice=campaign.practice_id, invitation__campaign=campaign, state__in=_LOST)
    return lost.filter(settled_at__gte=began).values("invitation_id")


def _over(campaign: Campaign) -> QuerySet[Any]:
    """Of who cancelled last of all saying so: a later booking says otherwise."""
    later = Booking.objects.filter(invitation=OuterRef("invitation"), created_at__gt=OuterRef("created_at"))
    cancelled = Booking.objects.filter(
        practice=campaign.practice_id, invitation__campaign=campaign, state=BookingState.CANCELLED
    )
    said = cancelled.filter(cancel_reason__in=_DONE_WITH)
    return said.exclude(Exists(later)).values("invitation_id")


def _to_come(campaign: Campaign) -> QuerySet[Any]:
    live = Booking.objects.live().filter(practice=campaign.practice_id, invitation__campaign=campaign)
    return live.filter(ends_at__gt=timezone.now()).values("invitation_id")


BOOKINGS = Bookings(_lost_since, _over, _to_come)
"""The answers that plans ask for."""
