"""Erasing what reports of the appointment book say of patients (retention#appointment-reports)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from booking.models import AppointmentReport, ReportedAppointment, ReportedReminder
from integrations.models.outbox import Message
from practices.models import Practice
from selfbook.retention import rows

CHUNK = 500
"""Rows that are erased in one transaction."""


def erase_old(practice: Practice, before: datetime) -> int:
    """Erase the rows whose appointment, and whose report, is of before a moment; how many. Reports go after them.

    A row of whom a text is still due, or on its way, is left for the next night.
    """
    count = 0
    while erased := _erase_chunk(practice, before):
        count += erased
    rows_left = ReportedAppointment.objects.filter(report=OuterRef("id"))
    AppointmentReport.objects.filter(~Exists(rows_left), practice=practice, created_at__lt=before).delete()
    return count


@transaction.atomic
def _erase_chunk(practice: Practice, before: datetime) -> int:
    due = Message.objects.filter(subject_id=OuterRef("id"), due_at__isnull=False)
    old = ReportedAppointment.objects.filter(
        Q(starts_at__lt=before) | Q(starts_at=None), ~Exists(due), practice=practice, report__created_at__lt=before
    )
    ids = list(old.order_by("id").values_list("id", flat=True)[:CHUNK])
    lock(ids)
    rows.erase_reported(ids)
    return len(ids)


def of_patient(practice: Practice, nhs_number: str) -> list[ReportedAppointment]:
    """A patient's rows in the practice's reports, the oldest report first."""
    own = ReportedAppointment.objects.filter(practice=practice, nhs_number=nhs_number).select_related("report")
    return list(own.order_by("report__created_at", "row_number"))


def lock(ids: Collection[UUID]) -> None:
    """Let no reminder of these rows be made, nor any text be written, until the caller's transaction ends."""
    list(ReportedAppointment.objects.filter(id__in=ids).order_by("id").select_for_update().values_list("id"))
    list(ReportedReminder.objects.filter(appointment__in=ids).order_by("id").select_for_update().values_list("id"))


def is_under_way(ids: Collection[UUID]) -> bool:
    """Whether a text about any of these rows is on its way out."""
    return Message.objects.filter(rows.UNDER_WAY, subject_id__in=ids).exists()


def mobiles(ids: Collection[UUID]) -> set[str]:
    """The phones that texts about these rows went to, or were to."""
    return set(Message.objects.filter(subject_id__in=ids).values_list("to", flat=True))
