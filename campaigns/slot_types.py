"""The slot types that a batch can book into, as the clinical system has them now."""

from contextlib import closing
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from integrations.clinical.port import SlotType
from integrations.connections import clinical_for
from practices.models import Practice, User


def horizon() -> tuple[date, date]:
    """The first and the last day that patients may book on, in London."""
    today = timezone.localdate()
    return today, today + timedelta(days=settings.BOOKING_HORIZON_DAYS)


def available(practice: Practice, by: User) -> list[SlotType]:
    """Every face-to-face slot type with free slots in the booking horizon, by name.

    Asked afresh each time: staff compare this number with the one on their own screen. Raises ClinicalError and
    NotConnected.
    """
    first, last = horizon()
    with closing(clinical_for(practice, by)) as system:
        return system.slot_types(first, last)


def free(practice: Practice, by: User, slot_type: str) -> int:
    """Free slots of one type in the booking horizon. Raises ClinicalError and NotConnected."""
    return next((found.free for found in available(practice, by) if found.name == slot_type), 0)
