"""Who has booked already: a screen of patient lists, a choice for staff (contact#already-booked); nobody to remind."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from booking.models import Booking, WaitingPatient
from campaigns.models import Campaign, Invitation
from campaigns.sending.rechecks import booked
from campaigns.sending.screening import Offer
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


def booked_already(campaign: Campaign) -> QuerySet[Any]:
    """The batch's invitations to patients who have such an appointment by another one: no reminder is for them."""
    if campaign.include_booked:
        return Invitation.objects.none().values("id")
    rows = Recipient.objects.filter(practice=campaign.practice_id, patient_list=campaign.patient_list_id)
    own = Invitation.objects.filter(practice=campaign.practice_id, campaign=campaign)
    return own.filter(recipient__in=_booked(campaign, rows).order_by().values("id")).values("id")


def waiting_for_times(campaign: Campaign) -> QuerySet[Any]:
    """The batch's invitations to patients who found no time, and get a text of their own once there are more."""
    untold = WaitingPatient.objects.filter(practice=campaign.practice_id, told_at=None, invitation__campaign=campaign)
    return untold.values("invitation_id")


def _includes_booked(campaign: Campaign) -> bool:
    return campaign.include_booked


ALREADY_BOOKED = Offer(Reason.ALREADY_BOOKED, (_booked, booked.in_the_book), _includes_booked)
"""Patients who have, or may have, such an appointment: by a link of ours, or by the practice's book as last read.

One that is being settled counts as made.
"""
