"""An uploaded list is taken in at once, and its rows are stored whole with their verdicts."""

from datetime import date

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from patients.lists import queries
from patients.lists.services import accept_upload, display_name
from patients.models import ListState, PatientList, Verdict
from patients.reasons import Reason
from patients.tables.faults import FileFault, FileFaultCode
from practices.models import AuditEvent
from tests.patients.conftest import Surgery
from tests.patients.list_files import GOOD, SYSTMONE_HEADER, emis, systmone
from tests.patients.uploads import check_waiting

NHS, MOBILE, BORN = GOOD

pytestmark = pytest.mark.django_db


def test_a_systmone_list_is_ready_at_once(systmone_surgery: Surgery) -> None:
    header = f"Title,First name,{SYSTMONE_HEADER},Patient count,Notes"
    data = systmone(("Mrs", "ASHA", *GOOD, "1", "private"), ("", "", "123", MOBILE, BORN, "", ""), header=header)
    stored = systmone_surgery.upload(data, "Flu recall.csv")
    assert (stored.state, stored.row_count, stored.file_name) == (ListState.READY, 2, "Flu recall.csv")
    assert stored.is_ready
    assert [column["header"] for column in stored.columns] == [
        "Title", "First name", "NHS Number", "Telecom Number", "Date of Birth",
    ]  # fmt: skip
    good, bad = stored.recipients.all()
    assert (good.verdict, good.nhs_number, good.mobile) == (Verdict.CAN, NHS, "+447700900123")
    assert (good.date_of_birth, good.given_name, good.practice) == (date(1958, 3, 9), "Asha", stored.practice)
    assert (bad.verdict, bad.reasons, bad.row_number) == (Verdict.CANNOT, [Reason.NHS_NUMBER_LENGTH], 3)
    assert bad.original == {"nhs_number": "123", "mobile": MOBILE, "date_of_birth": BORN}
    assert bad.explanations()[0].title == "NHS number is not 10 digits"


def test_what_is_in_unknown_columns_is_stored_nowhere(systmone_surgery: Surgery) -> None:
    """Not even among what was written in the row."""
    stored = systmone_surgery.upload(systmone((*GOOD, "private"), header=f"{SYSTMONE_HEADER},Notes"))
    assert not any("private" in str(value) for row in stored.recipients.values() for value in row.values())


def test_an_emis_list_waits_for_its_look_ups(systmone_surgery: Surgery) -> None:
    systmone_surgery.practice.clinical_system = "emis"
    stored = systmone_surgery.upload(emis(NHS, "9990000026", "1"))
    assert (stored.state, stored.look_up_at is not None) == (ListState.LOOKING_UP, True)
    assert queries.progress(stored) == (1, 3)
    assert queries.verdict_counts(stored) == queries.VerdictCounts(can=0, cannot=1, pending=2)


def test_an_emis_list_with_nobody_to_look_up_is_ready(systmone_surgery: Surgery) -> None:
    systmone_surgery.practice.clinical_system = "emis"
    assert systmone_surgery.upload(emis("1", "2")).is_ready


def test_one_nhs_number_with_two_dates_of_birth_is_held_back_in_every_row(systmone_surgery: Surgery) -> None:
    stored = systmone_surgery.upload(systmone(GOOD, (NHS, MOBILE, "10/03/1958"), ("9990000026", MOBILE, BORN)))
    rows = stored.recipients.values_list("verdict", "reasons", "duplicate_of")
    assert list(rows) == [("cannot", ["conflict_birth"], 3), ("cannot", ["conflict_birth"], 2), ("can", [], None)]


def test_a_list_of_nothing_but_conflicts_needs_no_look_up(systmone_surgery: Surgery) -> None:
    systmone_surgery.practice.clinical_system = "emis"
    data = b"NHS Number,DOB\n9990000018,09/03/1958\n9990000018,10/03/1958\n"
    assert systmone_surgery.upload(data).is_ready


