"""Every patient of a batch on a page and in files: in words, chosen, searched, and nobody else's."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.staff.batch import recipients
from booking.staff.patient.history import story
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.results.funnel import funnel
from integrations.messaging.channels import Channel
from integrations.models.outbox import Message, Purpose
from integrations.models.states import CodeState, MessageState
from patients.lists.downloads import PATIENT_HEADERS
from patients.models import Verdict
from practices.models import AuditEvent, Role
from tests.booking.surgery import make_booking
from tests.factories import (
    make_campaign,
    make_coded_entry,
    make_invitation,
    make_message,
    make_recipient,
    make_staff,
)
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Campaign:
    return make_campaign(started=True, rows=0)


@pytest.fixture
def desk(client: Client, batch: Campaign) -> Client:
    client.force_login(batch.created_by)
    return client


def invite(batch: Campaign, name: str, text: str = MessageState.DELIVERED, **fields: Any) -> Invitation:
    assert batch.patient_list is not None
    invitation = make_invitation(batch, make_recipient(batch.patient_list, given_name=name), **fields)
    make_message(invitation, state=text, due_at=None, sent_at=timezone.now())
    return invitation


def of_every_kind(batch: Campaign) -> None:
    """One patient of each state; the name says which."""
    now = timezone.now()
    assert batch.patient_list is not None
    invite(batch, "Delivered")
    invite(batch, "Sent", MessageState.SENT)
    invite(batch, "Failed", MessageState.FAILED)
    invite(batch, "Due", MessageState.DUE)
    invite(batch, "Opened", opened_at=now)
    invite(batch, "Locked", locked_at=now)
    invite(batch, "Expired", expires_at=now - timedelta(hours=1))
    make_booking(invite(batch, "Booked", opened_at=now))
    invite(batch, "Declined", state=InvitationState.DECLINED, opened_at=now)
    make_message(invite(batch, "Reminded"), purpose=Purpose.REMINDER, step=1, state=MessageState.SENT)
    make_coded_entry(invite(batch, "Coded"), state=CodeState.NOT_FILED, due_at=None)
    make_recipient(batch.patient_list, given_name="Waiting")
    make_recipient(
        batch.patient_list, given_name="Cannot", verdict=Verdict.CANNOT, reasons=["mobile_missing"], mobile=""
    )


def names(batch: Campaign, choice: str) -> set[str]:
    return {recipient.given_name for recipient in recipients.chosen(batch, choice)}


def test_each_choice_finds_those_that_it_says(batch: Campaign) -> None:
    of_every_kind(batch)
    assert names(batch, "to-go") == {"Due", "Waiting"}
    assert names(batch, "failed") == {"Failed"}
    assert names(batch, "opened") == {"Opened", "Booked", "Declined"}
    assert names(batch, "booked") == {"Booked"}
    assert names(batch, "declined") == {"Declined"}
    assert names(batch, "reminded") == {"Reminded"}
    assert names(batch, "expired") == {"Expired"}
    assert names(batch, "locked") == {"Locked"}
    assert names(batch, "codes") == {"Coded"}
    assert names(batch, "cannot") == {"Cannot"}


def test_each_choice_counts_as_many_as_it_finds(batch: Campaign) -> None:
    of_every_kind(batch)
    of_every_kind(make_campaign(batch.practice, batch.created_by, started=True, rows=0))
    choices = recipients.choices(batch, funnel(batch))
    assert [choice.value for choice in choices if not choice.count] == []
    assert {choice.value: recipients.chosen(batch, choice.value).count() for choice in choices} == {
        choice.value: choice.count for choice in choices
    }


def test_each_line_says_how_a_patient_stands(batch: Campaign) -> None:
    of_every_kind(batch)
    lines = {line.recipient.given_name: line for line in recipients.every(batch, recipients.chosen(batch, ""))}
    assert lines["Delivered"].texts[0].startswith("Delivered, ")
    assert lines["Delivered"].answer == "No answer yet"
    assert lines["Opened"].link.startswith("Opened, ")
    assert lines["Locked"].link == "Locked after wrong dates of birth"
    assert lines["Booked"].answer.startswith("Booked for ")
    assert lines["Declined"].answer == "Declined"
    assert lines["Expired"].answer == "No answer, link expired"
    assert lines["Reminded"].texts[1].startswith("Reminder: sent")
    assert lines["Coded"].codes == ["Invitation: not in the record: file by hand"]
    assert lines["Waiting"].texts == ["Not sent yet"]
    assert lines["Cannot"].texts[0].startswith("Cannot be sent. ")
    assert lines["Cannot"].invitation is None


@pytest.mark.parametrize(
    ("reached_by", "label"), [("nhsapp", "Read in the NHS App"), ("sms", "Delivered as a text from NHS Notify")]
)
def test_it_is_said_where_nhs_notify_brought_a_message(batch: Campaign, reached_by: str, label: str) -> None:
    invitation = invite(batch, "Ada")
    Message.objects.filter(subject_id=invitation.id).update(way=Channel.NOTIFY, reached_by=reached_by)
    (line,) = recipients.lines(batch, [invitation.recipient])
    assert line.texts[0].startswith(f"{label}, ")
    in_story = f"the invitation: {label[0].lower()}{label[1:]}"
    assert any(in_story in event.said for event in story(invitation, []))


def put_into_the_app(batch: Campaign, **fields: Any) -> tuple[str, list[str]]:
    """What the list and the story say of a patient whose invitation went into the NHS App yesterday."""
    invitation, then = invite(batch, "Ada"), timezone.now() - timedelta(days=1)
    fields = {"sent_at": None, "way": Channel.APP, "in_app_at": then, **fields}
    if fields.pop("was_all", False):
        fields["sent_at"] = then
    Message.objects.filter(subject_id=invitation.id).delete()
    make_message(invitation, **fields)
    (line,) = recipients.lines(batch, [invitation.recipient])
    labels = [event.said for event in story(invitation, [])]
    return line.texts[0], [label for label in labels if label.startswith(("Message", "Text"))]


def test_what_is_said_of_a_message_in_the_nhs_app(batch: Campaign) -> None:
    into = "Message about the invitation: put into the NHS App"
    assert put_into_the_app(batch, state=MessageState.IN_APP) == ("In the NHS App, not read yet", [into])
    read = {"reached_by": "nhsapp", "settled_at": timezone.now(), "was_all": True}
    text, labels = put_into_the_app(batch, state=MessageState.DELIVERED, **read)
    assert text.startswith("Read in the NHS App, ")
    assert labels == ["Message about the invitation: read in the NHS App", into]
    _, labels = put_into_the_app(batch, state=MessageState.NO_NEWS, reason="They have answered.", was_all=True)
    assert set(labels) == {"Message about the invitation: no text follows. They have answered.", into}
    late = {"app_over": timezone.now(), "sent_at": timezone.now()}
    text, labels = put_into_the_app(batch, state=MessageState.SENT, way=Channel.TEXT, **late)
    assert text.startswith("Sent, ")
    assert set(labels) == {
        "Text about the invitation: sent",
        "Message about the invitation: not read in the NHS App, so a text follows",
        into,
    }


def look(desk: Client, batch: Campaign, query: str = "") -> Page:
    return check_page(desk.get(reverse("staff:recipients", args=[batch.id]) + query))


def shown(page: Page) -> list[str]:
    return (
        [text_of(row[0]).removeprefix("Patient").split()[0] for row in page.all("tbody")[0]]
        if page.all("tbody")
        else []
    )


def test_a_page_at_a_time_to_the_end_and_back(desk: Client, batch: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients, "ON_A_PAGE", 2)
    everybody = [invite(batch, f"P{number}").recipient.given_name for number in range(5)]
    seen, query = [], ""
    for _ in range(3):
        page = look(desk, batch, query)
        seen += shown(page)
        links = {text_of(e): e.get("href", "") for e in page.with_class("nhsuk-pagination__link")}
        query = next((href for label, href in links.items() if label.startswith("Next")), "")
    assert seen == everybody
    assert query == ""
    back = next(href for label, href in links.items() if label.startswith("Previous"))
    page = look(desk, batch, back)
    assert shown(page) == everybody[2:4]
    links = {text_of(e): e.get("href", "") for e in page.with_class("nhsuk-pagination__link")}
    page = look(desk, batch, next(href for label, href in links.items() if label.startswith("Previous")))
    assert shown(page) == everybody[:2]
    assert [text_of(e) for e in page.with_class("nhsuk-pagination__link") if text_of(e).startswith("Previous")] == []


@pytest.mark.parametrize(
    "query", ["?after=x", "?after=99999999999999999", "?show=no-such", "?before=-1", "?after=9999"]
)
def test_odd_addresses_do_no_harm(desk: Client, batch: Campaign, query: str) -> None:
    invite(batch, "Ann")
    look(desk, batch, query)


def test_each_row_leads_to_the_whole_story(desk: Client, batch: Campaign) -> None:
    invitation = invite(batch, "Ann")
    hrefs = [e.get("href") for e in look(desk, batch, "?show=delivered").all("a")]
    assert reverse("staff:patient", args=[invitation.id]) in hrefs


@pytest.mark.parametrize("by", ["name", "number"])
def test_a_search_is_posted_and_in_no_address(desk: Client, batch: Campaign, by: str) -> None:
    ann, _ = invite(batch, "Ann"), invite(batch, "Bea")
    term = "ann patel" if by == "name" else ann.recipient.nhs_number
    answer = desk.post(reverse("staff:recipients-search", args=[batch.id]), {"term": term}, follow=True)
    assert shown(check_page(answer)) == ["Ann"]
    assert answer.redirect_chain[-1][0].endswith("?search=on")
    event = AuditEvent.objects.get(action="patients.searched")
    assert event.data == {"campaign_id": str(batch.id)}
    assert shown(look(desk, batch)) == ["Ann", "Bea"]
    assert shown(look(desk, batch, "?search=on&show=booked")) == []
    answer = desk.post(reverse("staff:recipients-search", args=[batch.id]), {"term": "x", "clear": "yes"}, follow=True)
    assert shown(check_page(answer)) == ["Ann", "Bea"]


def test_a_search_that_is_too_long(desk: Client, batch: Campaign) -> None:
    page = check_page(desk.post(reverse("staff:recipients-search", args=[batch.id]), {"term": "x" * 101}))
    assert page.title.startswith("Error: ")


def test_a_look_is_on_record_with_those_who_were_seen(desk: Client, batch: Campaign) -> None:
    seen = {invite(batch, name).recipient_id for name in ("Ann", "Bea")}
    look(desk, batch)
    event = AuditEvent.objects.get(action="patients.looked")
    assert (event.actor, event.batch_id, set(event.patient_ids), event.data) == (batch.created_by, batch.id, seen, {})


def test_many_take_no_more_queries(desk: Client, batch: Campaign) -> None:
    of_every_kind(batch)
    look(desk, batch)
    with CaptureQueriesContext(connection) as few:
        look(desk, batch)
    for _ in range(4):
        of_every_kind(batch)
    with CaptureQueriesContext(connection) as many:
        look(desk, batch)
    assert len(many) == len(few) <= 23


def download(desk: Client, name: str, batch: Campaign) -> list[list[str]]:
    answer = desk.get(reverse(name, args=[batch.id]))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.streaming
    return list(csv.reader(answer.getvalue().decode("utf-8-sig").splitlines()))


def test_the_files(desk: Client, batch: Campaign) -> None:
    of_every_kind(batch)
    everybody = download(desk, "staff:download-all", batch)
    assert len(everybody) == 1 + 13
    assert everybody[0] == ["Row", *PATIENT_HEADERS, "Message", "Link", "Answer", "Codes"]
    not_responded = download(desk, "staff:download-not-responded", batch)
    assert {row[1].split()[0] for row in not_responded[1:]} == names(batch, "no-answer")
    to_phone = download(desk, "staff:download-to-phone", batch)
    assert {row[0].split()[0] for row in to_phone[1:]} == {"Failed", "Locked", "Expired"}
    taken = AuditEvent.objects.filter(action="patients.downloaded", batch_id=batch.id, actor=batch.created_by)
    assert {event.data["file"] for event in taken} == {"all", "not-responded", "to-phone"}


def test_the_older_files_are_on_record_too(desk: Client, batch: Campaign) -> None:
    for name in ("campaigns:cannot-be-sent", "campaigns:follow-up-csv"):
        download(desk, name, batch)
    taken = AuditEvent.objects.filter(action="patients.downloaded", batch_id=batch.id)
    assert {event.data["file"] for event in taken} == {"cannot-be-sent", "follow-up"}


def test_nobody_is_to_be_phoned_twice(batch: Campaign, desk: Client) -> None:
    invite(batch, "Ann", MessageState.FAILED, expires_at=timezone.now() - timedelta(hours=1))
    assert len(download(desk, "staff:download-to-phone", batch)) == 2


def test_a_name_that_a_spreadsheet_would_run(desk: Client, batch: Campaign) -> None:
    invite(batch, "=1+1")
    assert download(desk, "staff:download-all", batch)[1][1] == "'=1+1"


def test_files_come_in_pieces(desk: Client, batch: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients, "_CHUNK", 2)
    for number in range(5):
        invite(batch, f"P{number}")
    assert [row[1] for row in download(desk, "staff:download-all", batch)[1:]] == [f"P{n}" for n in range(5)]


def test_a_viewer_sees_the_page_and_takes_no_file(client: Client, batch: Campaign) -> None:
    invite(batch, "Ann")
    client.force_login(make_staff(batch.practice, Role.VIEWER))
    assert shown(look(client, batch)) == ["Ann"]
    page = check_page(client.get(reverse("campaigns:progress", args=[batch.id])))
    assert "Lists to download" not in page.text
    assert client.get(reverse("staff:download-all", args=[batch.id])).status_code == 403
