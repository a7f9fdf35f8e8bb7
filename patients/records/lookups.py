"""Asks the clinical system about each patient of a list: what EMIS alone knows, and whether SystmOne agrees.

A list is claimed as one piece of work, and a practice has one claim at a time: that keeps to the number of calls at
once that its clinical system is asked for. Rows are settled chunk by chunk. A worker that dies leaves a claim that
runs out, and the next one goes on with the rows that have no verdict; nothing but the chunk in hand is asked again.
No database connection is held while the clinical system is asked.
"""

import logging
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.database import release
from core.hints import hint
from integrations.clinical import errors, port
from integrations.connections import NotConnected, clinical_for
from patients.lists import screening
from patients.lists.checking import rules_for
from patients.models import ListState, PatientList, Pause, Recipient
from patients.records import pauses
from patients.records.verdicts import NO_ANSWER, RecordAnswer, give_verdict

logger = logging.getLogger(__name__)

BATCH = 400
"""Rows in one run of the task: then other practices' work has its turn."""

CLAIM_LASTS = timedelta(minutes=5)
"""Longer than the slowest chunk: its calls one after another in a thread, each with its time-outs and repeats."""

_ROWS_PER_CALLER = 2

UNREADABLE_PAUSES = 3
"""When a whole chunk is unreadable the system may be failing: it is asked this often before rows are given up."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """The right to look a list's patients up, until `look_up_at` of the list."""

    id: uuid.UUID
    patient_list: PatientList


def look_up_pending(*, patient_list_id: uuid.UUID, batch: int = BATCH) -> bool:
    """Look up to `batch` pending rows of a list up, and say whether there is more to do at once.

    Does nothing when the list is ready, or when its practice's look-ups are in another worker's hands.
    """
    claimed = claim(patient_list_id)
    if claimed is None:
        return False
    patient_list = claimed.patient_list
    try:
        system = clinical_for(patient_list.practice, patient_list.uploaded_by)
    except NotConnected:
        return _pause(claimed, Pause.NOT_AUTHORISED, None)
    with closing(system):
        return _look_up(claimed, system, batch)


def resume_due() -> None:
    """Hint at every list whose look-ups are due: new, paused long enough, or left behind by a worker that died."""
    now = timezone.now()
    with transaction.atomic():
        due = PatientList.objects.looking_up().filter(look_up_at__lte=now)
        ids = list(due.select_for_update(skip_locked=True).values_list("id", flat=True))
        # Not hinted at again while the hint waits in a queue. Whoever comes first may still claim it: no claim holds.
        PatientList.objects.filter(id__in=ids).update(claimed_by=None, look_up_at=now + timedelta(seconds=30))
        for list_id in ids:
            hint("patients.look_up_patients", list_id)


def claim(patient_list_id: uuid.UUID) -> _Claim | None:
    """Claim a list, unless it is ready or its practice has a live claim."""
    now = timezone.now()
    with transaction.atomic():
        wanted = PatientList.objects.filter(id=patient_list_id).values("practice")
        # All of the practice's lists are locked, in one order, so that two workers cannot claim two of them.
        lists = list(PatientList.objects.looking_up().filter(practice__in=wanted).order_by("id").select_for_update())
        patient_list = next((one for one in lists if one.id == patient_list_id), None)
        claimed = any(one.claimed_by and one.look_up_at and one.look_up_at > now for one in lists)
        if patient_list is None or claimed:
            return None
        patient_list.claimed_by = uuid.uuid4()
        patient_list.look_up_at = now + CLAIM_LASTS
        patient_list.save(update_fields=["claimed_by", "look_up_at"])
    return _Claim(patient_list.claimed_by, patient_list)


def _look_up(claim: _Claim, system: port.ClinicalSystem, batch: int) -> bool:
    """Chunk after chunk, until the batch or the list is done, or there is a reason to pause."""
    chunk = settings.LOOKUPS_AT_ONCE * _ROWS_PER_CALLER
    for _ in range(0, batch, chunk):
        rows = list(claim.patient_list.recipients.pending().order_by("row_number")[:chunk])
        if not rows:
            return _finish(claim)
        answers = call(system, rows)
        system_error = _system_error(claim, answers)
        if not settle(claim, rows, answers, keep_unreadable=system_error is not None):
            return False
        if system_error is not None:
            return _pause(claim, pauses.pause_for(system_error), system_error)
    return _release(claim)


