"""Taking in a patient list."""

import logging
import unicodedata
from collections import Counter
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from integrations.hints import hint
from patients.checks import ListCheck, Rules
from patients.models import ListState, PatientList, Verdict
from patients.reader import Table, open_table
from patients.storing import copy_rows, hold_back
from practices import audit
from practices.models import Practice, User

logger = logging.getLogger(__name__)

_LONGEST_FILE_NAME = 100


def accept_upload(*, practice: Practice, uploaded_by: User, file: UploadedFile[bytes]) -> PatientList:
    """Read, check and store an uploaded list: all of it, or nothing. Raises FileFault.

    A SystmOne list is ready at once. The rows of an EMIS list wait for look-ups, which a worker starts when this has
    committed. The file itself is not kept, nor any column that is not one of ours.
    """
    system = practice.clinical_system
    with (
        open_table(
            cast(BinaryIO, file.file),
            system=system,
            most_bytes=settings.UPLOAD_MAX_BYTES,
            most_rows=settings.UPLOAD_MAX_ROWS,
        ) as table,
        transaction.atomic(),
    ):
        patient_list = PatientList.objects.create(
            practice=practice,
            uploaded_by=uploaded_by,
            system=system,
            file_name=display_name(file.name or ""),
            content_digest=table.digest,
            columns=[{"column": found.column, "header": found.header[:100]} for found in table.columns],
            state=ListState.READY,
        )
        counts = _store(patient_list, table)
        audit.record(
            "patient_list.uploaded",
            practice=practice,
            actor=uploaded_by,
            object_id=patient_list.id,
            rows=patient_list.row_count,
            can=counts[Verdict.CAN],
            cannot=counts[Verdict.CANNOT],
            pending=counts[Verdict.PENDING],
        )
    logger.info("patient list stored", extra={"list_id": str(patient_list.id), "rows": patient_list.row_count})
    return patient_list


def _store(patient_list: PatientList, table: Table) -> Counter[Verdict]:
    """Check and store every row, set the list's state, and count the verdicts. Starts look-ups where there are any."""
    rules = Rules(patient_list.system, timezone.localdate(), settings.ALLOW_TEST_NUMBERS)
    check = ListCheck(rules)
    counts = copy_rows(patient_list, check.check(table.rows(), [found.column for found in table.columns]))
    counts -= (held_back := hold_back(patient_list, check.conflicts))
    counts[Verdict.CANNOT] += held_back.total()
    patient_list.row_count = counts.total()
    if counts[Verdict.PENDING]:
        patient_list.state = ListState.LOOKING_UP
        patient_list.look_up_at = timezone.now()
        hint("patients.look_up_patients", patient_list.id)
    patient_list.save(update_fields=["row_count", "state", "look_up_at"])
    return counts


def display_name(name: str) -> str:
    """A file's name for display: no folders, nothing invisible, and an end."""
    base = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(c for c in base if unicodedata.category(c)[0] != "C")
    stem, dot, suffix = " ".join(visible.split()).rpartition(".")
    kept = _LONGEST_FILE_NAME - len(dot + suffix)
    # A "suffix" that leaves no room is no suffix.
    shown = stem[:kept] + dot + suffix if kept > 0 else suffix[:_LONGEST_FILE_NAME]
    return shown.lstrip(".") or "patients.csv"
