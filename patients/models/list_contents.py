"""What a list's file says besides its patients: rows that are no patients, and what staff must answer about columns."""

import uuid
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Q

from patients.columns.known import letters
from patients.tables.row_accounting import OtherKind as Kinds
from patients.tables.unread_columns import Kind, Topic

if TYPE_CHECKING:
    from patients.models import PatientList


class OtherKind(models.TextChoices):
    """Why a row is no patient's, in words for staff."""

    ABOVE = Kinds.ABOVE, "Above the headings"
    HEADINGS = Kinds.HEADINGS, "Headings again"
    TOTAL = Kinds.TOTAL, "A total or the like"
    OTHER_SHEET = Kinds.OTHER_SHEET, "On another sheet"


class OtherRow(models.Model):
    """A row of a list's file with something in it that is no patient: shown to staff, so that nobody is overlooked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient_list = models.ForeignKey(
        "patients.PatientList", on_delete=models.CASCADE, related_name="others", db_index=False
    )
    place = models.PositiveIntegerField(help_text="Its place among these rows of the list, from 0.")
    sheet = models.CharField(max_length=40, blank=True, help_text="Empty: where the patients are.")
    row_number = models.PositiveIntegerField(help_text="The row as a spreadsheet counts it.")
    kind = models.CharField(max_length=12, choices=OtherKind)
    text = models.CharField(max_length=200, help_text="Its first filled cells.")

    class Meta:
        ordering: ClassVar = ["patient_list", "place"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient_list", "place"], name="other_row_once"),
            models.CheckConstraint(condition=Q(kind__in=OtherKind.values), name="other_row_kind_known"),
        ]

    def __str__(self) -> str:
        return f"Row {self.row_number}"


class ColumnQuestionQuerySet(models.QuerySet["ColumnQuestion"]):
    """Questions about a list's columns, and those that wait for staff."""

    def unanswered(self) -> Self:
        """Those that staff still have to answer."""
        return self.filter(left_out=None)

    def of(self, patient_list: "PatientList") -> Self:
        """Those of a list, in their order."""
        return self.filter(patient_list=patient_list).order_by("number")


class ColumnQuestion(models.Model):
    """Something that a list says in a column, and that staff must answer: are these patients left out?

    `left_out` is empty until they have. What is too much to ask about (Kind.TOO_MANY) is left out from the beginning.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient_list = models.ForeignKey(
        "patients.PatientList", on_delete=models.CASCADE, related_name="questions", db_index=False
    )
    number = models.PositiveSmallIntegerField(help_text="From 1, in the order of the file.")
    key = models.CharField(max_length=40, help_text="What the column's cells are kept under.")
    header = models.CharField(max_length=100, blank=True, help_text="The column's heading as written.")
    position = models.PositiveIntegerField(help_text="The column's place from 0.")
    topic = models.CharField(max_length=5, choices=[(topic.value, topic.value) for topic in Topic])
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in Kind])
    text = models.CharField(max_length=100, blank=True, help_text="What stands in the first such cell.")
    speaks = models.BooleanField(help_text="Its own words are about it, not only the column's heading.")
    rows = models.PositiveIntegerField(help_text="How many rows say this.")
    left_out = models.BooleanField(null=True, help_text="Empty: not answered.")

    objects = ColumnQuestionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["patient_list", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient_list", "number"], name="column_question_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="column_question_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.TOO_MANY.value) | Q(left_out=True), name="column_question_too_many_left_out"
            ),
        ]

    def __str__(self) -> str:
        return f"Question {self.number}"

    @property
    def column(self) -> str:
        """The column as the staff member's spreadsheet shows it: "Notes, column F"."""
        letter = f"column {letters(self.position)}"
        return f"{self.header}, {letter}" if self.header else f"The {letter} without a heading"
