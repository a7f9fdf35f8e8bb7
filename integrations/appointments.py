"""Reading what many patients have in a practice's appointment book: several at a time, and no connection held.

The reads are in a staff member's name. Once the clinical system is down the rest stays unasked: nobody waits for it in
vain, and it is not asked by hundreds while it recovers.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

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
_SYSTEM_WIDE = (port.Busy, port.NotAuthorised, port.NotEnabled)


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
    failed = False

    def ask(question: Question) -> Answer:
        nonlocal failed
        if failed:
            return NOT_ASKED
        try:
            return system.appointments(question.nhs_number, question.start, question.end)
        except port.ClinicalError as error:
            failed = failed or isinstance(error, _SYSTEM_WIDE)
            return error
        except Exception as error:
            # Left to itself it would stop all the others at this patient, again and again.
            logger.error("reading appointments broke off", extra={"error": type(error).__name__})
            return port.UnreadableAnswer(type(error).__name__)

    with ThreadPoolExecutor(settings.LOOKUPS_AT_ONCE, thread_name_prefix="appointments") as callers:
        return list(callers.map(ask, questions))
