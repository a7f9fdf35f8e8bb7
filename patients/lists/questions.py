"""What was heard in a list's file besides its patients: kept for staff, answered by them, and held to.

A row that comes under a question is left out until staff have answered it, and afterwards as they did. Both are screens
(`screening`), so they hold for all rows of the patient, and again at Send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from core.wording import plural
from patients.columns.known import letters
from patients.files.reader import Section, Table
from patients.lists.screening import Screen
from patients.models import PatientList, Recipient
from patients.models.list_contents import ColumnQuestion, OtherRow
from patients.reasons import Reason
from patients.tables.unread_columns import Kind, Topic
from practices.audit import trail as audit
from practices.models import User

_CHUNK = 1000


def store(patient_list: PatientList, table: Table) -> None:
    """Keep a table's columns, its rows that are no patients, and its questions. The list itself is not saved."""
    several = len(table.sections_read) > 1
    patient_list.columns = [item for section in table.sections_read for item in _read(section, several)]
    patient_list.unread_columns = [item for section in table.sections_read for item in _unread(section, several)]
    others = [
        OtherRow(
            patient_list=patient_list,
            place=place,
            sheet=item.sheet[:40],
            row_number=item.number,
            kind=item.kind,
            text=item.text,
        )
        for place, item in enumerate(table.other_rows)
    ]
    OtherRow.objects.bulk_create(others, batch_size=_CHUNK)
    questions = [
        ColumnQuestion(
            patient_list=patient_list,
            number=item.number,
            key=item.key,
            header=item.header,
            position=item.position,
            topic=item.topic,
            kind=item.kind,
            text=item.text,
            speaks=item.speaks,
            rows=item.rows,
            left_out=True if item.kind is Kind.TOO_MANY else None,
        )
        for item in table.questions.all
    ]
    ColumnQuestion.objects.bulk_create(questions, batch_size=_CHUNK)


def _read(section: Section, several: bool) -> list[dict[str, Any]]:
    from_row = {"from_row": section.header.row} if several else {}
    return [
        {
            "column": column.column,
            "key": column.key,
            "header": column.header[:100],
            "position": column.position,
            **from_row,
        }
        for column in section.columns
    ]


def _unread(section: Section, several: bool) -> list[dict[str, Any]]:
    from_row = {"from_row": section.header.row} if several else {}
    return [
        {
            "key": column.key,
            "header": column.header,
            "position": column.position,
            "first_value": column.first_value,
            "known": column.known,
            **from_row,
        }
        for column in section.listener.unread
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer that staff give: about one value of a column, or about several together.

    `name` is what the answer goes by in a form. `text` is the first such cell; `rows` how many there are.
    """

    name: str
    kind: str
    text: str
    rows: int
    numbers: Sequence[int]
    left_out: bool | None

    @property
    def label(self) -> str:
        """What a cell says, and in how many rows."""
        rows = f"({plural(self.rows, 'row')})"
        if self.kind == Kind.EMPTY:
            return f"Nothing: the cell is empty {rows}"
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{self.text}\N{RIGHT DOUBLE QUOTATION MARK} {rows}"
        return f"Anything else, such as {quoted}" if self.kind == Kind.OTHERS else quoted


@dataclass(frozen=True, slots=True)
class AskedColumn:
    """A column that staff are asked about, with the answers wanted; `too_many` rows are left out without asking."""

    column: str
    topic: str
    speaks: bool
    asked: Sequence[Asked]
    too_many: int


def asked_columns(patient_list: PatientList) -> list[AskedColumn]:
    """What staff are asked about a list, column by column."""
    questions = sorted(
        ColumnQuestion.objects.of(patient_list), key=lambda question: (question.position, question.key, question.number)
    )
    columns = []
    for _, group in groupby(questions, key=lambda question: question.key):
        of_column = list(group)
        too_many = sum(question.rows for question in of_column if question.kind == Kind.TOO_MANY)
        first = of_column[0]
        by_heading = any(not question.speaks for question in of_column)
        columns.append(AskedColumn(first.column, first.topic, not by_heading, _answers_wanted(of_column), too_many))
    return columns


def _answers_wanted(questions: Sequence[ColumnQuestion]) -> list[Asked]:
    """One for each value that is asked about. When there are more values than that, all that say nothing are one."""
    asked = [question for question in questions if question.kind != Kind.TOO_MANY]
    others = [question for question in asked if not question.speaks and question.kind != Kind.EMPTY]
    together = others if any(question.kind == Kind.OTHERS for question in others) else []
    wanted = [_asked([question], question.kind) for question in asked if question not in together]
    return [*wanted, _asked(together, Kind.OTHERS)] if together else wanted


def _asked(questions: Sequence[ColumnQuestion], kind: str) -> Asked:
    first = questions[0]
    return Asked(
        name=f"question-{first.number}",
        kind=kind,
        text=first.text,
        rows=sum(question.rows for question in questions),
        numbers=[question.number for question in questions],
        left_out=first.left_out,
    )


def is_unanswered(patient_list: PatientList) -> bool:
    """Whether staff still have to say what a column of the list means."""
    return ColumnQuestion.objects.of(patient_list).unanswered().exists()


@transaction.atomic
def answer(*, patient_list: PatientList, answers: Mapping[int, bool], by: User) -> None:
    """Staff say who is left out, by the questions' numbers; audited. What nobody is asked about is not changed."""
    questions = ColumnQuestion.objects.of(patient_list).exclude(kind=Kind.TOO_MANY)
    for left_out in (True, False):
        questions.filter(number__in=[number for number, out in answers.items() if out is left_out]).update(
            left_out=left_out
        )
    audit.record(
        "patient_list.columns_answered",
        practice=patient_list.practice,
        actor=by,
        object_id=patient_list.id,
        left_out=[_for_audit(question) for question in questions if question.left_out],
        texted=[_for_audit(question) for question in questions if question.left_out is False],
    )


def _for_audit(question: ColumnQuestion) -> str:
    """A question without what stands in the file: "column F, 2: 14 rows"."""
    return f"column {letters(question.position)}, {question.number}: {question.rows} rows"


def _of_patients(patient_list: PatientList, *, left_out: bool | None) -> QuerySet[Recipient]:
    """The rows of all patients of whom any row comes under a question that was answered so."""
    questions = ColumnQuestion.objects.of(patient_list).filter(left_out=left_out)
    numbers = list(questions.values_list("number", flat=True))
    if not numbers:
        return patient_list.recipients.none()
    asked = patient_list.recipients.filter(asked__overlap=numbers).exclude(nhs_number="")
    return patient_list.recipients.filter(nhs_number__in=asked.order_by().values("nhs_number"))


SCREENS = (
    Screen(Reason.COLUMN_UNANSWERED, lambda patient_list: _of_patients(patient_list, left_out=None)),
    Screen(Reason.LEFT_OUT, lambda patient_list: _of_patients(patient_list, left_out=True)),
)
"""Who is left out for what their list says in columns that only staff understand."""

ABOUT = {
    Topic.DEATH: "who has died",
    Topic.LEFT: "who has left your practice",
    Topic.TEXTS: "who must not get texts",
    Topic.CARE: "who should be contacted with care, or in another way",
}
"""What a column may say, in words."""
