"""Taking in a patient list: the upload itself, which answers at once, and the check of its rows, in a worker."""

import unicodedata
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from core.hints import hint
from patients.files.reader import glance
from patients.lists import uploads
from patients.models import ListState, PatientList
from practices.audit import trail as audit
from practices.models import Practice, User

_LONGEST_FILE_NAME = 100


def accept_upload(*, practice: Practice, uploaded_by: User, file: UploadedFile[bytes]) -> PatientList:
    """Take an uploaded file in, for a worker to read and check. Raises FileFault for what is plain at a glance.

    The file is kept in PostgreSQL until its rows are stored, and no longer.
    """
    content = cast(BinaryIO, file.file)
    digest = glance(content, system=practice.clinical_system, most_bytes=settings.UPLOAD_MAX_BYTES)
    with transaction.atomic():
        patient_list = PatientList.objects.create(
            practice=practice,
            uploaded_by=uploaded_by,
            system=practice.clinical_system,
            file_name=display_name(file.name or ""),
            content_digest=digest,
            byte_count=content.seek(0, 2),
            state=ListState.CHECKING,
        )
        uploads.keep(patient_list, content)
        audit.record(
            "patient_list.uploaded",
            practice=practice,
            actor=uploaded_by,
            object_id=patient_list.id,
            bytes=patient_list.byte_count,
        )
        hint("patients.check_list", patient_list.id)
    return patient_list


def display_name(name: str) -> str:
    """A file's name for display: no folders, nothing invisible, and an end."""
    base = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(c for c in base if unicodedata.category(c)[0] != "C")
    stem, dot, suffix = " ".join(visible.split()).rpartition(".")
    stem_length = _LONGEST_FILE_NAME - len(dot + suffix)
    # A "suffix" that leaves no room is no suffix.
    shown = stem[:stem_length] + dot + suffix if stem_length > 0 else suffix[:_LONGEST_FILE_NAME]
    return shown.lstrip(".") or "patients.csv"
