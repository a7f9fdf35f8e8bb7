"""How it stands with a report, in words for staff: why patients are not reminded, and what became of reminders."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from booking.models import AppointmentReport, ReminderStep, ReportedReminder, ReportedState
from booking.reports.reasons import ReasonWords, words_of
from booking.reports.services import NOT_CHOSEN, Verdicts
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState

_ROWS_SHOWN = 20

_NOT_CHOSEN = ReasonWords("Slot type not chosen", "Choose the slot types that patients are reminded of.")


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason with how many rows have it, and which."""

    title: str
    remedy: str
    count: int
    rows: str


def reasons(verdicts: Verdicts) -> list[ReasonLine]:
    """Why patients of a report cannot be reminded, most first."""
    lines = []
    for code, rows in verdicts.why:
        words = _NOT_CHOSEN if code == NOT_CHOSEN else words_of(code)
        lines.append(ReasonLine(words.title, words.remedy, len(rows), _rows(rows)))
    return lines


def _rows(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:_ROWS_SHOWN]))
    more = len(rows) - _ROWS_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """What became of some of a report's reminders of one step."""

    step: str
    outcome: str
    count: int


def of(report: AppointmentReport) -> list[OutcomeLine]:
    """What became of a report's reminders, by step: of those written, what became of their texts. Two queries."""
    texts = Message.objects.of_batch(report.id).filter(purpose=Purpose.APPOINTMENT).order_by()
    written = texts.values_list("step", "state").annotate(count=Count("id"))
    others = (
        ReportedReminder.objects.filter(appointment__report=report)
        .exclude(state=ReportedState.WRITTEN)
        .order_by()
        .values_list("step", "state", "reason")
        .annotate(count=Count("id"))
    )
    lines = [OutcomeLine(_step(step), MessageState(state).label, count) for step, state, count in written]
    lines += [OutcomeLine(_step(step), _outcome(state, reason), count) for step, state, reason, count in others]
    return sorted(lines, key=lambda line: (line.step, -line.count))


def _step(step: int) -> str:
    return str(ReminderStep(step).label)


def _outcome(state: str, reason: str) -> str:
    label = str(ReportedState(state).label)
    return f"{label}. {words_of(reason).title}" if reason else label
