"""Who can be sent to: figures, first rows, choices, the same file again, the download, and going on."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from integrations.sandbox.server import SandboxServer
from patients.models import ListState, PatientList, Recipient, Verdict
from patients.records import lookups
from practices.models import Practice
from tests.campaigns.lists import HEADER, PEOPLE, hrefs, list_of, row_numbers
from tests.campaigns.wizard import ROWS, Wizard, errors, goes_to
from tests.connected import connect
from tests.factories import make_campaign, make_invitation, make_practice, make_staff, nhs_number
from tests.html import text_of
from tests.patients.list_files import emis, systmone

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(at_upload: Wizard) -> Wizard:
    """A list with a fault, a tidied cell and names in it."""
    at_upload.upload(systmone(*PEOPLE, header=HEADER))
    return at_upload


def test_the_figures_lead_to_their_rows(people: Wizard) -> None:
    page = people.see("patients")
    assert "patients.csv: 5 rows" in page.text
    figures = dict(zip(map(text_of, page.all("dt")), map(text_of, page.all("dd")), strict=True))
    assert figures["Can be sent"] == "3"
    assert figures["Cannot be sent"] == "2"
    assert figures["Landline number"] == "1"
    assert figures["No mobile number"] == "1"
    rows = people.address("patient-rows")
    for show in ("can", "cannot", "reason-mobile_landline", "reason-mobile_missing", "tidied-mobile_zero"):
        assert f"{rows}?show={show}" in hrefs(page)


def test_the_first_rows_are_shown_as_written_and_as_read(people: Wizard) -> None:
    page = people.see("patients")
    assert (row_numbers(page, 0), row_numbers(page, 1)) == (["5", "6"], ["2", "3", "4"])
    cannot, can, *_ = map(text_of, page.all("tbody"))
    assert "Telecom number 01134960000" in cannot
    assert "This is a landline" in cannot
    assert "Phone this patient, or add a mobile number." in cannot
    assert "Telecom number Empty" in cannot
    assert "Telecom number 7700900125" in can
    assert "Mobile 07700 900 125" in can
    assert "We put back the 0" in can
    assert "Born 9 March 1958" in can


def test_names_that_texts_change_or_leave_out_are_told(at_upload: Wizard) -> None:
    names = ["Paweł", "Paweł", "Mrs", "", "علي", "Grey (Deceased)"]
    rows = [(nhs_number(place), f"077009001{place:02}", "09/03/1958", name) for place, name in enumerate(names, 10)]
    at_upload.upload(systmone(*rows, header="NHS number,Telecom number,Date of birth,First name"))
    Campaign.objects.update(message="Dear {name}, " + "you can book. " * 15 + "{link}")
    page = at_upload.see("patients")
    assert "Pawel for Paweł: 2 patients" in page.text
    assert "such as \u201cDear patient\u201d" in page.text
    figures = dict(zip(map(text_of, page.all("dt")), map(text_of, page.all("dd")), strict=True))
    assert figures["The first name is only a title, an initial or the surname"] == "1"
    assert figures["There is no first name in your file"] == "1"
    assert figures["The letters of the name would make this message too long"] == "1"
    assert figures["Name says deceased"] == "1"
    assert "First name, column D: The name has \u201cDeceased\u201d in it" in page.text
    assert "where its own letters would cost more: Pawel." in page.text
    rows_at = at_upload.address("patient-rows")
    assert f"{rows_at}?show=nameless-" in hrefs(page)
    assert row_numbers(at_upload.see("patient-rows", "?show=nameless-name_not_given")) == ["4"]


def test_only_those_who_need_it_are_to_be_contacted(at_upload: Wizard) -> None:
    at_upload.upload(systmone(*ROWS, ROWS[0]))
    assert "1 patient still needs to hear from you" in at_upload.see("patients").text
    at_upload.upload(systmone(ROWS[0], ROWS[0]))
    assert "You do not need to contact any of them" in at_upload.see("patients").text


def test_patients_who_share_a_phone_are_told_and_allowed(at_upload: Wizard) -> None:
    """Each gets a link of their own (lists#shared-phones)."""
    shared = [(number, "07700900123", "09/03/1958") for number in ("9990000018", "9990000026", "9990000034")]
    at_upload.upload(systmone(*shared, ("9990000042", "07700900124", "09/03/1958")))
    page = at_upload.see("patients")
    assert "1 phone is shared by two or more patients. Each patient gets their own message and link." in page.text
    assert f"{at_upload.address('patient-rows')}?show=shared" in hrefs(page)
    assert row_numbers(at_upload.see("patient-rows", "?show=shared")) == ["2", "3", "4"]
    assert goes_to(at_upload.answer("patients"), at_upload.address("summary"))


def test_the_file_can_be_uploaded_again_in_place(people: Wizard) -> None:
    page = people.see("patients")
    (form,) = [form for form in page.all("form") if any(e.get("type") == "file" for e in form.iter())]
    assert form.get("action") == people.address("upload")


def test_the_download_has_those_who_cannot_be_sent_to(at_patients: Wizard) -> None:
    response = at_patients.client.get(at_patients.address("cannot-be-sent"))
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="cannot-be-sent.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined] # a streaming response
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["Row"], row["NHS Number"]) == ("4", "999 000 0034")
    assert row["Reason"]
    assert row["What to do"]


