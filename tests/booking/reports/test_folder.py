"""Reports that come into a folder: read once, deleted once stored, put aside where they cannot be used."""

import os
from datetime import timedelta
from pathlib import Path
from time import time

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.models import AppointmentReport, ReportedAppointment
from booking.reports import folder
from practices.models import Practice
from tests.booking.reports.report_files import as_csv
from tests.factories import make_practice, nhs_number

pytestmark = pytest.mark.django_db
ROW = (nhs_number(1), f"{timezone.localdate() + timedelta(days=9):%d/%m/%Y}", "14:20", "Nurse", "", "")


@pytest.fixture
def practice(settings: Settings, tmp_path: Path) -> Practice:
    practice = make_practice()
    settings.REPORTS_FOLDER = str(tmp_path)
    (tmp_path / practice.ods_code).mkdir()
    return practice


def leave(
    practice: Practice, settings: Settings, name: str = "today.csv", *rows: tuple[str, ...], age: int = 90
) -> Path:
    """A file as another program leaves it in the practice's folder, last written to so many seconds ago."""
    path = Path(settings.REPORTS_FOLDER) / practice.ods_code / name
    path.write_bytes(as_csv(ROW).getvalue())
    os.utime(path, (time() - age, time() - age))
    return path


def test_a_file_is_stored_once_and_deleted(practice: Practice, settings: Settings) -> None:
    path = leave(practice, settings)
    call_command("read_reports")
    assert not path.exists()
    leave(practice, settings, "again.csv")
    assert folder.read_all() == 1
    assert AppointmentReport.objects.get().source == "folder"
    assert ReportedAppointment.objects.count() == 1


def test_a_file_that_is_being_written_is_left_for_later(practice: Practice, settings: Settings) -> None:
    path = leave(practice, settings, age=5)
    assert folder.read_all() == 0
    assert path.exists()


def test_a_file_that_cannot_be_used_is_put_aside_and_staff_see_why(practice: Practice, settings: Settings) -> None:
    path = leave(practice, settings)
    path.write_text("Colour,Size\r\nblue,3\r\n")
    os.utime(path, (0, 0))
    folder.read_all()
    folder.read_all()
    report = AppointmentReport.objects.get()
    assert "row of headings" in report.fault
    assert path.with_name("today.csv.refused").exists()


def test_only_the_practices_own_files_are_read(practice: Practice, settings: Settings, tmp_path: Path) -> None:
    elsewhere = leave(practice, settings, "elsewhere.csv").rename(tmp_path / "elsewhere.csv")
    (tmp_path / practice.ods_code / "link.csv").symlink_to(elsewhere)
    (tmp_path / practice.ods_code / "notes.docx").write_text("x")
    assert folder.read_all() == 0
    assert elsewhere.exists()


def test_without_a_folder_nothing_is_read(settings: Settings) -> None:
    settings.REPORTS_FOLDER = ""
    make_practice()
    assert folder.read_all() == 0
