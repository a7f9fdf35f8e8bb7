"""Whether patients came, as far as the practice's book says so."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from booking.models.bookings import Booking
from practices.models import Practice


class AttendanceState(models.TextChoices):
    """What the book says of an appointment on the evening of its day."""

    DUE = "due", "Being looked up in the book"
    MISSED = "missed", "Did not come, by the book"
    NOT_MISSED = "not_missed", "Nothing said of it"
    UNKNOWN = "unknown", "The book could not be read that day"


class Attendance(models.Model):
    """One look into the book for one appointment, after it and on its day: days gone by cannot be read."""

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, primary_key=True, related_name="attendance")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=AttendanceState, default=AttendanceState.DUE)
    due_at = models.DateTimeField(null=True, help_text="When the book is read, or read again.")
    until = models.DateTimeField(help_text="Too late after that.")
    claimed_until = models.DateTimeField(null=True, help_text="A worker is reading the book for it.")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["practice", "due_at"], condition=models.Q(state="due"), name="attendance_due"),
            models.Index(fields=["practice"], condition=models.Q(state="missed"), name="attendance_missed"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=AttendanceState.values), name="attendance_state_known"),
        ]

    def __str__(self) -> str:
        return f"Attendance of {self.booking_id}"
