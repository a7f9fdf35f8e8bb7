"""Filing coded entries: claim, call, settle, like messages. The entry's own id makes a repeat harmless."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.clinical import port
from integrations.connections import NotConnected, clinical_for
from integrations.database import release
from integrations.outbox import retries
from integrations.outbox.models import CodedEntry
from integrations.outbox.states import CodeState
from practices.models import Practice

logger = logging.getLogger(__name__)

CLAIM = 20
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Result:
    state: CodeState
    entry_id: str = ""
    reason: str = ""


_REFUSALS: dict[type[port.ClinicalError], str] = {
    port.LocalCodeMissing: "EMIS needs its own code for this concept and none is known. File it by hand.",
    port.CodeNotAccepted: "The clinical system did not keep this code. File it by hand.",
    port.SeveralPatients: "The clinical system has several patients with this NHS number. File it by hand.",
    port.PatientNotFound: "The clinical system did not find this patient. File it by hand.",
    port.InvalidNhsNumber: "The clinical system did not accept the NHS number. File it by hand.",
}

_TRY_AGAIN = _Result(CodeState.DUE)


def claim(practice_id: UUID, limit: int = CLAIM) -> list[CodedEntry]:
    """Mark some due entries of a practice, all for one actor, as started, and return them."""
    now = timezone.now()
    with transaction.atomic():
        due = CodedEntry.objects.filter(practice_id=practice_id, state=CodeState.DUE, due_at__lte=now)
        rows = list(due.order_by("actor_id", "due_at").select_for_update(skip_locked=True)[:limit])
        rows = [row for row in rows if row.actor_id == rows[0].actor_id]
        for row in rows:
            row.state = CodeState.STARTED
            row.started_at = now
            row.due_at = now + retries.CODE_LOST_AFTER
            row.attempts += 1
        CodedEntry.objects.bulk_update(rows, ["state", "started_at", "due_at", "attempts"])
    return rows


def file_due(practice_id: UUID) -> int:
    """File one claim of a practice's due entries; returns how many there were."""
    rows = claim(practice_id)
    if not rows:
        return 0
    try:
        system = clinical_for(Practice.objects.get(id=practice_id), rows[0].actor)
    except NotConnected:
        settle(rows, [_TRY_AGAIN] * len(rows))
        return len(rows)
    release()
    with closing(system), ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(_filer(system), rows))
    settle(rows, results)
    logger.info("codes filed", extra={"practice_id": str(practice_id), "count": len(rows)})
    return len(rows)


def _filer(system: port.ClinicalSystem) -> Callable[[CodedEntry], _Result]:
    def file(row: CodedEntry) -> _Result:
        try:
            filed = system.file_code(row.nhs_number, _to_file(row))
        except tuple(_REFUSALS) as refusal:
            reason = next(words for kind, words in _REFUSALS.items() if isinstance(refusal, kind))
            return _Result(CodeState.NOT_FILED, reason=reason)
        except port.ClinicalError as trouble:
            logger.warning("code not filed yet", extra={"entry": str(row.id), "detail": trouble.detail})
            return _TRY_AGAIN
        except Exception as error:
            # Left to itself it would keep the whole claim from being settled, again and again.
            logger.error("filing broke off", extra={"entry": str(row.id), "error": type(error).__name__})
            return _TRY_AGAIN
        return _Result(CodeState.FILED if filed.verified else CodeState.UNCONFIRMED, entry_id=filed.entry_id)

    return file


def _to_file(row: CodedEntry) -> port.CodeToFile:
    happened = timezone.localtime(row.happened_at)  # a record is dated in London
    return port.CodeToFile(
        key=row.id,
        concept_id=row.concept_id,
        term=row.term,
        on=happened.date(),
        local_scheme=row.local_scheme,
        local_code=row.local_code,
    )


def settle(rows: list[CodedEntry], results: list[_Result]) -> None:
    """Write what became of each claimed entry."""
    now = timezone.now()
    with transaction.atomic():
        # The count of attempts says whose claim it is: the sweeper may have given the entry to somebody else.
        held = dict(
            CodedEntry.objects.filter(id__in=[row.id for row in rows], state=CodeState.STARTED)
            .order_by("id")
            .select_for_update()
            .values_list("id", "attempts")
        )
        kept = [(row, result) for row, result in zip(rows, results, strict=True) if held.get(row.id) == row.attempts]
        for row, result in kept:
            _write(row, result, now)
        CodedEntry.objects.bulk_update(
            [row for row, _ in kept], ["state", "due_at", "entry_id", "reason", "settled_at"]
        )


def _write(row: CodedEntry, result: _Result, now: datetime) -> None:
    row.state, row.entry_id, row.reason = result.state, result.entry_id[:80], result.reason
    if result is not _TRY_AGAIN:
        row.due_at, row.settled_at = None, now
        return
    # However late a try is, the adapter reads the record first: a code that is there is not filed again.
    if row.attempts > len(retries.CODE_SCHEDULE):
        row.state, row.due_at, row.settled_at = CodeState.CHECK, None, now
        row.reason = "The clinical system could not be reached. Check the record and file it by hand."
    else:
        row.due_at = now + retries.jitter(retries.CODE_SCHEDULE[row.attempts - 1])
