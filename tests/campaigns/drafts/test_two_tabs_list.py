"""Two tabs, or two people, on one draft's list: nothing that a stale page sends is taken unseen."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from practices.models import AuditEvent
from tests.campaigns.wizard import ROWS, Wizard, goes_to
from tests.html import check_page
from tests.patients.list_files import SYSTMONE_HEADER, systmone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def appointments_count(settings: Settings) -> None:
    """As in production: staff are asked whether to text those who have an appointment."""
    settings.BOOKED_ALREADY_DAYS = 84


def versions(wizard: Wizard, page: str) -> dict[str, str]:
    """The versions on a page as a tab has it that was opened now, by the last part of their forms' addresses."""
    html = wizard.client.get(wizard.address(page)).content.decode()
    form = r'action="([^"]+)"[^>]*>(?:(?!</form>).)*?name="version" value="([0-9a-f]{16})"'
    return {action.rstrip("/").rpartition("/")[2]: version for action, version in re.findall(form, html, re.S)}


def file(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, systmone(*ROWS))


def include(wizard: Wizard, version: str, **answers: str) -> Any:
    return wizard.answer("include", **{"booked": "no", **answers}, version=version)


def test_a_second_file_does_not_take_the_place_of_one_that_nobody_saw(at_upload: Wizard) -> None:
    stale = versions(at_upload, "upload")["upload"]
    at_upload.answer("upload", file=file("first.csv"), version=stale)
    response = at_upload.answer("upload", file=file("second.csv"), version=stale)
    assert response.status_code == 409
    page = check_page(response)
    assert "first.csv" in page.text
    assert "second.csv" in page.text
    assert "choose it once more" in page.text
    assert at_upload.campaign.patient_list is not None
    assert at_upload.campaign.patient_list.file_name == "first.csv"
    (version,) = re.findall(r'name="version" value="(\w+)"', response.content.decode())
    again = at_upload.answer("upload", file=file("second.csv"), version=version)
    assert goes_to(again, at_upload.address("patients"))
    assert at_upload.campaign.patient_list.file_name == "second.csv"


def test_uploading_again_on_the_page_of_patients_is_guarded_too(at_patients: Wizard) -> None:
    stale = versions(at_patients, "patients")["upload"]
    at_patients.answer("upload", file=file("first.csv"), version=stale)
    assert at_patients.answer("upload", file=file("second.csv"), version=stale).status_code == 409


def test_whom_to_include_is_not_saved_over_another_choice(at_patients: Wizard) -> None:
    stale = versions(at_patients, "patients")["include"]
    assert goes_to(include(at_patients, stale, booked="yes"), at_patients.address("patients"))
    response = include(at_patients, stale, booked="no", within_days="14")
    assert response.status_code == 409
    text = check_page(response).text
    assert "Patients who have already booked Include" in " ".join(text.split())
    assert "Patients who have already booked Leave out" in " ".join(text.split())
    assert at_patients.campaign.include_booked
    assert f'href="{at_patients.address("patients")}"' in response.content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode()))
    at_patients.answer("include", **sent)
    assert (at_patients.campaign.include_booked, at_patients.campaign.booked_within_days) == (False, 14)


def test_continue_agrees_to_what_was_on_the_page_alone(at_patients: Wizard) -> None:
    opened = versions(at_patients, "patients")
    include(at_patients, opened["include"], booked="yes")
    response = at_patients.answer("patients", version=opened["patients"])
    assert "Somebody has changed who can be sent to" in check_page(response).text
    assert not at_patients.campaign.list_agreed
    assert not AuditEvent.objects.filter(action="campaign.list_agreed").exists()
    (now,) = set(re.findall(r'name="version" value="(\w+)"', response.content.decode())) & {
        versions(at_patients, "patients")["patients"]
    }
    assert goes_to(at_patients.answer("patients", version=now), at_patients.address("summary"))


def test_what_columns_mean_is_not_answered_over_another_answer(at_upload: Wizard) -> None:
    at_upload.upload(systmone((*ROWS[0], "Do not text"), (*ROWS[1], ""), header=f"{SYSTMONE_HEADER},Notes"))
    stale = versions(at_upload, "patients")["columns"]
    assert at_upload.answer("answer-columns", **{"question-1": "out"}, version=stale).status_code == 302
    response = at_upload.answer("answer-columns", **{"question-1": "text"}, version=stale)
    assert response.status_code == 409
    text = " ".join(check_page(response).text.split())
    assert "Leave out" in text
    assert "Can be texted" in text
    opened = versions(at_upload, "patients")
    at_upload.answer("answer-columns", **{"question-1": "text"}, version=opened["columns"])
    refused = at_upload.answer("patients", version=opened["patients"])
    assert "Somebody has changed who can be sent to" in check_page(refused).text
