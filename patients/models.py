"""The uploaded patient list and its rows: who can be sent to, who cannot, and why; and who wants no texts."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from integrations.messaging.text import in_plain_letters
from patients import (
    list_models,  # noqa: F401 - its models are of this app too
    opt_out_words,
    written,
)
from patients.columns import NAME_COLUMNS, Column
from patients.marks import Mark, mark_of
from patients.reasons import NAME_MARKS, Explanation, explain
from practices.models import ClinicalSystemName, Practice, User


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
    NOT_ENABLED = (
        "not_enabled",
        "Your practice has not switched this on in {system}. Ask an administrator to switch it on.",
    )


class Verdict(models.TextChoices):
    """Whether one row can be sent a text."""

    PENDING = "pending", "Being looked up"
    CAN = "can", "Can be sent"
    CANNOT = "cannot", "Cannot be sent"


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
        max_length=10, choices=ClinicalSystemName, help_text="The practice's clinical system at the time."
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

    objects = PatientListQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
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


class RecipientQuerySet(models.QuerySet["Recipient"]):
    """Rows by their verdict: can be sent, cannot, or waits for the record."""

    def can(self) -> Self:
        """The rows that can be sent."""
        return self.filter(verdict=Verdict.CAN)

    def cannot(self) -> Self:
        """The rows that cannot be sent."""
        return self.filter(verdict=Verdict.CANNOT)

    def pending(self) -> Self:
        """The rows that wait for the clinical system."""
        return self.filter(verdict=Verdict.PENDING)


class Recipient(models.Model):
    """One row of a patient list.

    `mobile` is E.164. `original` holds the cells of the known columns as they were written, and those that staff are
    asked about, by the columns' keys; a cell that was empty is left out. `asked` are the numbers of the questions that
    the row comes under. `reasons` holds Reason values, in the order in which they are shown; `tidied`
    holds Tidied values: what we read otherwise than it was written.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+", db_index=False)
    patient_list = models.ForeignKey(PatientList, on_delete=models.CASCADE, related_name="recipients", db_index=False)
    row_number = models.PositiveIntegerField(help_text="The row as a spreadsheet counts it; the header is often row 1.")
    nhs_number = models.CharField("NHS number", max_length=10, blank=True)
    mobile = models.CharField(max_length=16, blank=True)
    date_of_birth = models.DateField(null=True)
    given_name = models.CharField(max_length=100, blank=True)
    family_name = models.CharField(max_length=100, blank=True)
    recorded_name = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The name in the record, where it differs from the file's.",
    )
    verdict = models.CharField(max_length=7, choices=Verdict)
    reasons = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    tidied = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    duplicate_of = models.PositiveIntegerField(null=True, help_text="The other row with the same NHS number.")
    original = models.JSONField(default=dict)
    asked = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["patient_list", "row_number"]
        indexes: ClassVar = [
            models.Index(fields=["practice", "nhs_number"], name="recipient_by_nhs_number"),
            # Most rows can be sent and are read in row order, so only the others need finding by verdict.
            models.Index(
                fields=["patient_list", "verdict", "row_number"],
                condition=~Q(verdict="can"),
                name="recipient_not_sendable",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient_list", "row_number"], name="recipient_row_once"),
            models.UniqueConstraint(
                fields=["patient_list", "nhs_number"],
                condition=~Q(verdict="cannot"),
                name="recipient_patient_once_per_list",
            ),
            models.CheckConstraint(
                condition=Q(verdict="cannot", reasons__len__gt=0)
                | Q(verdict="pending", reasons__len=0) & ~Q(nhs_number="")
                | Q(verdict="can", reasons__len=0, date_of_birth__isnull=False) & ~Q(nhs_number="") & ~Q(mobile=""),
                name="recipient_verdict_has_its_facts",
            ),
        ]

    def __str__(self) -> str:
        return f"Row {self.row_number}"

    @property
    def name_in_texts(self) -> str:
        """The given name in the plain letters that texts write it in where that is cheaper."""
        return in_plain_letters(self.given_name)

    def explanations(self) -> list[Explanation]:
        """The reasons in words, as they are shown to staff."""
        marked = mark_of(self.original) if NAME_MARKS.intersection(self.reasons) else None
        return [self._explanation(reason, marked) for reason in self.reasons]

    def _explanation(self, reason: str, marked: tuple[Mark, Column] | None) -> Explanation:
        of = self.patient_list
        if marked is not None and marked[0].reason == reason:
            mark, where = marked[0].written, written.place_of(marked[1], of.columns, self.row_number)
        else:
            mark = ""
            where = written.place_of_reason(reason, self.original, of.columns, of.unread_columns, self.row_number)
        return explain(
            reason,
            system=of.get_system_display(),
            other_row=self.duplicate_of,
            where=where,
            names=(self.written_name, self.recorded_name),
            mark=mark,
        )

    @property
    def written_name(self) -> str:
        """The patient's name as the file has it."""
        given, family, whole = (self.original.get(column, "") for column in NAME_COLUMNS)
        return " ".join((f"{given} {family}" if given or family else whole).split())

    def as_written(self) -> list[tuple[str, str]]:
        """Each heading of the row with what stands below it in the file."""
        of = self.patient_list
        return written.as_written(self.original, of.columns, of.unread_columns, self.row_number)


class OptOutSource(models.TextChoices):
    """Who told us that a patient wants no texts."""

    STAFF = "staff", "Added by staff"
    PATIENT = "patient", "The patient, by their link"
    TEXT = "text", "The patient, by text"
    CHANNEL = "channel", "The phone network"


class OptOutQuerySet(models.QuerySet["OptOut"]):
    """Named selections of opt-outs."""

    def live(self) -> Self:
        """Those that hold now: nobody has ended them."""
        return self.filter(ended_at=None)


class OptOut(models.Model):
    """One patient (by NHS number), or everybody with one phone (by mobile), wants no texts from one practice.

    An ended opt-out stays, to tell when it held.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="opt_outs", db_index=False)
    nhs_number = models.CharField("NHS number", max_length=10, blank=True)
    mobile = models.CharField(max_length=16, blank=True, help_text="E.164.")
    source = models.CharField(max_length=10, choices=OptOutSource)
    word = models.CharField(
        max_length=12,
        choices=[(word, word) for word in opt_out_words.WORDS],
        blank=True,
        default="",
        help_text="By which word, if by text.",
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = OptOutQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(nhs_number="") & ~Q(mobile="") | Q(mobile="") & ~Q(nhs_number=""),
                name="opt_out_of_one_patient_or_one_phone",
            ),
            models.CheckConstraint(condition=Q(source__in=OptOutSource.values), name="opt_out_source_known"),
            models.CheckConstraint(condition=Q(word__in=["", *opt_out_words.WORDS]), name="opt_out_word_known"),
            models.UniqueConstraint(
                fields=["practice", "nhs_number"],
                condition=Q(ended_at=None) & ~Q(nhs_number=""),
                name="opt_out_once_per_patient",
            ),
            models.UniqueConstraint(
                fields=["practice", "mobile"], condition=Q(ended_at=None) & ~Q(mobile=""), name="opt_out_once_per_phone"
            ),
        ]

    def __str__(self) -> str:
        return f"Opt-out {self.id}"

    @property
    def how(self) -> str:
        """What happened, for staff: who asked for no texts, in which way and by which word."""
        return opt_out_words.how(self.source, self.word, self.created_by.get_full_name() if self.created_by else "")

    @property
    def is_blocked(self) -> bool:
        """Whether the text service may refuse texts to the phone by itself, until somebody texts START from it."""
        return self.source in (OptOutSource.TEXT, OptOutSource.CHANNEL)
