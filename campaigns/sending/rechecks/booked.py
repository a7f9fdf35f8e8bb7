"""Who has an appointment of a batch's slot type in the practice's book already, whoever made it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.rechecks import RecordCheck
from core.wording import LONDON
from integrations import record_reading
from integrations.clinical import port
from patients.models import Recipient


def day_of(appointments: Iterable[port.Appointment], slot_type: str, until: date) -> date | None:
    """The first day, from today up to this one, on which there is an appointment of a slot type; None without one.

    All of today counts: whoever was seen this morning needs no invitation either.
    """
    today = timezone.localdate()
    days = (
        appointment.start.astimezone(LONDON).date()
        for appointment in appointments
        if appointment.status != port.AppointmentStatus.CANCELLED and _plain(appointment.slot_type) == _plain(slot_type)
    )
    return min((day for day in days if today <= day <= until), default=None)


def conclusive(answer: record_reading.Answer, slot_type: str, until: date) -> record_reading.Answer:
    """The answer about a patient, or an error where nobody can tell that they have no such appointment."""
    appointments = answer.appointments if isinstance(answer, record_reading.Reading) else ()
    return record_reading.conclusive(answer, found=day_of(appointments, slot_type, until) is not None)


def _plain(slot_type: str) -> str:
    """A slot type's name as people compare it: books are not careful about spaces and capital letters."""
    return " ".join(slot_type.split()).casefold()


def in_the_book(campaign: Campaign, rows: QuerySet[Recipient]) -> QuerySet[Recipient]:
    """Of some rows of a batch's list, those whom the practice has booked, and whom staff did not include since."""
    return rows.filter(id__in=_noted(campaign).order_by().values("recipient"))


def _noted(campaign: Campaign) -> QuerySet[RecordCheck, Any]:
    return RecordCheck.objects.filter(campaign=campaign, booked_on__isnull=False, included=False)
