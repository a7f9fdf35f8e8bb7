"""Who of a cancelled clinic knows, who has chosen another time, and who must still be told: it counts to zero."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Cast, Extract
from django.utils import timezone

from booking.models import Booking, BookingState, CancelledClinic, ClinicPatient, PhoneReason
from campaigns.follow_up.entries import Batches, Kind, Source
from campaigns.follow_up.wording import Description
from campaigns.models import InvitationState
from campaigns.results.followed_up import done_with
from core.wording import nhs_datetime
from integrations.models.outbox import Message
from integrations.models.states import MessageState


class Progress(TextChoices):
    """How it stands with one patient of a cancelled clinic: the most pressing first."""

    TO_PHONE = "to_phone", "To phone"
    ON_THE_WAY = "on_the_way", "Text on its way"
    TEXTED = "texted", "Texted, no answer yet"
    CHOSEN = "chosen", "Has chosen another time"
    CANCELLED = "cancelled", "Has cancelled, or declined"
    PHONED = "phoned", "Phoned"


UNTOLD = (Progress.TO_PHONE, Progress.ON_THE_WAY)
"""Nobody knows that these patients have heard of it."""

_ORDER = {progress: place for place, progress in enumerate(Progress)}
_M = MessageState
_GOING = [str(state) for state in (_M.DUE, _M.STARTED, _M.UNKNOWN, _M.IN_APP, _M.ACCEPTED, _M.SENT)]
_B = BookingState
_NO_MORE = [str(state) for state in (_B.CANCELLING, _B.CANCELLED, _B.NOT_CANCELLED, _B.SLOT_GONE, _B.FAILED)]


def with_progress(rows: QuerySet[ClinicPatient]) -> QuerySet[Any]:
    """Rows with how it stands with each, as `progress`."""
    booking = Booking.objects.filter(practice=OuterRef("practice"), invitation=OuterRef("booking__invitation"))
    text = Message.objects.filter(id=OuterRef("id"), practice=OuterRef("practice"))
    soon = timezone.now() + timedelta(minutes=settings.CHANGE_NOTICE_MINUTES)
    # Whoever knows, has not chosen, and cannot by the link any more: they may be about to come.
    too_late = Q(cancel_asked=False, booking__state=BookingState.BOOKED, booking__starts_at__lte=soon)
    by_themselves = Q(cancel_asked=False, booking__state__in=_NO_MORE)
    annotated: QuerySet[Any] = rows.annotate(
        progress=Case(
            When(Exists(booking.current().exclude(id=OuterRef("booking"))), then=Value(Progress.CHOSEN)),
            When(by_themselves | Q(booking__invitation__state=InvitationState.DECLINED), Value(Progress.CANCELLED)),
            When(done_with("id", Kind.CLINIC), then=Value(Progress.PHONED)),
            When(too_late, then=Value(Progress.TO_PHONE)),
            When(handled_at=None, then=Value(Progress.ON_THE_WAY)),
            When(Exists(text.filter(state__in=_GOING)), then=Value(Progress.ON_THE_WAY)),
            When(Exists(text.filter(state=MessageState.DELIVERED)), then=Value(Progress.TEXTED)),
            default=Value(Progress.TO_PHONE),
            output_field=CharField(),
        )
    )
    return annotated


def patients(clinic: CancelledClinic) -> QuerySet[Any]:
    """The clinic's patients with how it stands with each, the most pressing first and then by time."""
    place = Case(*(When(progress=progress, then=Value(at)) for progress, at in _ORDER.items()))
    rows: QuerySet[Any] = with_progress(ClinicPatient.objects.filter(clinic=clinic)).annotate(place=place)
    ordered: QuerySet[Any] = rows.select_related("booking__invitation__recipient")
    return ordered.order_by("place", "booking__starts_at", "id")


def counts(clinics: Sequence[CancelledClinic]) -> dict[UUID, Counter[Progress]]:
    """How many patients of each of some clinics stand how: one query."""
    by_clinic: dict[UUID, Counter[Progress]] = {clinic.id: Counter() for clinic in clinics}
    rows = with_progress(ClinicPatient.objects.filter(clinic__in=by_clinic)).order_by()
    for clinic_id, progress, number in rows.values_list("clinic_id", "progress").annotate(Count("id")):
        by_clinic[clinic_id][Progress(progress)] = number
    return by_clinic


def untold(count: Mapping[Progress, int]) -> int:
    """How many patients of these counts nobody knows to have heard of it."""
    return sum(count.get(progress, 0) for progress in UNTOLD)


def _to_phone(batches: Batches) -> QuerySet[Any]:
    rows = ClinicPatient.objects.filter(
        practice=batches.practice_id,
        booking__practice=batches.practice_id,
        booking__invitation__campaign__in=batches.ids,
        booking__invitation__practice=batches.practice_id,
    )
    to_phone: QuerySet[Any] = (
        with_progress(rows)
        .filter(progress=Progress.TO_PHONE)
        .annotate(
            batch=F("booking__invitation__campaign_id"),
            row=Cast(Extract("booking__starts_at", "epoch"), BigIntegerField()),
            who=F("booking__invitation_id"),
            text=F("id"),
        )
    )
    return to_phone


def why_phone(row: ClinicPatient) -> str:
    """Why a patient is to be phoned, as a sentence for staff."""
    if row.phone_reason:
        return PhoneReason(row.phone_reason).label
    return "A text went, or was to go: it may not have arrived, or the appointment is near and no other was chosen."


def _describe(ids: Sequence[UUID]) -> Mapping[UUID, Description]:
    rows = ClinicPatient.objects.filter(id__in=ids).select_related("booking")
    return {
        row.id: (
            f"The clinic of the appointment on {nhs_datetime(row.booking.starts_at)} is cancelled. {why_phone(row)}",
            "Phone them, and offer another time.",
        )
        for row in rows
    }


SOURCE = Source(Kind.CLINIC, _to_phone, _describe)
