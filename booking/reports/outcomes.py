"""How it stands with a report, in words for staff: why patients are not reminded, and what became of reminders."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    """What became of some of a report's reminders of one step; `rows` names those that did not reach their patients."""

    step: str
    outcome: str
    count: int
    rows: str


_NOT_REACHED = frozenset({MessageState.FAILED, MessageState.WITHDRAWN, MessageState.CHECK})
"""States of texts that their patients do not have, or may not have."""


def of(report: AppointmentReport) -> list[OutcomeLine]:
    """What became of a report's reminders, by step: of those written, what became of their texts. Two queries."""
    found: dict[tuple[int, str, bool], list[int]] = {}
    texts = dict(
        Message.objects.of_batch(report.id).filter(purpose=Purpose.APPOINTMENT).values_list("id", "state").order_by()
    )
    reminders = ReportedReminder.objects.filter(appointment__report=report).order_by("appointment__row_number")
    facts = reminders.values_list("id", "step", "state", "reason", "appointment__row_number")
    for reminder_id, step, state, reason, row_number in facts:
        text = texts.get(reminder_id)
        outcome = MessageState(text).label if text else _outcome(state, reason)
        is_good = text not in _NOT_REACHED if text else state in (ReportedState.DUE, ReportedState.OWN)
        found.setdefault((step, outcome, is_good), []).append(row_number)
    ordered = sorted(found.items(), key=lambda pair: (pair[0][0], -len(pair[1])))
    return [
        OutcomeLine(str(ReminderStep(step).label), outcome, len(rows), "" if is_good else _rows(rows))
        for (step, outcome, is_good), rows in ordered
    ]


def _outcome(state: str, reason: str) -> str:
    label = str(ReportedState(state).label)
    return f"{label}. {words_of(reason).title}" if reason else label
