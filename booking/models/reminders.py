"""Reminders of appointments."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from booking.models.bookings import Booking
from practices.models import Practice


class ReminderStep(models.IntegerChoices):
    """How long before an appointment its patient is reminded."""

    WORKING_DAY = 1, "1 working day before"
    THREE_DAYS = 3, "3 days before"
    SEVEN_DAYS = 7, "7 days before"


class ReminderState(models.TextChoices):
    """What became of a reminder of an appointment."""

    DUE = "due", "Being looked up in the book"
    WRITTEN = "written", "Text written"
    NOT_NEEDED = "not_needed", "Cancelled or moved since"
    GONE = "gone", "Not in the practice's book any more"
    LAPSED = "lapsed", "The book could not be read in time"
    CHANGED = "changed", "By the patient's record they cannot be texted any more"


class AppointmentReminder(models.Model):
    """One reminder of one appointment. Its text, once written, has the same id, so that there is never a second."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="reminders", db_index=False)
    step = models.PositiveSmallIntegerField(choices=ReminderStep)
    state = models.CharField(max_length=10, choices=ReminderState, default=ReminderState.DUE)
    due_at = models.DateTimeField(null=True, help_text="When the book is read, or read again.")
    until = models.DateTimeField(help_text="Too late after that.")
    claimed_until = models.DateTimeField(null=True, help_text="A worker is reading the book for it.")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["practice", "due_at"], condition=models.Q(state="due"), name="appointment_reminder_due"
            ),
            models.Index(fields=["practice"], condition=models.Q(state="gone"), name="appointment_reminder_gone"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["booking", "step"], name="appointment_reminder_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=ReminderState.values), name="appointment_reminder_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Reminder {self.step} of {self.booking_id}"
