"""Clinics that a practice has to cancel, and the appointments in them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from booking.models.bookings import Booking
from practices.models import Practice, User


class CancelledClinic(models.Model):
    """A day, or a session or a clinician of that day, that falls out: its times are not offered any more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField(help_text="In London.")
    session = models.TextField(blank=True, help_text="As the book names it; empty: all.")
    clinician = models.TextField(blank=True, help_text="As the book names them; empty: all.")
    cancel_at_once = models.BooleanField(
        default=False, help_text="Appointments are cancelled in the book now, not when the patient has another."
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    reopened_at = models.DateTimeField(null=True, help_text="Since when its times are offered again.")

    class Meta:
        ordering: ClassVar = ["-day", "-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["practice", "day", "session", "clinician"],
                condition=models.Q(reopened_at=None),
                name="cancelled_clinic_once",
            ),
            models.CheckConstraint(
                condition=models.Q(session="") | models.Q(clinician=""), name="cancelled_clinic_one_part"
            ),
        ]

    def __str__(self) -> str:
        return f"Clinic {self.id}"


class PhoneReason(models.TextChoices):
    """Why the patient of an appointment in a cancelled clinic is not texted."""

    NO_MOBILE = "no_mobile", "There is no mobile number."
    OPTED_OUT = "opted_out", "They, or somebody with this phone, asked for no texts."
    NO_TIME = "no_time", "The appointment is too soon for a text."
    NO_LINK = "no_link", "They cannot choose a time with their link."
    IN_DOUBT = "in_doubt", "We could not find out whether they are booked. Look in your book."


class ClinicPatient(models.Model):
    """One appointment in a cancelled clinic: its patient gets one text, or is phoned.

    The text, once written, has the same id, so that there is never a second; an appointment is in one clinic at most.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    clinic = models.ForeignKey(CancelledClinic, on_delete=models.PROTECT, related_name="patients")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="clinics", db_index=False)
    handled_at = models.DateTimeField(null=True, help_text="When the text was written, or staff were given them.")
    phone_reason = models.CharField(max_length=10, choices=PhoneReason, blank=True, help_text="Empty: texted.")
    cancel_asked = models.BooleanField(default=False, help_text="The appointment was cancelled for the clinic.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["practice"], condition=models.Q(handled_at=None), name="clinic_patient_waiting"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["booking"], name="clinic_patient_once_per_booking"),
        ]

    def __str__(self) -> str:
        return f"{self.booking_id} of clinic {self.clinic_id}"
