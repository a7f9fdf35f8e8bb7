"""What reports of appointments have to say about reminders that are about to go."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from booking.models import RemindedSlotType, ReportedReminder
from booking.reports.remind import NO_MORE
from integrations.models.outbox import Message, Purpose
from patients.opt_outs import services as opt_outs
from practices.models import Practice


def stop_texts(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """Reminders to patients who have opted out since, by NHS number: the phone's own opt-outs are another gate's."""
    numbers = nhs_numbers(practice, rows)
    stopped = opt_outs.stopped_patients(practice, numbers.values()) if numbers else frozenset[str]()
    return {text_id: opt_outs.STOPPED for text_id, number in numbers.items() if number in stopped}


def not_needed(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """Reminders whose appointment has begun, or whose slot type has been unchosen, since they were written."""
    reminders = _reminders(practice, rows)
    if reminders is None:
        return {}
    facts = list(reminders.values_list("id", "appointment__starts_at", "appointment__slot_type_key"))
    if not facts:
        return {}
    chosen = set(RemindedSlotType.objects.filter(practice=practice).values_list("key", flat=True))
    now = timezone.now()
    return {row_id: NO_MORE for row_id, at, key in facts if at is None or at <= now or key not in chosen}


def begins(practice: Practice, rows: Sequence[Message]) -> dict[UUID, datetime]:
    """Before when reminders must come: their appointments begin then."""
    reminders = _reminders(practice, rows)
    if reminders is None:
        return {}
    return {row_id: at for row_id, at in reminders.values_list("id", "appointment__starts_at") if at is not None}


def nhs_numbers(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """For which NHS numbers reminders are."""
    reminders = _reminders(practice, rows)
    return dict(reminders.values_list("id", "appointment__nhs_number")) if reminders is not None else {}


def _reminders(practice: Practice, rows: Sequence[Message]) -> "QuerySet[ReportedReminder] | None":
    """The reminders of reports among some texts; None, and no query, where none can be."""
    about = {text.id for text in rows if text.purpose == Purpose.APPOINTMENT}
    return ReportedReminder.objects.filter(practice=practice, id__any_of=about) if about else None
