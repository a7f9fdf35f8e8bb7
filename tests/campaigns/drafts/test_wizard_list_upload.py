"""The upload step: what is refused at once and what later, the wait for the check, and the help beside it."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook
from pytest_django import Settings

from patients.columns.known import DEFINITIONS
from patients.lists import progress, uploads
from patients.models import ListState, PatientList, UploadedPart
from tests.campaigns.lists import hrefs, list_of
from tests.campaigns.wizard import ROWS, Wizard, errors, goes_to
from tests.factories import make_campaign, make_practice, make_staff, nhs_number
from tests.html import check_page, text_of
from tests.patients.list_files import systmone
from tests.patients.uploads import check_waiting

pytestmark = pytest.mark.django_db

LATE_FAULT = systmone(ROWS[0]) + b'9990000026,"07700900124,10/04/1960\r\n'
"""A file that looks right at a glance: its last row opens a quotation mark and never closes it."""


@pytest.fixture
def at_emis(client: Client) -> Wizard:
    practice = make_practice(clinical_system="emis")
    staff = make_staff(practice)
    client.force_login(staff)
    return Wizard(client, staff).of(make_campaign(practice, staff, patient_list=None, list_agreed=False))


def send(wizard: Wizard, content: bytes = b"", name: str = "patients.csv") -> Any:
    """Post a file, and leave its check to a worker."""
    return wizard.answer("upload", file=SimpleUploadedFile(name, content or systmone(*ROWS)))


def test_the_page_names_the_columns_of_systmone(at_upload: Wizard) -> None:
    text = at_upload.see("upload").text
    for column in ("NHS Number", "Telecom Number", "Date of Birth"):
        assert column in text
    assert "these columns" in text
    assert "Add the patient's name too" in text


def test_the_page_names_the_one_column_of_emis(at_emis: Wizard) -> None:
    text = at_emis.see("upload").text
    assert "this column" in text
    assert "Telecom Number" not in text
    assert "We look up each patient's mobile number, date of birth and name in EMIS" in text


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "The selected file is empty"),
        (b"NHS Number,Date of Birth\r\n9990000018,09/03/1958\r\n", "must have a column called Telecom Number"),
        (b"Colour,Size\r\nred,4\r\n", "could not find a row of headings"),
        (b"%PDF-1.7 made up", "The selected file must be"),
    ],
    ids=["empty", "missing column", "no header", "a PDF"],
)
def test_what_shows_at_a_glance_is_said_at_once(at_upload: Wizard, content: bytes, error: str) -> None:
    assert error in errors(send(at_upload, content) if content else at_upload.upload(b""))
    assert at_upload.campaign.patient_list is None
    assert not PatientList.objects.exists()


def test_the_upload_answers_before_the_check(at_upload: Wizard) -> None:
    assert goes_to(send(at_upload), at_upload.address("patients"))
    assert list_of(at_upload).state == ListState.CHECKING
    page = at_upload.see("patients")
    assert page.title.startswith("Checking your list")
    assert "We are reading patients.csv." in page.text
    assert "You can close this page and come back" in page.text
    assert page.with_class("nhsuk-main-wrapper")
    assert at_upload.answer("patients").status_code == 200
    assert not at_upload.campaign.list_agreed
    check_waiting()
    assert at_upload.see("patients").title.startswith("Who can be sent to")


def test_the_wait_says_how_far_the_check_has_come(at_upload: Wizard) -> None:
    send(at_upload)
    progress.report(list_of(at_upload).id, 12_000)
    assert "12,000 rows of patients.csv checked so far." in at_upload.see("patients").text


def test_what_shows_only_on_reading_is_the_fields_error_when_staff_come_back(at_upload: Wizard) -> None:
    assert goes_to(send(at_upload, LATE_FAULT, "march.csv"), at_upload.address("patients"))
    check_waiting()
    assert goes_to(at_upload.client.get(at_upload.address("patients")), at_upload.address("upload"))
    response = at_upload.client.get(at_upload.address("upload"))
    assert "quotation mark" in errors(response)
    page = check_page(response)
    assert "We could not use march.csv" in page.text
    assert [text_of(e) for e in page.with_class("nhsuk-error-message")]
    assert not UploadedPart.objects.exists()
    assert "See who can be sent to" not in page.text
    refused = list_of(at_upload).id
    page = check_page(send(at_upload, b"%PDF-1.7 made up", "april.csv"))
    assert "We could not use april.csv" in page.text
    assert "march.csv" not in page.text
    at_upload.upload()
    assert list_of(at_upload).state == ListState.READY
    assert not PatientList.objects.filter(id=refused).exists()


def test_a_list_of_many_stored_parts_is_checked(at_upload: Wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", 4096)
    rows = [(nhs_number(serial), f"07700900{serial % 1000:03}", "09/03/1958") for serial in range(2_500)]
    at_upload.upload(systmone(*rows))
    assert "patients.csv: 2,500 rows" in at_upload.see("patients").text
    assert not UploadedPart.objects.exists()


def test_a_workbook_is_read_too(at_upload: Wizard) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["NHS Number", "Telecom Number", "Date of Birth"], *ROWS):
        sheet.append(list(row))
    file = BytesIO()
    book.save(file)
    assert goes_to(at_upload.upload(file.getvalue(), "patients.xlsx"), at_upload.address("patients"))
    assert "patients.xlsx: 3 rows" in at_upload.see("patients").text


def test_no_file(at_upload: Wizard) -> None:
    """The form asks for one."""
    assert "Choose a CSV or Excel file" in errors(at_upload.answer("upload"))


def test_two_files(at_upload: Wizard) -> None:
    """Neither is taken."""
    files = [SimpleUploadedFile(name, systmone(*ROWS)) for name in ("one.csv", "two.csv")]
    assert "Choose one file at a time" in errors(at_upload.answer("upload", file=files))
    assert not PatientList.objects.exists()


def test_a_body_over_the_limit(at_upload: Wizard) -> None:
    """A page says how much we take (lists#too-large)."""
    response = at_upload.answer("upload", file=SimpleUploadedFile("big.csv", b"9990000018\r\n" * 2_100_000))
    assert response.status_code == 413
    page = check_page(response)
    assert page.title.startswith("The file is too big")
    assert "We take files of up to 10MB" in page.text
    assert not PatientList.objects.exists()


def test_a_file_a_little_over_the_limit(at_upload: Wizard, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    assert "must be smaller than" in errors(at_upload.upload(b"NHS Number\r\n" * 100))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("a%0D%0ASet-Cookie: x=1.csv", "a%0D%0ASet-Cookie: x=1.csv"),
        ("=cmd().csv", "=cmd().csv"),
        ("\N{SYRINGE} flu.csv", "\N{SYRINGE} flu.csv"),
        ("<i>a.csv", "<i>a.csv"),
        ("n" * 300 + ".csv", "n" * 96 + ".csv"),
    ],
)
def test_odd_file_names_are_shown_and_do_nothing(at_upload: Wizard, name: str, shown: str) -> None:
    """No folder, no header and no formula comes of them (lists#file-names)."""
    file = SimpleUploadedFile("x", systmone(*ROWS))
    file.__dict__["_name"] = name  # as a browser may send it: Django's own class cleans it first
    response = at_upload.answer("upload", file=file)
    assert goes_to(response, at_upload.address("patients"))
    assert "Set-Cookie" not in str(response.headers)
    check_waiting()
    assert f"{shown}: 3 rows" in at_upload.see("patients").text


