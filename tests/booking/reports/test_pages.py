"""The pages about reports: both numbers, the reasons, the slot types, and nothing personal."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import AppointmentReport, RemindedSlotType
from practices.models import AuditEvent, Practice, Role
from tests.booking.reports.report_files import as_csv
from tests.factories import make_practice, make_staff, nhs_number
from tests.html import check_page

pytestmark = pytest.mark.django_db
DAY = f"{timezone.localdate() + timedelta(days=9):%d/%m/%Y}"
ROWS = [
    (nhs_number(1), DAY, "14:00", "Nurse", "", ""),
    (nhs_number(2), DAY, "14:10", "Nurse", "", ""),
    (nhs_number(2), DAY, "14:10", "Nurse", "", ""),
    (nhs_number(3), DAY, "15:00", "Doctor", "", ""),
    ("", DAY, "15:10", "Nurse", "", ""),
    (nhs_number(4), "soon", "15:10", "Nurse", "", ""),
]


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def manager(practice: Practice) -> Client:
    client = Client()
    client.force_login(make_staff(practice, Role.MANAGER))
    return client


def text(answer: HttpResponseBase) -> str:
    """What a page that keeps every rule says."""
    return check_page(answer).text


def upload(client: Client, *rows: tuple[str, ...]) -> str:
    file = SimpleUploadedFile("today.csv", as_csv(*rows).getvalue())
    return text(client.post(reverse("staff:appointment-report-upload"), {"file": file}, follow=True))


def test_an_upload_shows_both_numbers_and_the_reasons(manager: Client, practice: Practice) -> None:
    page = upload(manager, *ROWS)
    assert "0 patients can be reminded" in page
    assert "Slot type not chosen" in page
    answer = manager.post(reverse("staff:appointment-report-slot-types"), {"slot_types": ["Nurse"]}, follow=True)
    assert "Nurse: 2 appointments to come" in text(answer)
    page = text(manager.get(reverse("staff:appointment-report", args=[AppointmentReport.objects.get().id])))
    assert "2 patients can be reminded" in page
    assert "4 rows cannot be used" in page
    for words in ("No NHS number", "Date or time cannot be read", "in this report twice", "Slot type not chosen"):
        assert words in page
    assert not any(row[0] in page for row in ROWS if row[0])
    assert {"appointment_report.stored", "practice.reminded_slot_types"} <= set(
        AuditEvent.objects.filter(practice=practice).values_list("action", flat=True)
    )


def test_the_same_file_again_changes_nothing(manager: Client) -> None:
    upload(manager, *ROWS)
    assert "You have uploaded this file before" in upload(manager, *ROWS)
    assert AppointmentReport.objects.count() == 1


def test_tomorrows_report_says_what_is_new(manager: Client) -> None:
    upload(manager, *ROWS)
    manager.post(reverse("staff:appointment-report-slot-types"), {"slot_types": ["Nurse"]})
    page = upload(manager, *ROWS[:2], (nhs_number(5), DAY, "16:00", "Nurse", "", ""))
    assert "1 patient can be reminded" in page
    assert "In an earlier report, and reminded by that" in page


def test_a_file_that_cannot_be_used_is_refused_with_the_remedy(manager: Client) -> None:
    file = SimpleUploadedFile("today.csv", b"Colour,Size\r\nblue,3\r\n")
    page = text(manager.post(reverse("staff:appointment-report-upload"), {"file": file}))
    assert "We could not find a row of headings" in page
    assert "Choose a CSV or Excel file" in text(manager.post(reverse("staff:appointment-report-upload"), {}))
    assert not AppointmentReport.objects.exists()


def test_a_slot_type_that_no_report_has_cannot_be_chosen(manager: Client) -> None:
    upload(manager, *ROWS)
    answer = manager.post(reverse("staff:appointment-report-slot-types"), {"slot_types": ["Surgeon"]})
    assert "Choose from the slot types on this page" in text(answer)
    assert not RemindedSlotType.objects.exists()


def test_the_first_look_says_what_to_do(manager: Client) -> None:
    page = text(manager.get(reverse("staff:appointment-reports")))
    assert "Upload a report first" in page
    assert "1 working day before" in page


def test_a_practice_sees_its_own_reports_alone(manager: Client) -> None:
    other = Client()
    other.force_login(make_staff(make_practice(), Role.MANAGER))
    upload(manager, *ROWS)
    assert other.get(reverse("staff:appointment-report", args=[AppointmentReport.objects.get().id])).status_code == 404
    assert "There are no reports yet" in text(other.get(reverse("staff:appointment-reports")))
