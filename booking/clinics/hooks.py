"""What texts about cancelled clinics still hold when they leave, and until when they are of use."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from booking.models import Booking, BookingState, ClinicPatient
from integrations.models.outbox import Message, Purpose
from practices.models import Practice

NO_MORE = "The patient has chosen another time since, or cancelled, or the appointment has begun."
"""Why a text about a cancelled clinic was withdrawn, for staff."""


def _about(rows: Sequence[Message]) -> list[UUID]:
    return [text.id for text in rows if text.purpose == Purpose.CLINIC]


def not_needed(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """Those texts about a cancelled clinic that are not true any more: nothing is to be chosen for that appointment."""
    ids = _about(rows)
    if not ids:
        return {}
    another = Booking.objects.current().filter(
        practice=practice, invitation=OuterRef("booking__invitation")
    ).exclude(id=OuterRef("booking"))  # fmt: skip
    true = ClinicPatient.objects.filter(practice=practice, id__any_of=ids, booking__starts_at__gt=timezone.now())
    true = true.filter(Q(booking__state=BookingState.BOOKED) | Q(cancel_asked=True)).exclude(Exists(another))
    still = set(true.values_list("id", flat=True))
    return {text_id: NO_MORE for text_id in ids if text_id not in still}


def begins(practice: Practice, rows: Sequence[Message]) -> dict[UUID, datetime]:
    """Before when texts about a cancelled clinic must come: until the appointment would begin."""
    ids = _about(rows)
    if not ids:
        return {}
    patients = ClinicPatient.objects.filter(practice=practice, id__any_of=ids)
    return dict(patients.values_list("id", "booking__starts_at"))
