"""Reading many patients' records and, with them, their appointments: several at a time, and no connection held.

What `appointments` says of reads holds here too. A patient's appointments cannot be read without finding their record
first, so a look at both takes no more calls than one at the appointments alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date

from integrations.appointments import NOT_ASKED, ask_each
from integrations.clinical import port
from integrations.connections import NotConnected, clinical_for
from integrations.database import release
from practices.models import Practice, User


@dataclass(frozen=True, slots=True)
class Question:
    """Who is this patient, and what have they in the book from today up to a day, included? Empty: only who."""

    nhs_number: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A patient's record, and their appointments from today on, cancelled ones too; none where none were asked for."""

    record: port.PatientDetails
    appointments: Sequence[port.Appointment] = ()


Answer = Reading | port.ClinicalError
"""What the clinical system has about a patient, or why it could not be read."""


class Reader:
    """An open connection to one practice's clinical system. `reader` makes one."""

    def __init__(self, system: port.ClinicalSystem) -> None:
        self._system = system

    def read(self, questions: Sequence[Question], today: date) -> list[Answer]:
        """An answer for each question, in their order. Not inside a transaction: this may take minutes."""
        release()
        return ask_each(questions, lambda one: self._ask(one, today))

    def _ask(self, question: Question, today: date) -> Reading:
        if question.until is None:
            return Reading(self._system.find_patient(question.nhs_number))
        record, booked = self._system.find_with_appointments(question.nhs_number, today, question.until)
        return Reading(record, booked)


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
