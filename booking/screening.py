"""Who has booked already: a screen of patient lists, and a choice for staff (safety B51)."""

from django.db.models import QuerySet
from django.utils import timezone

from booking.models import Booking
from campaigns.models import Campaign
from campaigns.screening import Offer
from patients.models import Recipient
from patients.reasons import Reason


def _booked(campaign: Campaign, rows: QuerySet[Recipient]) -> QuerySet[Recipient]:
    """Those with an appointment of the batch's slot type to come, made through an invitation of the practice."""
    bookings = Booking.objects.live().filter(
        # The practice is named on each side of a join, so that nobody else's rows are looked at.
        practice=campaign.practice_id,
        invitation__practice=campaign.practice_id,
        invitation__recipient__practice=campaign.practice_id,
        invitation__campaign__practice=campaign.practice_id,
        invitation__campaign__slot_type=campaign.slot_type,
        starts_at__gt=timezone.now(),
    )
    return rows.filter(nhs_number__in=bookings.order_by().values("invitation__recipient__nhs_number"))


def _includes_booked(campaign: Campaign) -> bool:
    return campaign.include_booked


ALREADY_BOOKED = Offer(Reason.ALREADY_BOOKED, (_booked,), _includes_booked)
"""Patients who have, or may have, such an appointment. One that is being settled counts as made."""
