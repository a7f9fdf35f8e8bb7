"""What the clinical system says about coded entries: one turn of calls, and what each answer means for its entry."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.errors import reason_for
from core.wording import local
from integrations.clinical import errors, port
from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from integrations.record_faults import ERRORS, HAPPENED, IN_DOUBT, fault_of

logger = logging.getLogger(__name__)

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one entry. `state` is None when nothing is known: try again, after `wait` seconds at least.

    `begun` is false for an entry that no call was made for. `fault` is what is wrong with the record, where that is
    why it was not filed. `look_first`: whoever files it by hand must look at the record before.
    """

    state: CodeState | None
    entry_id: str = ""
    reason: str = ""
    wait: float = 0.0
    begun: bool = True
    fault: errors.RecordFault | None = None
    look_first: bool = False


_REASONS: dict[type[errors.ClinicalError], str] = {
    errors.KeyReused: "The record gateway has other content under this code's key. Look in the record, then file it.",
    errors.LocalCodeMissing: "The clinical system needs its own code for this and none is known. File it by hand.",
    errors.CodeNotAccepted: "The clinical system did not keep this code. File it by hand.",
    errors.InvalidNhsNumber: "The clinical system did not accept the NHS number. File it by hand.",
}

_TO_LOOK_AT = (errors.KeyReused, errors.InvalidNhsNumber)
"""After these the record may have the code already, or cannot be found by the number that we have."""

_LOOK_FIRST = "Find out whose record it is, then file it by hand."

# Trouble with the way there, which every other entry of the practice would meet as well.
_OUTAGES = (errors.Busy, errors.NotAuthorised, errors.NotEnabled)

TRY_AGAIN = Result(None)
PUT_BACK = Result(None, begun=False)


class Turn:
    """The calls for one claim. It ends early when the system does not answer, or when too much time has gone.

    One entry in trouble is that entry's: only several in a row, or all there were, say that the system is away.
    """

    def __init__(self, system: port.ClinicalSystem, births: Mapping[UUID, date], seconds: float) -> None:
        """Call this system, and begin nothing after so many seconds.

        `births` are the dates that the entries' patients were checked against, by the entry's id.
        """
        self._system, self._births = system, births
        self._until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._in_a_row = 0
        self.answered = False
        """Whether the system said anything usable."""

    def run(self, rows: list[CodedEntry]) -> list[Result]:
        """What became of each entry, in their order."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._one, rows))

    @property
    def is_down(self) -> bool:
        """Whether the system is away, as far as this turn can tell."""
        return self._in_a_row >= AT_ONCE or (self._in_a_row > 0 and not self.answered)

    def _one(self, row: CodedEntry) -> Result:
        if self._in_a_row >= AT_ONCE or time.monotonic() > self._until:
            return PUT_BACK
        try:
            result = self._ask(row)
        except _OUTAGES as error:
            self._note(answered=False)
            logger.warning("code not filed yet", extra={"entry": str(row.id), "detail": error.detail})
            return Result(None, wait=getattr(error, "retry_after", None) or 0.0)
        except errors.ClinicalError as error:
            logger.warning("code not filed yet", extra={"entry": str(row.id), "detail": error.detail})
            return TRY_AGAIN
        except Exception as error:
            # Left to itself it would keep the whole claim from being settled, again and again.
            logger.error("filing broke off", extra={"entry": str(row.id), "error": type(error).__name__})
            return TRY_AGAIN
        self._note(answered=True)
        return result

    def _ask(self, row: CodedEntry) -> Result:
        call: Callable[[CodedEntry], Result] = self._read_back if row.state == CodeState.UNCONFIRMED else self._file
        try:
            return call(row)
        except tuple(_REASONS) as error:
            look_first = isinstance(error, _TO_LOOK_AT)
            return Result(CodeState.NOT_FILED, reason=reason_for(error, _REASONS), look_first=look_first)
        except ERRORS as error:
            fault = fault_of(error)
            if fault not in IN_DOUBT:
                reason = f"{HAPPENED[fault]} File it by hand."
                return Result(CodeState.NOT_FILED, reason=reason, look_first=True)
            if row.state == CodeState.UNCONFIRMED:
                raise  # it was taken: nobody may be told that it was not
            reason = f"{HAPPENED[fault]} {_LOOK_FIRST}"
            return Result(CodeState.NOT_FILED, reason=reason, fault=fault, look_first=True)

    def _file(self, row: CodedEntry) -> Result:
        patient = port.CheckedPatient(row.nhs_number, self._births.get(row.id))
        filed = self._system.file_code(patient, to_file(row))
        return Result(CodeState.FILED if filed.verified else CodeState.UNCONFIRMED, entry_id=filed.entry_id)

    def _read_back(self, row: CodedEntry) -> Result:
        """Only look: the gateway may have forgotten the key by now, and would file the entry a second time."""
        entry_id = self._system.find_code(row.nhs_number, to_file(row))
        return Result(CodeState.FILED if entry_id else CodeState.UNCONFIRMED, entry_id=entry_id or row.entry_id)

    def _note(self, *, answered: bool) -> None:
        with self._lock:
            self._in_a_row = 0 if answered else self._in_a_row + 1
            self.answered = self.answered or answered


def to_file(row: CodedEntry) -> port.CodeToFile:
    """A stored entry that is due, as the clinical system is asked about it."""
    assert row.happened_at is not None  # an entry is due only when it has happened, by constraint
    return port.CodeToFile(
        key=row.id,
        concept_id=row.concept_id,
        term=row.term,
        on=local(row.happened_at).date(),  # a record is dated in London
        local_scheme=row.local_scheme,
        local_code=row.local_code,
        description_id=row.description_id,
    )
