"""The worker's part of an upload: read the file, check every row, store them, and throw the file away.

All of it is one transaction, so a list has all of its rows or none, and a worker that dies leaves nothing behind: the
sweeper finds the list again. The lock on the list keeps a second worker away; no outside call is made under it.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.hints import hint
from integrations.clinical.registry import profile_of
from patients.checks.rows import CheckedRow, ListCheck, Rules
from patients.files.reader import Table, open_table
from patients.lists import progress, questions, screening, uploads
from patients.lists.storing import copy_rows, hold_back
from patients.models import ListState, PatientList, Verdict
from patients.tables import faults
from patients.tables.faults import FileFault
from practices.audit import trail as audit

logger = logging.getLogger(__name__)

TRIES = 3
"""A file that ends its worker, or breaks the check, this often is refused."""

FILE_RETENTION = timedelta(hours=24)
"""A file that no worker has read by then is thrown away (lists#how-long-kept)."""

_LATE_AFTER = timedelta(seconds=20)
_ROWS_BETWEEN_REPORTS = 2_000


def check_list(patient_list_id: UUID) -> None:
    """Read and check a list's file. Does nothing when it is done, gone, or in another worker's hands."""
    if not _begin(patient_list_id):
        return
    try:
        with transaction.atomic():
            patient_list = _lock(patient_list_id)
            if patient_list is not None:
                _check(patient_list)
    except FileFault as fault:
        _refuse(patient_list_id, fault)


def resume_due() -> None:
    """Hint at every list that still waits for its check: the hint was lost, or its worker died."""
    now = timezone.now()
    late = PatientList.objects.checking().filter(created_at__lt=now - _LATE_AFTER)
    for list_id, uploaded in late.values_list("id", "created_at"):
        if uploaded < now - FILE_RETENTION:
            _refuse(list_id, faults.broken())
        else:
            hint("patients.check_list", list_id)


def _lock(patient_list_id: UUID) -> PatientList | None:
    """The list, locked until the transaction ends; None when there is nothing to do or somebody else does it."""
    waiting = PatientList.objects.checking().filter(id=patient_list_id)
    return waiting.select_for_update(skip_locked=True, of=("self",)).select_related("practice", "uploaded_by").first()


def _begin(patient_list_id: UUID) -> bool:
    """Count a try, and say whether there is one left. Committed first, so that a worker's death counts too."""
    with transaction.atomic():
        patient_list = _lock(patient_list_id)
        if patient_list is None:
            return False
        if patient_list.checks_begun < TRIES:
            patient_list.checks_begun += 1
            patient_list.save(update_fields=["checks_begun"])
            return True
    _refuse(patient_list_id, faults.broken())
    return False


def _check(patient_list: PatientList) -> None:
    """Check and store every row, and set the list's state."""
    with open_table(
        uploads.open_upload(patient_list),
        system=patient_list.system,
        most_bytes=settings.UPLOAD_MAX_BYTES,
        most_rows=settings.UPLOAD_MAX_ROWS,
    ) as table:
        counts = _store(patient_list, table)
        questions.store(patient_list, table)
    patient_list.row_count = counts.total()
    if counts[Verdict.PENDING]:
        patient_list.state, patient_list.look_up_at = ListState.LOOKING_UP, timezone.now()
        hint("patients.look_up_patients", patient_list.id)
    else:
        patient_list.state = ListState.READY
    patient_list.save(update_fields=["columns", "unread_columns", "row_count", "state", "look_up_at"])
    uploads.forget(patient_list)
    if patient_list.is_ready:
        screening.screen(patient_list)
    audit.record(
        "patient_list.checked",
        practice=patient_list.practice,
        actor=patient_list.uploaded_by,
        object_id=patient_list.id,
        rows=patient_list.row_count,
        can=counts[Verdict.CAN],
        cannot=counts[Verdict.CANNOT],
        pending=counts[Verdict.PENDING],
        other_rows=len(table.other_rows),
        questions=len(table.questions.all),
    )
    logger.info("patient list stored", extra={"list_id": str(patient_list.id), "rows": patient_list.row_count})


def _store(patient_list: PatientList, table: Table) -> Counter[Verdict]:
    """Check and store every row, and count the verdicts."""
    check = ListCheck(rules_for(patient_list))
    counts = copy_rows(patient_list, _reported(patient_list, check.check_table(table)))
    counts -= (held_back := hold_back(patient_list, check.conflicts))
    counts[Verdict.CANNOT] += held_back.total()
    return counts


def rules_for(patient_list: PatientList) -> Rules:
    """What the checks of a list's rows depend on."""
    needs_record = profile_of(patient_list.system).reads_every_record or settings.CHECK_SYSTMONE_RECORDS
    return Rules(
        system=patient_list.system,
        today=timezone.localdate(),
        allow_test_numbers=settings.ALLOW_TEST_NUMBERS,
        allow_islands=settings.TEXT_ISLANDS,
        text_from_age=settings.TEXT_FROM_AGE,
        needs_record=needs_record,
    )


def _reported(patient_list: PatientList, rows: Iterator[CheckedRow]) -> Iterator[CheckedRow]:
    """The same rows; every so often the page that waits is told how many there have been."""
    for count, row in enumerate(rows, 1):
        yield row
        if not count % _ROWS_BETWEEN_REPORTS:
            progress.report(patient_list.id, count)


def _refuse(patient_list_id: UUID, fault: FileFault) -> None:
    """The file cannot be taken: keep what is wrong with it, and nothing else of it."""
    with transaction.atomic():
        patient_list = _lock(patient_list_id)
        if patient_list is None:
            return
        patient_list.state = ListState.REFUSED
        patient_list.fault_code, patient_list.fault = fault.code, fault.message
        patient_list.save(update_fields=["state", "fault_code", "fault"])
        uploads.forget(patient_list)
        audit.record(
            "patient_list.refused",
            practice=patient_list.practice,
            actor=patient_list.uploaded_by,
            object_id=patient_list.id,
            code=fault.code,
        )