def test_uploading_again_replaces_the_list(at_patients: Wizard) -> None:
    former = list_of(at_patients).id
    assert "You have uploaded patients.csv" in at_patients.see("upload").text
    at_patients.upload(name="newer.csv")
    assert list_of(at_patients).file_name == "newer.csv"
    assert not PatientList.objects.filter(id=former).exists()


@pytest.mark.parametrize("system", ["emis", "systmone"])
def test_each_system_has_a_guide_and_a_sample(at_upload: Wizard, system: str) -> None:
    name = {"emis": "EMIS", "systmone": "SystmOne"}[system]
    assert f"{at_upload.address('upload')}guide/{system}/" in hrefs(at_upload.see("upload"))
    response = at_upload.client.get(f"{at_upload.address('upload')}guide/{system}/")
    page = check_page(response)
    assert page.title.startswith(f"How to make a list in {name}")
    for definition in DEFINITIONS.values():
        assert definition.name in page.text
        assert ", ".join(definition.synonyms[:20]) in page.text
    assert f"/samples/{system}.csv" in hrefs(page)
    assert "9.99E+09" in page.text


def test_the_practices_own_system_comes_first(at_emis: Wizard, at_upload: Wizard) -> None:
    def guides(wizard: Wizard) -> list[str]:
        return [link.split("/")[-2] for link in hrefs(wizard.see("upload")) if "/guide/" in link]

    assert guides(at_upload) == ["systmone", "emis"]
    at_emis.client.force_login(at_emis.staff)
    assert guides(at_emis) == ["emis", "systmone"]


def test_there_is_no_guide_to_other_systems(at_upload: Wizard) -> None:
    assert at_upload.client.get(f"{at_upload.address('upload')}guide/vision/").status_code == 404
