"""A real link that is of no more use says so at once: what happened, what to do, and nothing about anybody."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, Invitation, InvitationState
from integrations.links import token_for
from tests.booking.surgery import BORN, Patient, boxes
from tests.factories import make_campaign, make_invitation, make_practice, make_recipient
from tests.html import Page, check_page
from tests.tab import Tab

pytestmark = pytest.mark.django_db

DEAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "expired": ({"expires_at": timezone.now() - timedelta(seconds=1)}, "This link has expired", "To book"),
    "locked": ({"locked_at": timezone.now(), "date_of_birth_failures": 5}, "This link is locked", "unlock"),
    "withdrawn": ({"state": InvitationState.WITHDRAWN}, "This link has been withdrawn", "If you have questions"),
    "declined": ({"state": InvitationState.DECLINED}, "This link has already been used", "changed your mind"),
}
PAGES = ["/b/", "/b/date-of-birth/", "/b/times/", "/b/check/", "/b/done/", "/b/decline/"]


@pytest.fixture
def campaign() -> Campaign:
    practice = make_practice(name="Quay Street Surgery", phone="01632 960123")
    return make_campaign(practice, started=True, rows=0, slot_type="Smear clinic")


def invite(campaign: Campaign, **fields: Any) -> Invitation:
    assert campaign.patient_list is not None
    return make_invitation(campaign, make_recipient(campaign.patient_list), **fields)


def other_person(campaign: Campaign, **fields: Any) -> Invitation:
    """Somebody who has nothing in common with the first but the practice."""
    assert campaign.patient_list is not None
    details = {"given_name": "Zoë", "family_name": "Quill", "date_of_birth": date(1991, 12, 30)}
    return make_invitation(campaign, make_recipient(campaign.patient_list, **details), **fields)


@pytest.mark.hazard("H-13.1")
@pytest.mark.parametrize("kind", DEAD)
def test_it_says_what_happened_and_what_to_do_and_whom_to_phone(campaign: Campaign, kind: str) -> None:
    fields, heading, remedy = DEAD[kind]

    answer = Tab().get(f"/i/{token_for(invite(campaign, **fields).id)}")

    assert answer.status_code == 410
    page = check_page(answer)
    assert page.title.startswith(heading)
    for phrase in (remedy, "Quay Street Surgery", "01632 960123"):
        assert phrase in page.text
    assert any(link.get("href") == "tel:+441632960123" for link in page.all("a"))


@pytest.mark.parametrize("kind", DEAD)
def test_it_is_the_same_whoever_the_patient_is(campaign: Campaign, kind: str) -> None:
    fields, _, _ = DEAD[kind]
    first, two = invite(campaign, **fields), other_person(campaign, **fields)

    answers = [Tab().get(f"/i/{token_for(invitation.id)}") for invitation in (first, two)]

    assert answers[0].content == answers[1].content
    assert b"mear" not in answers[0].content


def test_a_link_that_led_to_a_booking_says_the_same_whoever_the_patient_is(campaign: Campaign) -> None:
    """What it says of the appointment comes after the date of birth."""
    pages = []
    for invitation in (
        invite(campaign, state=InvitationState.BOOKED),
        other_person(campaign, state=InvitationState.BOOKED),
    ):
        patient = Patient(invitation, Tab())
        patient.open_link()
        pages.append(check_page(patient.client.get("/b/date-of-birth/")).text)

    assert pages[0] == pages[1]
    assert "Quay Street Surgery" in pages[0]


@pytest.mark.parametrize("kind", DEAD)
def test_it_leads_to_the_page_that_stops_texts_and_asks_for_nothing(campaign: Campaign, kind: str) -> None:
    fields, _, _ = DEAD[kind]

    client, invitation = Tab(), invite(campaign, **fields)
    answer = client.get(f"/i/{token_for(invitation.id)}")

    assert any(link.get("href") == "/b/stop-texts/" for link in check_page(answer).all("a"))
    assert client.get("/b/stop-texts/").status_code == 200
    assert token_for(invitation.id) not in answer.cookies["visit"].value
    assert not check_page(answer).all("form", "input", "button")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert not _previews(check_page(answer))


def _previews(page: Page) -> list[str]:
    """What message apps show of a page before it is opened: there must be nothing to show."""
    names = [meta.get("property") or meta.get("name") or "" for meta in page.all("meta")]
    return [name for name in names if name.startswith(("og:", "twitter:", "description"))]


def test_nor_does_a_live_link_give_a_preview(campaign: Campaign, client: Client) -> None:
    answer = Patient(invite(campaign), client).open_link()

    assert answer.content == b""
    assert not _previews(check_page(client.get("/b/")))


@pytest.mark.parametrize("kind", DEAD)
def test_nothing_is_written_however_often_it_is_opened(campaign: Campaign, kind: str) -> None:
    fields, _, _ = DEAD[kind]
    invitation = invite(campaign, **fields)

    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            Tab().get(f"/i/{token_for(invitation.id)}")
            Tab().head(f"/i/{token_for(invitation.id)}")

    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("kind", [kind for kind in DEAD if kind != "declined"])
def test_a_visit_that_had_begun_ends_there_too(campaign: Campaign, kind: str, path: str) -> None:
    fields, heading, _ = DEAD[kind]
    invitation = invite(campaign)
    patient = Patient(invitation).identified("decline")
    Invitation.objects.filter(id=invitation.id).update(**fields)

    answers = [patient.client.get(path)]
    if path != "/b/done/":
        answers.append(patient.client.post(path, {"choice": "book", "slot": "1", **boxes(BORN)}))

    for answer in answers:
        assert answer.status_code == 410
        assert check_page(answer).title.startswith(heading)


def test_a_lock_is_said_before_all_else(campaign: Campaign) -> None:
    locked = {"locked_at": timezone.now(), "expires_at": timezone.now() - timedelta(days=1)}
    invitation = invite(campaign, state=InvitationState.BOOKED, **locked)

    assert b"This link is locked" in Tab().get(f"/i/{token_for(invitation.id)}").content
