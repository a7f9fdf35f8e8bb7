"""One row of a patient list: whether it can be sent a text, and why not."""

import uuid
from typing import ClassVar, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from integrations.messaging.text import in_plain_letters
from patients.columns.known import NAME_COLUMNS, Column
from patients.models.lists import PatientList
from patients.names.record_marks import Mark, mark_of
from patients.reasons import NAME_MARKS, Explanation, explain
from patients.values import original_row
from practices.models import Practice


class Verdict(models.TextChoices):
    """Whether one row can be sent a text."""

    PENDING = "pending", "Being looked up"
    CAN = "can", "Can be sent"
    CANNOT = "cannot", "Cannot be sent"


def never_after_erasure() -> pgtrigger.Trigger:
    """A trigger by which a list that was erased gets no rows again (retention#database): one look for a statement."""
    return pgtrigger.Trigger(
        name="never_after_erasure",
        operation=pgtrigger.Insert,
        when=pgtrigger.After,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call] # it has no types
        func="""
            IF EXISTS (
                SELECT FROM patients_patientlist list WHERE list.erased_at IS NOT NULL
                    AND list.id IN (SELECT patient_list_id FROM new_rows)
            ) THEN
                RAISE EXCEPTION 'a patient list that is erased gets no rows';
            END IF;
            RETURN NULL;
        """,
    )


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
        triggers: ClassVar = [never_after_erasure()]
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
            mark, where = marked[0].written, original_row.place_of(marked[1], of.columns, self.row_number)
        else:
            mark = ""
            where = original_row.place_of_reason(reason, self.original, of.columns, of.unread_columns, self.row_number)
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
        return original_row.as_written(self.original, of.columns, of.unread_columns, self.row_number)