def test_no_list_no_download(at_upload: Wizard) -> None:
    assert at_upload.client.get(at_upload.address("cannot-be-sent")).status_code == 404


def test_a_list_with_nobody_cannot_go_on(at_upload: Wizard) -> None:
    at_upload.upload(b"NHS Number,Telecom Number,Date of Birth\r\n1,07700900123,09/03/1958\r\n")
    assert "Nobody on this list can be sent a text" in at_upload.see("patients").text
    assert "Nobody on this list can be sent a text" in errors(at_upload.answer("patients"))
    assert not at_upload.campaign.list_agreed


def test_markup_in_a_file_is_shown_as_text(at_upload: Wizard) -> None:
    """Tags and template signs alike (lists#names)."""
    at_upload.upload(b"NHS Number,Telecom Number,Date of Birth\r\n<b>1</b>,{{7*7}},y\r\n")
    html = at_upload.client.get(at_upload.address("patients")).content
    assert b"<b>1" not in html
    assert b"&lt;b&gt;1&lt;/b&gt;" in html
    assert b"{{7*7}}" in html


# The same file again


def test_the_same_file_today_needs_a_choice_made_on_purpose(people: Wizard, practice: Practice) -> None:
    """By a colleague, under another name, and for another batch."""
    colleague = make_staff(practice, given_name="Lin", family_name="Chen")
    other = Client()
    other.force_login(colleague)
    second = Wizard(other, colleague).of(make_campaign(practice, colleague, patient_list=None, list_agreed=False))
    second.upload(systmone(*PEOPLE, header=HEADER), "copy.csv")
    page = second.see("patients")
    assert "This file was used today" in page.text
    assert "by Ada Okafor, as patients.csv, for Flu clinic" in page.text
    assert "(draft, not sent)" in page.text
    assert reverse("campaigns:batch", args=[people.id]) in hrefs(page)
    assert "Tick the box if you want to use this file again" in errors(second.answer("patients"))
    assert not second.campaign.list_agreed
    assert goes_to(second.answer("patients", same_file="on"), second.address("summary"))
    assert second.campaign.list_agreed


def test_another_practices_same_file_is_not_told(people: Wizard) -> None:
    practice = make_practice(clinical_system="systmone")
    staff = make_staff(practice)
    people.client.force_login(staff)
    other = Wizard(people.client, staff).of(make_campaign(practice, staff, patient_list=None, list_agreed=False))
    other.upload(systmone(*PEOPLE, header=HEADER))
    assert "This file was used today" not in other.see("patients").text
    assert goes_to(other.answer("patients"), other.address("summary"))


# Already invited


