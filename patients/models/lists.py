"""The uploaded patient list: how far it has come, and the pieces of its file until they are read."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from practices.models import Practice, User
from practices.models.clinical_systems import clinical_systems


def erased_is_empty() -> pgtrigger.Trigger:
    """A trigger by which no list counts as erased while it has rows (retention#database)."""
    return pgtrigger.Trigger(
        name="erased_is_empty",
        operation=pgtrigger.Update,
        when=pgtrigger.Before,
        condition=pgtrigger.Q(old__erased_at__isnull=True, new__erased_at__isnull=False),
        func="""
            IF EXISTS (SELECT FROM patients_recipient WHERE patient_list_id = NEW.id)
                OR EXISTS (SELECT FROM patients_otherrow WHERE patient_list_id = NEW.id)
                OR EXISTS (SELECT FROM patients_uploadedpart WHERE patient_list_id = NEW.id)
            THEN
                RAISE EXCEPTION 'a patient list that is erased has no rows';
            END IF;
            RETURN NEW;
        """,
    )


class ListState(models.TextChoices):
    """How far a patient list has come: only forward. A refused file has a fault and no rows."""

    CHECKING = "checking", "Checking the file"
    LOOKING_UP = "looking_up", "Looking up patients"
    READY = "ready", "Ready"
    REFUSED = "refused", "Cannot be read"


class Pause(models.TextChoices):
    """Why the look-ups of a list are waiting, in words for staff."""

    NONE = "", ""
    UNREACHABLE = "unreachable", "We cannot reach {system}. We are trying again by ourselves."
    NOT_AUTHORISED = (
        "not_authorised",
        "{system} did not accept our log-in. Ask an administrator to check the practice's connection.",
    )
    CERTIFICATE = (
        "certificate",
        "There is no secure connection to {system}. Ask an administrator to test the practice's connection.",
    )
    NOT_ENABLED = (
        "not_enabled",
        "Your practice has not switched this on in {system}. Ask an administrator to switch it on.",
    )


class PatientListQuerySet(models.QuerySet["PatientList"]):
    """Named selections of patient lists."""

    def of_practice(self, practice: Practice) -> Self:
        """The lists of one practice: what its staff may see."""
        return self.filter(practice=practice)

    def looking_up(self) -> Self:
        """The lists that still have rows to look up."""
        return self.filter(state=ListState.LOOKING_UP)

    def checking(self) -> Self:
        """The lists whose file has not been read yet."""
        return self.filter(state=ListState.CHECKING)

    def uploaded_on(self, day: date) -> Self:
        """The lists uploaded on one day in London."""
        start = datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())
        return self.filter(created_at__gte=start, created_at__lt=start + timedelta(days=1))


class PatientList(models.Model):
    """One uploaded file of patients. The file itself is kept until its rows are stored, then only its fingerprint is.

    `columns` tells which columns were read, in the file's order: a list of {"column": Column value, "key": what its
    cells are kept under, "header": the heading as written, "position": its place in the file from 0, "from_row": the
    row that the heading is in}. `unread_columns` has the others in the same way, with their "first_value". A list
    without a fault has no `fault_code`.

    The look-ups of a list are claimed as one piece of work: `claimed_by` names the worker that has it, and
    `look_up_at` is when it is anybody's again, whether that worker was killed or the list is paused.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="patient_lists")
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    system = models.CharField(
        max_length=10, choices=clinical_systems, help_text="The practice's clinical system at the time."
    )
    file_name = models.CharField(max_length=100, help_text="For display only.")
    content_digest = models.CharField(max_length=64, help_text="SHA-256 of the file, in hexadecimal.")
    columns = models.JSONField(default=list)
    unread_columns = models.JSONField(default=list)
    byte_count = models.PositiveIntegerField(default=0)
    row_count = models.PositiveIntegerField(default=0)
    other_rows = ArrayField(
        models.PositiveIntegerField(), default=list, blank=True, help_text="Not used any more: see OtherRow."
    )
    fault_code = models.CharField(max_length=30, blank=True)
    fault = models.TextField(blank=True, help_text="What is wrong with the file and what to do, for staff.")
    checks_begun = models.PositiveSmallIntegerField(default=0, help_text="How often a worker began to check the file.")
    state = models.CharField(max_length=10, choices=ListState)
    paused_reason = models.CharField(max_length=20, choices=Pause, default=Pause.NONE, blank=True)
    look_up_at = models.DateTimeField(null=True, help_text="When the look-ups are next due; empty when none are.")
    look_up_failures = models.PositiveSmallIntegerField(default=0, help_text="Pauses since the last answer.")
    claimed_by = models.UUIDField(null=True, help_text="The worker that is looking patients up.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, help_text="When its rows, and all that its file said, were erased.")

    objects = PatientListQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        triggers: ClassVar = [erased_is_empty()]
        indexes: ClassVar = [
            models.Index(fields=["practice", "content_digest"], name="patient_list_same_file"),
            models.Index(fields=["look_up_at"], condition=Q(state="looking_up"), name="patient_list_look_ups_due"),
            models.Index(fields=["created_at"], condition=Q(state="checking"), name="patient_list_to_check"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=ListState.values), name="patient_list_state_known"),
            models.CheckConstraint(
                condition=Q(state="looking_up", look_up_at__isnull=False)
                | Q(look_up_at__isnull=True, claimed_by__isnull=True, paused_reason="") & ~Q(state="looking_up"),
                name="patient_list_due_while_looking_up",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(fault_code="") & ~Q(fault="")
                | Q(fault_code="", fault="") & ~Q(state="refused"),
                name="patient_list_refused_for_a_fault",
            ),
        ]

    def __str__(self) -> str:
        return f"Patient list {self.id}"

    @property
    def is_ready(self) -> bool:
        """Whether every row has its verdict."""
        return self.state == ListState.READY

    @property
    def pause(self) -> str:
        """Why the look-ups are waiting, for staff; empty when they are not."""
        return str(Pause(self.paused_reason).label).format(system=self.get_system_display())


class UploadedPart(models.Model):
    """A piece of an uploaded file, kept only until a worker has read it.

    The file waits in PostgreSQL, not on a disk, because the worker may be on another machine; in pieces, so that
    neither side holds it whole.
    """

    patient_list = models.ForeignKey(PatientList, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField(help_text="From 0.")
    content = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["patient_list", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient_list", "number"], name="uploaded_part_once"),
        ]

    def __str__(self) -> str:
        return f"Part {self.number}"
