"""Reading what many patients have in a practice's appointment book: several at a time, and no connection held.

`record_reading` reads the patients' records with it. The reads are in a staff member's name. Once the clinical system
is down the rest stays unasked: nobody waits for it in vain, and it is not asked by hundreds while it recovers.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from django.conf import settings

from integrations.clinical import port
from integrations.connections import NotConnected, clinical_for
from integrations.database import release
from practices.models import Practice, User

logger = logging.getLogger(__name__)

CHUNK = 16
"""Patients read in one go at most: then what was learned is written down."""

LASTS = timedelta(minutes=10)
"""Longer than a chunk may take, each of its calls with its time-outs and repeats."""


@dataclass(frozen=True, slots=True)
class Question:
    """What has this patient in the book from one day to another, both included? The first is today or later."""

    nhs_number: str
    start: date
    end: date


Answer = list[port.Appointment] | port.ClinicalError
"""A patient's appointments, cancelled ones too, or why they could not be read."""

NOT_ASKED = port.Busy("not asked")
"""Stands for the answer about a patient who was not asked about, because the system had just failed."""

SYSTEM_WIDE = (port.Busy, port.NotAuthorised, port.NotEnabled)
"""Errors that say something of the system, and nothing of the patient."""


def read(practice: Practice, actor: User, questions: Sequence[Question]) -> list[Answer]:
    """An answer for each question. Not inside a transaction: this may take minutes."""
    if not questions:
        return []
    try:
        system = clinical_for(practice, actor)
    except NotConnected:
        return [NOT_ASKED for _ in questions]
    release()
    with closing(system):
        return _ask(system, questions)


def _ask(system: port.ClinicalSystem, questions: Sequence[Question]) -> list[Answer]:
    return ask_each(questions, lambda one: system.appointments(one.nhs_number, one.start, one.end))


Asked = TypeVar("Asked")
Given = TypeVar("Given")


def ask_each(questions: Sequence[Asked], ask: Callable[[Asked], Given]) -> list[Given | port.ClinicalError]:
    """What `ask` gives for each question, LOOKUPS_AT_ONCE at a time: an answer, or the error that it raised.

    After an error that speaks of the whole system, those not yet asked stay so: they get NOT_ASKED.
    """
    failed = False

    def answer(question: Asked) -> Given | port.ClinicalError:
        nonlocal failed
        if failed:
            return NOT_ASKED
        try:
            return ask(question)
        except port.ClinicalError as error:
            failed = failed or isinstance(error, SYSTEM_WIDE)
            return error
        except Exception as error:
            # Left to itself it would stop all the others at this patient, again and again.
            logger.error("reading appointments broke off", extra={"error": type(error).__name__})
            return port.UnreadableAnswer(type(error).__name__)

    with ThreadPoolExecutor(settings.LOOKUPS_AT_ONCE, thread_name_prefix="appointments") as callers:
        return list(callers.map(answer, questions))