def test_odd_text_can_be_stored(systmone_surgery: Surgery) -> None:
    """NUL, half a character, escapes, and a heading that PostgreSQL could not keep as it stands."""
    names = ["Zoë", "=1+1", "a\\tb", "{a,b}", 'say ""hi""', "\\N", "\0", "😀", "\ud800", "x" * 9000]
    rows = [(NHS, MOBILE, BORN, f'"{name}"') for name in names]
    data = systmone(*rows[:-2], header=f"{SYSTMONE_HEADER},Patient\0 Name")
    data += f"{','.join(rows[-2])}\n{','.join(rows[-1])}\n".encode("utf-8", "surrogatepass")
    stored = systmone_surgery.upload(data)
    stored_names = [row.original.get("patient_name", "") for row in stored.recipients.all()]
    assert stored_names[:6] == ["Zoë", "=1+1", "a\\tb", "{a,b}", 'say "hi"', "\\N"]
    assert stored.row_count == len(names)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", FileFaultCode.EMPTY), (b"NHS Number\n1\n", FileFaultCode.MISSING_COLUMN)],
)
def test_what_is_plain_at_a_glance_is_refused_at_once_and_nothing_is_stored(
    systmone_surgery: Surgery, data: bytes, code: FileFaultCode
) -> None:
    with pytest.raises(FileFault) as caught:
        systmone_surgery.upload(data)
    assert caught.value.code == code
    assert not PatientList.objects.exists()
    assert not AuditEvent.objects.exists()


def test_the_limit_of_bytes_is_a_setting(systmone_surgery: Surgery, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 50
    with pytest.raises(FileFault) as caught:
        systmone_surgery.upload(systmone(GOOD))
    assert caught.value.code == FileFaultCode.TOO_BIG


def test_an_upload_is_audited_with_its_size_only(systmone_surgery: Surgery) -> None:
    data = systmone(GOOD, ("1", "", ""))
    stored = systmone_surgery.upload(data)
    event = AuditEvent.objects.get(action="patient_list.uploaded")
    assert (event.practice, event.actor, event.object_id) == (stored.practice, stored.uploaded_by, stored.id)
    assert event.data == {"bytes": len(data)}


def test_an_upload_that_django_put_on_disk_is_read_too(systmone_surgery: Surgery) -> None:
    file = TemporaryUploadedFile("list.csv", "text/csv", 0, None)
    file.write(systmone(GOOD))
    file.seek(0)
    accepted = accept_upload(practice=systmone_surgery.practice, uploaded_by=systmone_surgery.staff, file=file)
    check_waiting()
    assert accepted.recipients.can().count() == 1
    file.close()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\list.csv", "list.csv"),
        ("a\r\nSet-Cookie:x.csv", "aSet-Cookie:x.csv"),
        ("=cmd().csv", "=cmd().csv"),
        ("flu 😀.csv", "flu 😀.csv"),
        ("\u202egnp.csv", "gnp.csv"),
        ("x" * 300 + ".csv", "x" * 96 + ".csv"),
        ("x." + "y" * 300, "y" * 100),
        ("", "patients.csv"),
        ("..", "patients.csv"),
    ],
)
def test_a_file_name_is_made_fit_to_show(name: str, shown: str) -> None:
    """Folders, line ends and marks that cannot be seen are taken out (lists#file-names)."""
    assert display_name(name) == shown


@pytest.fixture
def stored(systmone_surgery: Surgery) -> PatientList:
    return systmone_surgery.upload(systmone(GOOD, ("1", MOBILE, BORN)))


@pytest.mark.parametrize(
    ("row", "change"),
    [
        pytest.param(2, {"mobile": ""}, id="sendable without a mobile"),
        pytest.param(2, {"nhs_number": ""}, id="sendable without an NHS number"),
        pytest.param(2, {"date_of_birth": None}, id="sendable without a date of birth"),
        pytest.param(2, {"reasons": [Reason.DUPLICATE]}, id="sendable with a reason"),
        pytest.param(2, {"verdict": Verdict.CANNOT}, id="not sendable without a reason"),
        pytest.param(2, {"verdict": "perhaps"}, id="another verdict"),
        pytest.param(3, {"verdict": Verdict.PENDING}, id="pending with a reason"),
        pytest.param(3, {"row_number": 2}, id="a row twice"),
        pytest.param(
            3,
            {"verdict": Verdict.PENDING, "reasons": [], "nhs_number": NHS},
            id="a patient who would be sent to twice",
        ),
    ],
)
def test_the_database_refuses_rows_that_contradict_themselves(
    stored: PatientList, row: int, change: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        stored.recipients.filter(row_number=row).update(**change)


def test_the_database_refuses_a_list_that_looks_up_for_ever(stored: PatientList) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PatientList.objects.filter(id=stored.id).update(state=ListState.LOOKING_UP)
