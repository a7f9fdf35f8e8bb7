"""The patients of a batch whom staff must reach themselves: on the page, in figures, and as a CSV."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.follow_up import entries as follow_up
from campaigns.follow_up.entries import Kind
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.workspace import follow_up_views
from integrations.messaging.port import NumberFault
from integrations.models.outbox import Purpose
from integrations.models.states import MessageState
from practices.models import Practice, User
from tests.campaigns.wizard import Wizard
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_recipient
from tests.html import Page, text_of

pytestmark = pytest.mark.django_db


OF_THIS_ROOM = [Kind.NOT_DELIVERED, Kind.LOCKED, Kind.ANSWER, Kind.CHECK, Kind.NO_NEWS]
"""The others are about appointments, and come from the room above."""


@pytest.fixture
def batch(practice: Practice, staff: User) -> Campaign:
    """A batch that was sent, without patients so far."""
    return make_campaign(practice, staff, started=True, rows=0)


@pytest.fixture
def at_batch(wizard: Wizard, batch: Campaign) -> Wizard:
    return wizard.of(batch)


def invite(
    batch: Campaign, name: str, text: str, *, message: dict[str, Any] | None = None, **fields: Any
) -> Invitation:
    """One patient more, whose text has come so far."""
    assert batch.patient_list is not None
    recipient = make_recipient(batch.patient_list, given_name=name, family_name="Patel")
    invitation = make_invitation(batch, recipient, **fields)
    make_message(invitation, state=text, **(message or {}))
    return invitation


def lock(invitation: Invitation) -> None:
    """The patient opened the link and mistyped their date of birth five times."""
    invitation.opened_at = invitation.locked_at = timezone.now()
    invitation.date_of_birth_failures = 5
    invitation.save()


def add_each_kind(batch: Campaign) -> None:
    """A patient for every kind of entry, and some who need nobody."""
    invite(batch, "Noor", MessageState.NO_NEWS)
    invite(batch, "Chen", MessageState.CHECK)
    lock(invite(batch, "Lola", MessageState.DELIVERED))
    bad = {"reason": "The mobile number is no longer in use.", "number_fault": NumberFault.BAD}
    invite(batch, "Fay", MessageState.FAILED, message=bad)
    booked = invite(batch, "Bo", MessageState.DELIVERED, state=InvitationState.BOOKED, opened_at=timezone.now())
    make_message(booked, purpose=Purpose.CONFIRMATION, state=MessageState.FAILED)
    for state in MessageState.values:
        invite(batch, "Ola", state, opened_at=timezone.now())
    for state in (MessageState.DUE, MessageState.SENT, MessageState.DELIVERED, MessageState.WITHDRAWN):
        invite(batch, "Una", state)


def rows(page: Page) -> list[list[str]]:
    """The cells of the page's table, without the headings that narrow screens show in them."""
    table_rows = []
    for row in page.rows:
        cells = list(row.iter("td"))
        for cell in cells:
            for heading in [e for e in cell.iter() if "nhsuk-table__heading" in e.get("class", "")]:
                heading.text = ""
            for button in [e for e in cell.iter() if e.tag == "button"]:
                button.clear()
        table_rows.append([text_of(cell) for cell in cells])
    return table_rows


def test_everybody_whom_staff_must_reach_is_there_with_what_to_do(at_batch: Wizard) -> None:
    add_each_kind(at_batch.campaign)
    page = at_batch.see("follow-up")
    by_name = {row[0].split()[0]: row[1:] for row in rows(page)}
    assert by_name == {
        "Fay": [
            "The message did not arrive. The mobile number is no longer in use.",
            "Ask for the right number and correct the patient's record. Contact them in another way.",
        ],
        "Lola": [
            "The link was locked after 5 wrong dates of birth.",
            "Phone the patient. Check the date of birth in their record, and book for them.",
        ],
        "Bo": [
            "The patient has booked. The text that confirms it did not arrive.",
            "Tell them the day and time of their appointment.",
        ],
        "Chen": [
            "We could not find out whether this message went.",
            "Ask the patient whether they got it, or contact them in another way.",
        ],
        "Noor": [
            "The message went. After 3 days nobody has told us whether it arrived.",
            "If the patient does not answer, contact them in another way.",
        ],
    }
    assert list(by_name) == ["Fay", "Lola", "Bo", "Chen", "Noor"]
    patient = Invitation.objects.get(recipient__given_name="Fay").recipient
    first = rows(page)[0][0].replace("\u00a0", "").replace(" ", "")
    assert first == f"FayPatelNHSnumber{patient.nhs_number}Mobile0{patient.mobile.removeprefix('+44')}"


