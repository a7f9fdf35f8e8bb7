"""Uploading as the wizard does it, and checking as the worker does it."""

from io import BytesIO

from django.core.files.uploadedfile import UploadedFile

from patients.lists.checking import check_list
from patients.lists.services import accept_upload
from patients.models import ListState, PatientList
from practices.models import Practice, User


def upload(practice: Practice, staff: User, data: bytes, name: str = "patients.csv") -> PatientList:
    file = UploadedFile(BytesIO(data), name=name, size=len(data))
    accepted = accept_upload(practice=practice, uploaded_by=staff, file=file)
    check_waiting()
    return PatientList.objects.get(id=accepted.id)


def check_waiting() -> None:
    """Check every list that waits for a worker."""
    for list_id in PatientList.objects.filter(state=ListState.CHECKING).values_list("id", flat=True):
        check_list(list_id)
