"""The last steps: upload, who can be sent to, the summary, Send."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from campaigns.models import CampaignState, CodeKind, SnomedCode
from integrations.sandbox.server import SandboxServer
from patients import lookups
from patients.models import ListState, PatientList, Recipient, Verdict
from practices.models import Practice
from tests.campaigns.wizard import Wizard, errors, goes_to, name_the_first
from tests.connected import connect
from tests.factories import make_campaign, make_practice, make_recipient, make_staff
from tests.html import words
from tests.patients.files import emis

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_upload(wizard: Wizard, practice: Practice) -> Wizard:
    return wizard.of(make_campaign(practice, wizard.staff, patient_list=None, list_agreed=False))


@pytest.fixture
def at_patients(at_upload: Wizard) -> Wizard:
    assert goes_to(at_upload.upload(), at_upload.address("patients"))
    return at_upload


@pytest.fixture
def at_summary(wizard: Wizard, connected: Practice) -> Wizard:
    return wizard.of(make_campaign(connected, wizard.staff, rows=2))


def patient_list(wizard: Wizard) -> PatientList:
    found = wizard.campaign.patient_list
    assert found is not None
    return found


# Upload


def test_the_page_names_the_columns_of_systmone(at_upload: Wizard) -> None:
    text = at_upload.see("upload").text
    for column in ("NHS Number", "Telecom Number", "Date of Birth", "Patient Name"):
        assert column in text
    assert "these columns" in text
    assert "lets texts begin with the patient's name" in text


def test_the_page_names_the_one_column_of_emis(client: Client) -> None:
    practice = make_practice(clinical_system="emis")
    staff = make_staff(practice)
    client.force_login(staff)
    text = Wizard(client, staff).of(make_campaign(practice, staff)).see("upload").text
    assert "this column" in text
    assert "Telecom Number" not in text
    assert "We look up each patient's mobile number, date of birth and name in EMIS" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The selected file is empty"),
        (b"NHS Number,Telecom Number,Date of Birth\r\n", "headings but no patients"),
        (b"NHS Number,Date of Birth\r\n9990000018,09/03/1958\r\n", "must have a column called Telecom Number"),
        (b"Colour,Size\r\nred,4\r\n", "could not find a row of headings"),
        (b"%PDF-1.7 made up", "must be a CSV"),
        (b"PK\x03\x04" + b"\0" * 40, "must be a CSV"),
    ],
    ids=["empty", "header only", "missing column", "no header", "a PDF", "a zip"],
)
def test_a_file_that_cannot_be_used_says_what_to_do(at_upload: Wizard, content: bytes, said: str) -> None:
    assert said in errors(at_upload.upload(content))
    assert at_upload.campaign.patient_list is None
    assert not PatientList.objects.exists()


def test_no_file(at_upload: Wizard) -> None:
    assert "Choose a CSV file" in errors(at_upload.answer("upload"))


def test_a_file_that_is_too_big(at_upload: Wizard, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    assert "must be smaller than" in errors(at_upload.upload(b"NHS Number\r\n" * 100))


def test_uploading_again_replaces_the_list(at_patients: Wizard) -> None:
    former = patient_list(at_patients).id
    assert "You have uploaded patients.csv" in at_patients.see("upload").text
    at_patients.upload(name="newer.csv")
    assert patient_list(at_patients).file_name == "newer.csv"
    assert not PatientList.objects.filter(id=former).exists()


# Who can be sent to


def test_both_lists_are_shown_with_reasons(at_patients: Wizard) -> None:
    page = at_patients.see("patients")
    assert "patients.csv: 3 rows" in page.text
    assert [words(heading) for heading in page.all("h2")] == ["Why some cannot be sent", "Cannot be sent"]
    (row,) = page.all("tbody")
    assert "999 000 0034" in words(row)
    assert "07700" not in words(row)
    can = words(at_patients.see("patients", "?show=can").all("tbody")[0])
    assert "07700 900 123" in can
    assert "9 March 1958" in can
    assert "999 000 0034" not in can


def test_the_download_has_those_who_cannot_be_sent_to(at_patients: Wizard) -> None:
    response = at_patients.client.get(at_patients.address("cannot-be-sent"))
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="cannot-be-sent.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined] # a streaming response
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["Row"], row["NHS Number"]) == ("4", "9990000034")
    assert row["Reason"]
    assert row["What to do"]


def test_no_list_no_download(at_upload: Wizard) -> None:
    assert at_upload.client.get(at_upload.address("cannot-be-sent")).status_code == 404


def test_long_lists_have_pages(wizard: Wizard, practice: Practice) -> None:
    wizard.of(make_campaign(practice, wizard.staff, rows=120))
    assert "page=2" in str([link.get("href") for link in wizard.see("patients").all("a")])
    links = [link.get("href") for link in wizard.see("patients", "?show=can&page=2").all("a")]
    assert "?show=can&page=1" in links
    assert "?show=can&page=3" in links
    for odd in ("?page=nonsense", "?page=99", "?page=-1", "?show=nonsense", "?show=cannot"):
        wizard.see("patients", odd)


def test_a_list_with_nobody_cannot_go_on(at_upload: Wizard) -> None:
    at_upload.upload(b"NHS Number,Telecom Number,Date of Birth\r\n1,07700900123,09/03/1958\r\n")
    assert "Nobody on this list can be sent a text" in at_upload.see("patients").text
    assert "Nobody on this list can be sent a text" in errors(at_upload.answer("patients"))
    assert not at_upload.campaign.list_agreed


def test_markup_in_a_file_is_shown_as_text(at_upload: Wizard) -> None:
    at_upload.upload(b"NHS Number,Telecom Number,Date of Birth\r\n<b>1</b>,x,y\r\n", name="<i>a.csv")
    html = at_upload.client.get(at_upload.address("patients")).content
    assert b"<b>1" not in html
    assert b"&lt;b&gt;1&lt;/b&gt;" in html
    assert b"<i>a.csv" not in html


# Looking up, for EMIS


@pytest.mark.django_db(transaction=True)
def test_an_emis_list_is_looked_up_while_staff_watch(client: Client, sandbox: SandboxServer) -> None:
    practice = make_practice(clinical_system="emis")
    staff = make_staff(practice)
    connect(practice, sandbox)
    person = {"ods": practice.ods_code, "given": "Asha", "family": "Patel", "dob": "1958-03-09"}
    sandbox.control("seed", {"patients": [{**person, "nhs_number": "9990000018", "mobile": "07700900123"}]})
    client.force_login(staff)
    wizard = Wizard(client, staff).of(make_campaign(practice, staff, patient_list=None, list_agreed=False))
    wizard.upload(emis("9990000018", "9990000026", "1"))
    page = wizard.see("patients")
    assert "1 of 3 patients looked up in EMIS" in page.text
    assert "your batch is kept as a draft" in page.text
    assert wizard.answer("patients").status_code == 200
    assert goes_to(client.get(wizard.address("summary")), wizard.address("patients"))
    lookups.look_up_pending(patient_list_id=patient_list(wizard).id)
    assert Recipient.objects.get(verdict=Verdict.CAN).nhs_number == "9990000018"
    assert "Can be sent" in wizard.see("patients").text
    assert goes_to(wizard.answer("patients"), wizard.address("summary"))


def test_a_paused_look_up_says_why(wizard: Wizard, practice: Practice) -> None:
    wizard.of(make_campaign(practice, wizard.staff, list_agreed=False))
    PatientList.objects.update(
        state=ListState.LOOKING_UP, paused_reason="unreachable", look_up_at=wizard.campaign.created_at
    )
    assert "We cannot reach EMIS. We are trying again by ourselves." in wizard.see("patients").text


# Summary and Send


def test_the_summary_says_everything(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    page = at_summary.see("summary")
    for said in (
        "2 patients will get a text. 0 rows cannot be sent.",
        "Flu clinic (3 free slots)",
        "Dear Asha, Example Surgery invites you to book your appointment: http",
        "1 fragment with the longest name, 2 fragments at most in all",
        "Short message service text message sent to patient (711408005)",
        batch.decline_message,
        "Seasonal influenza vaccination declined (822931000000100)",
        "Links work for 7 days",
        "Sending cannot be undone",
    ):
        assert said in page.text
    links = [link.get("href") for link in page.all("a")]
    for step in ("patients", "slot-type", "message", "decline"):
        assert at_summary.address(step) in links
    assert "More invitations than slots" not in page.text


def test_more_invitations_than_slots_is_a_warning_that_stops_nobody(at_summary: Wizard) -> None:
    for _ in range(2):
        make_recipient(patient_list(at_summary))
    page = at_summary.see("summary")
    assert "More invitations than slots" in page.text
    assert "You are inviting 4 patients to 3 free slots" in page.text
    assert goes_to(at_summary.answer("summary"), at_summary.address("progress"))


def test_the_summary_stands_while_the_clinical_system_is_down(at_summary: Wizard, sandbox: SandboxServer) -> None:
    sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    page = at_summary.see("summary")
    assert "free slot" not in page.text
    assert goes_to(at_summary.answer("summary"), at_summary.address("progress"))


def test_staff_are_told_of_a_code_that_emis_will_not_keep(client: Client) -> None:
    practice = make_practice(clinical_system="emis")
    staff = make_staff(practice)
    client.force_login(staff)
    wizard = Wizard(client, staff).of(make_campaign(practice, staff))
    assert "EMIS keeps no code" not in wizard.see("summary").text
    SnomedCode.objects.filter(kind=CodeKind.DECLINE).update(emis_code="")
    assert "none is set for “Seasonal influenza vaccination declined”" in wizard.see("summary").text


def test_send_says_why_not(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    batch.message = "{name} {link} " + "a" * 240
    batch.save()
    name_the_first(batch, "Bartholomew" * 3)
    assert "With the longest name on your list" in errors(at_summary.answer("summary"))
    assert at_summary.campaign.is_draft


def test_send_twice_sends_once(at_summary: Wizard) -> None:
    first = at_summary.answer("summary")
    colleague = make_staff(at_summary.campaign.practice)
    other = Client()
    other.force_login(colleague)
    second = Wizard(other, colleague).of(at_summary.campaign).answer("summary")
    for response in (first, second, at_summary.answer("summary")):
        assert goes_to(response, at_summary.address("progress"))
    batch = at_summary.campaign
    assert (batch.state, batch.started_by) == (CampaignState.STARTING, at_summary.staff)


@pytest.mark.parametrize("step", ["patients", "upload", "message", "summary"])
def test_looking_sends_nothing(at_summary: Wizard, step: str) -> None:
    at_summary.see(step)
    assert at_summary.campaign.is_draft


def test_forms_need_their_token(at_summary: Wizard, practice: Practice) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(at_summary.staff)
    response: Any = strict.post(at_summary.address("summary"))
    assert response.status_code == 403
    assert at_summary.campaign.is_draft