def test_the_figures_of_the_progress_page_lead_to_their_patients(at_batch: Wizard) -> None:
    add_each_kind(at_batch.campaign)
    assert follow_up.counts_of(at_batch.campaign) == dict.fromkeys(OF_THIS_ROOM, 1)
    links = {text_of(link): link.get("href", "") for link in at_batch.see("progress").all("a")}
    for kind in OF_THIS_ROOM:
        label = follow_up.LABELS[kind]
        assert links[label] == f"{at_batch.address('follow-up')}?show={kind}"
        page = at_batch.see("follow-up", f"?show={kind}")
        assert len(rows(page)) == 1
        (option,) = [e for e in page.all("option") if "selected" in e.attrib]
        assert text_of(option) == f"{label} (1)"


@pytest.mark.parametrize(
    ("fault", "to_do"),
    [
        (NumberFault.NONE, "Contact them in another way."),
        (NumberFault.STOPPED, "They want no texts. Contact them in another way."),
    ],
)
def test_what_to_do_depends_on_why_it_failed(at_batch: Wizard, fault: str, to_do: str) -> None:
    invite(at_batch.campaign, "Fay", MessageState.FAILED, message={"number_fault": fault})
    (row,) = rows(at_batch.see("follow-up"))
    assert row[1:] == ["The message did not arrive.", to_do]


def test_a_failed_booking_that_nobody_told_of_matters_until_the_patient_has_booked(at_batch: Wizard) -> None:
    opened: dict[str, Any] = {"opened_at": timezone.now()}
    waiting = invite(at_batch.campaign, "Wes", MessageState.DELIVERED, **opened)
    booked = invite(at_batch.campaign, "Bo", MessageState.DELIVERED, state=InvitationState.BOOKED, **opened)
    for invitation in (waiting, booked):
        make_message(invitation, purpose=Purpose.NOT_BOOKED, state=MessageState.CHECK)
    make_message(booked, purpose=Purpose.CONFIRMATION, step=1, state=MessageState.DELIVERED)
    (row,) = rows(at_batch.see("follow-up"))
    assert row[0].startswith("Wes")
    assert row[1] == "The patient's booking did not go through. The text that says so may not have arrived."


def test_a_move_that_failed_matters_though_the_patient_has_an_appointment(at_batch: Wizard) -> None:
    opened: dict[str, Any] = {"opened_at": timezone.now()}
    moved = invite(at_batch.campaign, "Mo", MessageState.DELIVERED, state=InvitationState.BOOKED, **opened)
    make_message(moved, purpose=Purpose.CONFIRMATION, state=MessageState.DELIVERED)
    make_message(moved, purpose=Purpose.NOT_BOOKED, step=1, state=MessageState.FAILED)
    (row,) = rows(at_batch.see("follow-up"))
    assert row[0].startswith("Mo")


@pytest.mark.parametrize(
    ("purpose", "happened", "to_do"),
    [
        (Purpose.CANCELLATION, "The patient's appointment is cancelled.", "Tell them that it is cancelled."),
        (Purpose.NOT_CANCELLED, "could not be cancelled for them.", "Cancel it in your book, then tell them."),
        (Purpose.MORE_TIMES, "The patient asked to hear of more times.", "Phone them and offer them a time."),
        (Purpose.NEW_LINK, "The patient asked for a new link.", "Phone them and offer them a time."),
    ],
)
def test_every_answer_that_did_not_arrive_says_what_to_do(
    at_batch: Wizard, purpose: Purpose, happened: str, to_do: str
) -> None:
    invitation = invite(at_batch.campaign, "Cy", MessageState.DELIVERED, opened_at=timezone.now())
    make_message(invitation, purpose=purpose, state=MessageState.FAILED)
    (row,) = rows(at_batch.see("follow-up"))
    assert happened in row[1]
    assert "did not arrive" in row[1]
    assert row[2] == to_do


def test_of_an_invitation_that_was_sent_again_the_last_text_counts(at_batch: Wizard) -> None:
    arrived = invite(at_batch.campaign, "Ann", MessageState.FAILED)
    make_message(arrived, purpose=Purpose.RESENT, state=MessageState.DELIVERED)
    failed = invite(at_batch.campaign, "Ben", MessageState.NO_NEWS)
    make_message(failed, purpose=Purpose.RESENT, state=MessageState.FAILED)
    (row,) = rows(at_batch.see("follow-up"))
    assert row[0].startswith("Ben")
    assert row[1] == "The message did not arrive."


