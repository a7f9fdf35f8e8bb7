"""The slot types that a batch can book into, as the clinical system has them now."""

from contextlib import closing
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from campaigns.models import Campaign
from integrations.clinical.port import Slot, SlotType
from integrations.connections import clinical_for
from practices.models import Practice, User


def horizon(days: int | None = None) -> tuple[date, date]:
    """The first and the last day that patients may book on, in London; so many days ahead, or as usual."""
    today = timezone.localdate()
    return today, today + timedelta(days=days or settings.BOOKING_HORIZON_DAYS)


def available(practice: Practice, by: User) -> list[SlotType]:
    """Every face-to-face slot type with free slots in the booking horizon, by name.

    Asked afresh each time: staff compare this number with the one on their own screen. Raises ClinicalError and
    NotConnected.
    """
    first, last = horizon()
    with closing(clinical_for(practice, by)) as system:
        return system.slot_types(first, last)


def free_slots(practice: Practice, by: User, slot_type: str, days: int | None = None) -> list[Slot]:
    """The free slots of one type in the booking horizon. Raises ClinicalError and NotConnected."""
    first, last = horizon(days)
    with closing(clinical_for(practice, by)) as system:
        return system.free_slots(first, last, slot_type)


def free(campaign: Campaign, by: User) -> int:
    """Free slots that a batch's patients may book, within its limits. Raises ClinicalError and NotConnected."""
    slots = free_slots(campaign.practice, by, campaign.slot_type, campaign.horizon_days)
    return sum(is_within(campaign, slot) for slot in slots)


def is_within(campaign: Campaign, slot: Slot) -> bool:
    """Whether a slot is one of those that a batch is limited to: by clinician and by session."""
    return (not campaign.clinicians or slot.clinician in campaign.clinicians) and (
        not campaign.sessions or slot.session_name in campaign.sessions
    )