_SYSTEM_WIDE = (errors.Busy, errors.NotAuthorised, errors.NotEnabled)


def call(system: port.ClinicalSystem, rows: Sequence[Recipient]) -> list[RecordAnswer]:
    """Ask about each row, several at once. Once the system fails, the rows not yet asked about stay unasked."""
    release()
    failed = False

    def ask(nhs_number: str) -> RecordAnswer:
        nonlocal failed
        if failed:
            return NO_ANSWER
        try:
            return system.find_patient(nhs_number)
        except errors.ClinicalError as error:
            failed = failed or isinstance(error, _SYSTEM_WIDE)
            return error
        except Exception as error:
            # Left to itself it would stop the whole list at this row, again and again.
            logger.error("look-up broke off", extra={"error": type(error).__name__})
            return errors.UnreadableAnswer(type(error).__name__)

    with ThreadPoolExecutor(settings.LOOKUPS_AT_ONCE, thread_name_prefix="look-up") as callers:
        return list(callers.map(ask, [row.nhs_number for row in rows]))


def _system_error(claim: _Claim, answers: Sequence[RecordAnswer]) -> errors.ClinicalError | None:
    """The error that speaks about the whole system, if there is one among the answers."""
    refusals = [answer for answer in answers if isinstance(answer, errors.ClinicalError)]
    for error in refusals:
        if isinstance(error, _SYSTEM_WIDE) and error is not NO_ANSWER:
            return error
    all_unreadable = len(refusals) == len(answers) and all(isinstance(e, errors.UnreadableAnswer) for e in refusals)
    if all_unreadable and claim.patient_list.look_up_failures < UNREADABLE_PAUSES:
        return refusals[0]
    return None


_SETTLED = [
    *("mobile", "date_of_birth", "given_name", "family_name", "recorded_name"),
    *("verdict", "reasons", "tidied"),
]


def settle(claim: _Claim, rows: Sequence[Recipient], answers: Sequence[RecordAnswer], *, keep_unreadable: bool) -> bool:
    """Write the verdicts of a chunk; False when the claim has run out and somebody else has the list."""
    settled, rules = [], rules_for(claim.patient_list)
    for row, answer in zip(rows, answers, strict=True):
        if isinstance(answer, _SYSTEM_WIDE) or (keep_unreadable and isinstance(answer, errors.UnreadableAnswer)):
            continue
        give_verdict(row, answer, rules)
        settled.append(row)
    with transaction.atomic():
        fields: dict[str, Any] = {"look_up_at": timezone.now() + CLAIM_LASTS}
        if settled:
            fields |= {"paused_reason": Pause.NONE, "look_up_failures": 0}
            claim.patient_list.look_up_failures = 0
        if not _update(claim, **fields):
            return False
        Recipient.objects.pending().bulk_update(settled, _SETTLED)
    return True


def _pause(claim: _Claim, reason: Pause, error: errors.ClinicalError | None) -> bool:
    """Leave the rest for later, and say why."""
    failures = claim.patient_list.look_up_failures
    wait = pauses.wait(reason, failures, error)
    _update(
        claim,
        claimed_by=None,
        look_up_at=timezone.now() + wait,
        look_up_failures=failures + 1,
        paused_reason=reason,
    )
    logger.warning(
        "look-ups paused",
        extra={"list_id": str(claim.patient_list.id), "reason": reason.value, "detail": getattr(error, "detail", "")},
    )
    return False


def _release(claim: _Claim) -> bool:
    """Give the claim back with rows left; they are due at once. Says whether it was still ours to give."""
    if not claim.patient_list.recipients.pending().exists():
        return _finish(claim)
    return _update(claim, claimed_by=None, look_up_at=timezone.now())


def _finish(claim: _Claim) -> bool:
    """Every row has its verdict from the record; what is known from elsewhere comes in the same moment."""
    with transaction.atomic():
        done = _update(
            claim, state=ListState.READY, claimed_by=None, look_up_at=None, paused_reason=Pause.NONE, look_up_failures=0
        )
        if done:
            screening.screen(claim.patient_list)
    logger.info("look-ups done", extra={"list_id": str(claim.patient_list.id), "still_ours": done})
    return False


def _update(claim: _Claim, **fields: Any) -> bool:
    """Change the list while the claim on it holds."""
    return bool(PatientList.objects.filter(id=claim.patient_list.id, claimed_by=claim.id).update(**fields))