def test_each_entry_leads_to_its_patient(at_batch: Wizard) -> None:
    invitation = invite(at_batch.campaign, "Fay", MessageState.FAILED)
    (link,) = [e for e in at_batch.see("follow-up").all("a") if "Fay" in text_of(e)]
    assert link.get("href") == f"/patients/{invitation.id}/"


def test_nobody_to_follow_up(at_batch: Wizard) -> None:
    invite(at_batch.campaign, "Una", MessageState.DELIVERED)
    page = at_batch.see("follow-up")
    assert "There is nobody to follow up now." in page.text
    assert not page.all("table", "select")
    assert "Nothing needs you now." in at_batch.see("progress").text


@pytest.mark.parametrize("query", ["?show=everything", "?show=&page=99", "?page=none"])
def test_an_address_that_asks_for_what_is_not_there_shows_all(at_batch: Wizard, query: str) -> None:
    invite(at_batch.campaign, "Chen", MessageState.CHECK)
    assert len(rows(at_batch.see("follow-up", query))) == 1


def test_a_kind_that_has_become_empty_says_so(at_batch: Wizard) -> None:
    invite(at_batch.campaign, "Chen", MessageState.CHECK)
    page = at_batch.see("follow-up", "?show=locked")
    assert "0 patients." in page.text
    assert rows(page) == []


def test_many_patients_come_in_pages_and_take_no_more_queries(
    at_batch: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_up_views, "PATIENTS_ON_A_PAGE", 2)
    for name in ("Ava", "Ben"):
        invite(at_batch.campaign, name, MessageState.FAILED)
    at_batch.see("follow-up")
    with CaptureQueriesContext(
        connection,
    ) as few:
        at_batch.see("follow-up")
    for name in ("Cal", "Dee", "Eve"):
        invite(at_batch.campaign, name, MessageState.CHECK)
    with CaptureQueriesContext(connection) as many:
        assert len(rows(at_batch.see("follow-up"))) == 2
    assert len(many) == len(few)
    assert follow_up.counts_of(at_batch.campaign) == {Kind.NOT_DELIVERED: 2, Kind.CHECK: 3}
    last = at_batch.see("follow-up", "?page=3")
    assert "5 patients, page 3 of 3." in last.text
    assert [row[0].split()[0] for row in rows(last)] == ["Eve"]


def read(at_batch: Wizard, query: str = "") -> list[dict[str, str]]:
    response = at_batch.client.get(at_batch.address("follow-up-csv") + query)
    assert response.headers["Content-Disposition"] == 'attachment; filename="follow-up.csv"'
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_list_can_be_downloaded(at_batch: Wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_up, "_CHUNK", 2)
    add_each_kind(at_batch.campaign)
    records = read(at_batch)
    assert [row["First name"] for row in records] == ["Fay", "Lola", "Bo", "Chen", "Noor"]
    patient = Invitation.objects.get(recipient__given_name="Fay").recipient
    number, mobile = patient.nhs_number, patient.mobile
    assert records[0] == {
        "First name": "Fay",
        "Surname": "Patel",
        "NHS number": f"{number[:3]} {number[3:6]} {number[6:]}",
        "Mobile": f"0{mobile[3:7]} {mobile[7:]}",
        "Date of birth": "09/03/1958",
        "What happened": "The message did not arrive. The mobile number is no longer in use.",
        "What to do": "Ask for the right number and correct the patient's record. Contact them in another way.",
    }
    assert [row["First name"] for row in read(at_batch, "?show=locked")] == ["Lola"]


def test_a_name_is_no_formula_in_the_download(at_batch: Wizard) -> None:
    invite(at_batch.campaign, "=HYPERLINK(1)", MessageState.FAILED)
    assert read(at_batch)[0]["First name"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("address", ["follow-up", "follow-up-csv"])
def test_another_practices_list_is_not_there(client: Client, address: str, wizard: Wizard) -> None:
    other = make_campaign(make_practice(), started=True)
    assert client.get(wizard.of(other).address(address)).status_code == 404


@pytest.mark.parametrize("address", ["follow-up", "follow-up-csv"])
def test_a_draft_has_no_such_list(wizard: Wizard, practice: Practice, address: str) -> None:
    wizard.of(make_campaign(practice, wizard.staff))
    assert wizard.client.get(wizard.address(address)).status_code == 404
