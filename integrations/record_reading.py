"""Reading many patients' records and, with them, their appointments: several at a time, and no connection held.

The reads are in a staff member's name. Once the clinical system is down the rest stays unasked: nobody waits for it in
vain, and it is not asked by hundreds while it recovers. A patient's appointments cannot be read without finding their
record first, so a look at both takes no more calls than one at the appointments alone.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from core.database import release
from integrations.clinical import errors, port
from integrations.connections import NotConnected, clinical_for
from practices.models import Practice, User

logger = logging.getLogger(__name__)

CHUNK = 16
"""Patients read in one go at most: then what was learned is written down."""

LASTS = timedelta(minutes=10)
"""Longer than a chunk may take, each of its calls with its time-outs and repeats."""

NOT_ASKED = errors.Busy("not asked")
"""Stands for the answer about a patient who was not asked about, because the system had just failed."""

SYSTEM_WIDE = (errors.Busy, errors.NotAuthorised, errors.NotEnabled)
"""Errors that say something of the system, and nothing of the patient."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who is this patient, and what have they in the book from a day (today, or later) up to another, both included?

    Without a last day it is asked only who they are.
    """

    nhs_number: str
    until: date | None = None
    start: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A patient's record, and their appointments in the days asked for, cancelled ones too; none where none were.

    `is_whole` is false where there may be others, which could not be read.
    """

    record: port.PatientDetails
    appointments: Sequence[port.Appointment] = ()
    is_whole: bool = True


Answer = Reading | errors.ClinicalError
"""What the clinical system has about a patient, or why it could not be read."""


def conclusive(answer: Answer, *, found: bool) -> Answer:
    """An answer as it may be acted upon by whoever looked for an appointment in it.

    Where it was not found, and may be among those that could not be read, this is an error: nobody may be taken to have
    no appointment because of it.
    """
    if isinstance(answer, Reading) and not answer.is_whole and not found:
        return errors.UnreadableAnswer("appointments that cannot be read")
    return answer


class Reader:
    """An open connection to one practice's clinical system. `reader` makes one."""

    def __init__(self, system: port.ClinicalSystem) -> None:
        self._system = system

    def read(self, questions: Sequence[Question], today: date) -> list[Answer]:
        """An answer for each question, in their order. Not inside a transaction: this may take minutes."""
        release()
        return _ask_each(questions, lambda question: self._ask(question, today))

    def _ask(self, question: Question, today: date) -> Reading:
        if question.until is None:
            return Reading(self._system.find_patient(question.nhs_number))
        start = question.start or today
        record, booked = self._system.find_with_appointments(question.nhs_number, start, question.until)
        return Reading(record, booked, is_whole=not port.left_out_of(booked))


@contextmanager
def reader(practice: Practice, actor: User) -> Iterator[Reader]:
    """Open the practice's clinical system in a staff member's name, for any number of reads. Raises NotConnected."""
    with closing(clinical_for(practice, actor)) as system:
        yield Reader(system)


def read(practice: Practice, actor: User, questions: Sequence[Question], today: date) -> list[Answer]:
    """An answer for each question, over a connection for these alone. A practice without one is not asked."""
    if not questions:
        return []
    try:
        with reader(practice, actor) as opened:
            return opened.read(questions, today)
    except NotConnected:
        return [NOT_ASKED for _ in questions]


def read_by_actor(
    practice: Practice, asked: Iterable[tuple[User | None, UUID, Question]], today: date
) -> dict[UUID, Answer]:
    """The answers by the id of what each question is for, read in each actor's name. Without an actor nobody asks."""
    by_actor: dict[User, dict[UUID, Question]] = {}
    for actor, asked_for, question in asked:
        if actor is not None:
            by_actor.setdefault(actor, {})[asked_for] = question
    answers: dict[UUID, Answer] = {}
    for actor, questions in by_actor.items():
        answers |= zip(questions, read(practice, actor, list(questions.values()), today), strict=True)
    return answers


Asked = TypeVar("Asked")
Given = TypeVar("Given")


def _ask_each(questions: Sequence[Asked], ask: Callable[[Asked], Given]) -> list[Given | errors.ClinicalError]:
    """What `ask` gives for each question, LOOKUPS_AT_ONCE at a time: an answer, or the error that it raised.

    After an error that speaks of the whole system, those not yet asked stay so: they get NOT_ASKED.
    """
    failed = False

    def answer(question: Asked) -> Given | errors.ClinicalError:
        nonlocal failed
        if failed:
            return NOT_ASKED
        try:
            return ask(question)
        except errors.ClinicalError as error:
            failed = failed or isinstance(error, SYSTEM_WIDE)
            return error
        except Exception as error:
            # Left to itself it would stop all the others at this patient, again and again.
            logger.error("reading a record broke off", extra={"error": type(error).__name__})
            return errors.UnreadableAnswer(type(error).__name__)

    with ThreadPoolExecutor(settings.LOOKUPS_AT_ONCE, thread_name_prefix="records") as callers:
        return list(callers.map(answer, questions))