@pytest.fixture
def invited_before(people: Wizard, practice: Practice) -> Wizard:
    """One of the list's patients has an open invitation from another batch."""
    batch = make_campaign(practice, people.staff, started=True)
    assert batch.patient_list is not None
    first = batch.patient_list.recipients.get()
    first.nhs_number = PEOPLE[0][0]
    first.save()
    make_invitation(batch, first)
    people.upload(systmone(*PEOPLE, header=HEADER))
    return people


def test_those_already_invited_are_left_out_until_staff_include_them(invited_before: Wizard) -> None:
    """The choice can be taken back (contact#already-invited)."""
    page = invited_before.see("patients")
    assert "Patients who are already invited (1)" in page.text
    assert "Patients who have already booked" not in page.text
    assert list_of(invited_before).recipients.can().count() == 2
    assert goes_to(invited_before.answer("include", invited="yes"), invited_before.address("patients"))
    assert list_of(invited_before).recipients.can().count() == 3
    page = invited_before.see("patients")
    assert "Your choice is saved" in page.text
    (chosen,) = [e for e in page.all("input") if e.get("name") == "invited" and "checked" in e.attrib]
    assert chosen.get("value") == "yes"
    invited_before.answer("include", invited="no")
    assert list_of(invited_before).recipients.can().count() == 2


def test_a_choice_that_is_none_is_asked_again(invited_before: Wizard) -> None:
    assert "Choose whether to leave these patients out" in errors(invited_before.answer("include"))
    assert not Campaign.objects.filter(include_invited=True).exists()


# Looking up


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
    assert "1 of 3 rows done. We look up each patient in EMIS." in page.text
    assert "your batch is kept as a draft" in page.text
    assert wizard.answer("patients").status_code == 200
    for step in ("patient-rows", "summary"):
        assert goes_to(client.get(wizard.address(step)), wizard.address("patients"))
    assert goes_to(wizard.answer("include", invited="yes"), wizard.address("patients"))
    lookups.look_up_pending(patient_list_id=list_of(wizard).id)
    assert Recipient.objects.get(verdict=Verdict.CAN).nhs_number == "9990000018"
    assert "Mobile 07700 900 123" in wizard.see("patients").text
    assert goes_to(wizard.answer("patients"), wizard.address("summary"))


@pytest.mark.parametrize(("system", "name"), [("emis", "EMIS"), ("systmone", "SystmOne")])
def test_a_paused_look_up_says_why(wizard: Wizard, practice: Practice, system: str, name: str) -> None:
    wizard.of(make_campaign(practice, wizard.staff, list_agreed=False))
    PatientList.objects.update(
        system=system, state=ListState.LOOKING_UP, paused_reason="unreachable", look_up_at=wizard.campaign.created_at
    )
    text = wizard.see("patients").text
    assert f"We cannot reach {name}. We are trying again by ourselves." in text
    assert f"We look up each patient in {name}" in text


@pytest.mark.parametrize(("step", "answers"), [("patients", {}), ("include", {"invited": "yes", "booked": "yes"})])
def test_what_is_answered_about_a_former_list_is_not_taken_for_the_new_one(
    at_upload: Wizard, step: str, answers: dict[str, str]
) -> None:
    at_upload.upload()
    inputs = at_upload.see("patients").all("input")
    seen = next(field.get("value") for field in inputs if field.get("name") == "list")
    at_upload.upload(systmone(*ROWS[:1]))
    assert "Another list has been uploaded" in errors(at_upload.answer(step, list=seen, **answers))
    assert not at_upload.campaign.list_agreed
    assert not at_upload.campaign.include_invited


def test_a_duplicate_of_a_row_that_is_held_back_is_not_said_to_be_in_use(at_upload: Wizard) -> None:
    at_upload.upload(systmone(ROWS[0], ROWS[0], ("9990000018", "07700900199", "09/03/1958")))
    text = at_upload.see("patients").text
    assert "Nobody on this list can be sent a text" in text
    assert "We go by that row and leave this one out" in text
