"""Reports of a practice's whole appointment book, and the reminders of the appointments in them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from booking.models.reminders import ReminderStep
from practices.models import Practice, User


class ReportSource(models.TextChoices):
    """How a report came."""

    UPLOAD = "upload", "Uploaded"
    FOLDER = "folder", "From the folder"


class AppointmentReport(models.Model):
    """One report of appointments, as EMIS or SystmOne writes it. The file itself is not kept.

    One that could not be read has a `fault`, in words for staff, and no rows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=6, choices=ReportSource)
    file_name = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file; empty where it was refused.")
    other_rows = models.PositiveIntegerField(default=0, help_text="Rows that are no appointments, such as totals.")
    fault = models.TextField(blank=True)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["practice", "created_at"], name="appointment_report_by_age")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["practice", "digest"], condition=~Q(digest=""), name="appointment_report_once"
            ),
            models.CheckConstraint(
                condition=Q(fault="") & ~Q(digest="") | ~Q(fault="") & Q(digest=""),
                name="appointment_report_is_read_or_refused",
            ),
        ]

    def __str__(self) -> str:
        return f"Report {self.id}"


class ReportedAppointment(models.Model):
    """One row of a report: an appointment in the practice's book, and why its patient cannot be reminded of it.

    A row without reasons is the one that its patient is reminded by: there is one for each patient and time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    report = models.ForeignKey(AppointmentReport, on_delete=models.PROTECT, related_name="rows", db_index=False)
    row_number = models.PositiveIntegerField(help_text="As a spreadsheet shows it.")
    nhs_number = models.CharField(max_length=10, blank=True)
    starts_at = models.DateTimeField(null=True)
    slot_type = models.CharField(max_length=100, blank=True)
    slot_type_key = models.CharField(max_length=100, blank=True, help_text="The slot type as it is compared.")
    clinician = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=100, blank=True)
    reasons = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["practice", "nhs_number"], name="reported_by_nhs_number"),
            models.Index(fields=["starts_at"], condition=Q(reasons__len=0), name="reported_to_come"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "row_number"], name="reported_row_once"),
            models.UniqueConstraint(
                fields=["practice", "nhs_number", "starts_at"],
                condition=Q(reasons__len=0),
                name="reported_appointment_once",
            ),
            models.CheckConstraint(
                condition=Q(reasons__len__gt=0) | Q(starts_at__isnull=False) & ~Q(nhs_number=""),
                name="reported_appointment_has_its_facts",
            ),
        ]

    def __str__(self) -> str:
        return f"Row {self.row_number}"


class RemindedSlotType(models.Model):
    """A slot type of whose appointments a practice's patients are reminded, by its reports.

    The book is read in the name of whoever chose it.
    """

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    chosen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "key"], name="reminded_slot_type_once"),
        ]

    def __str__(self) -> str:
        return self.name


def is_chosen() -> Exists:
    """Whether the practice reminds of appointments of a row's slot type, for querysets of `ReportedAppointment`."""
    return Exists(RemindedSlotType.objects.filter(practice=OuterRef("practice"), key=OuterRef("slot_type_key")))


class ReportedState(models.TextChoices):
    """What became of a reminder of an appointment in a report."""

    DUE = "due", "Being looked up in the book"
    WRITTEN = "written", "Text written"
    NOT_NEEDED = "not_needed", "The appointment had begun, or its slot type was not chosen any more"
    OWN = "own", "Booked by our link, and reminded of with that"
    GONE = "gone", "Not in the practice's book any more"
    LAPSED = "lapsed", "The book could not be read in time"
    CANNOT = "cannot", "The patient cannot be texted"


class ReportedReminder(models.Model):
    """One reminder of one appointment of a report. Its text, once written, has the same id: there is never a second."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    appointment = models.ForeignKey(
        ReportedAppointment, on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    step = models.PositiveSmallIntegerField(choices=ReminderStep)
    state = models.CharField(max_length=10, choices=ReportedState, default=ReportedState.DUE)
    reason = models.CharField(max_length=40, blank=True, help_text="Why the patient cannot be texted: a code.")
    due_at = models.DateTimeField(null=True, help_text="When the book is read, or read again.")
    until = models.DateTimeField(help_text="Too late after that.")
    claimed_until = models.DateTimeField(null=True, help_text="A worker is reading the book for it.")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["practice", "due_at"], condition=Q(state="due"), name="reported_reminder_due"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appointment", "practice", "step"], name="reported_reminder_once"),
            models.CheckConstraint(condition=Q(state__in=ReportedState.values), name="reported_reminder_state_known"),
        ]

    def __str__(self) -> str:
        return f"Reminder {self.step} of {self.appointment_id}"
