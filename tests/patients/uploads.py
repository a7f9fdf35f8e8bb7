"""Uploading as the wizard does it."""

from io import BytesIO

from django.core.files.uploadedfile import UploadedFile

from patients.models import PatientList
from patients.services import accept_upload
from practices.models import Practice, User


def upload(practice: Practice, staff: User, data: bytes, name: str = "patients.csv") -> PatientList:
    file = UploadedFile(BytesIO(data), name=name, size=len(data))
    return accept_upload(practice=practice, uploaded_by=staff, file=file)
