"""How fast an uploaded list is checked and stored, beside a naive check with Django's bulk_create."""

from io import BytesIO
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection

from bench import lists, yardsticks
from bench.timing import in_turns, promise, ratio, show
from patients.lists.checking import check_list
from patients.lists.services import accept_upload
from patients.models import PatientList, Recipient, Verdict
from patients.reasons import Reason
from practices.models import Practice, User


def run(*, quick: bool = False) -> bool:
    """Measure, print, and say whether every promise was kept."""
    rows, rounds = (20_000, 3) if quick else (100_000, 5)
    data, part = lists.systmone(rows), lists.systmone(rows // 5)
    ours(lists.systmone(1_000))
    # The yardstick takes as long for every row, or longer once the indexes have grown; it stores a fifth of them.
    measured = in_turns(
        {
            "ours: upload to results stored": (rows, lambda: ours(data)),
            "naive check and bulk_create": (rows // 5, lambda: naive(part)),
        },
        rounds,
        before=forget,
    )
    show(f"Storing a SystmOne list in PostgreSQL, {rounds} rounds in turns", measured)
    us, other = measured.values()
    forget()
    return promise("times as fast as naive and bulk_create", ratio(other, us), at_least=5)


def upload(data: bytes) -> UUID:
    """An uploaded list that waits for a worker."""
    practice, _ = Practice.objects.get_or_create(
        ods_code="A99999", defaults={"name": "Example Surgery", "clinical_system": "systmone"}
    )
    staff, _ = User.objects.get_or_create(email="staff@example.org")
    file = UploadedFile(BytesIO(data), name="patients.csv", size=len(data))
    return accept_upload(practice=practice, uploaded_by=staff, file=file).id


def ours(data: bytes) -> None:
    """What the web process and the worker do."""
    list_id = upload(data)
    check_list(list_id)
    patient_list = PatientList.objects.get(id=list_id)
    assert patient_list.is_ready, patient_list.fault


def naive(data: bytes) -> None:
    """The well-known libraries for every row, then Django's own way of storing many."""
    patient_list = PatientList.objects.get(id=upload(lists.systmone(1)))
    recipients = []
    for number, (row, good, mobile, born) in enumerate(yardsticks.naive_rows(data), 2):
        title, given, family, birth, nhs_number, phone, _ = row
        recipients.append(
            Recipient(
                practice_id=patient_list.practice_id,
                patient_list=patient_list,
                row_number=number,
                nhs_number=nhs_number,
                mobile=mobile,
                date_of_birth=born,
                given_name=given,
                family_name=family,
                verdict=Verdict.CAN if good else Verdict.CANNOT,
                reasons=[] if good else [Reason.MOBILE_INVALID],
                original={
                    "title": title,
                    "given_name": given,
                    "family_name": family,
                    "date_of_birth": birth,
                    "nhs_number": nhs_number,
                    "mobile": phone,
                },
            )
        )
    Recipient.objects.bulk_create(recipients, batch_size=1_000)


def forget() -> None:
    """Empty the tables, so that every round finds them alike."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE patients_patientlist CASCADE")
        cursor.execute("CHECKPOINT")
