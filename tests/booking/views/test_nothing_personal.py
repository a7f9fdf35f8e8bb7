"""Nothing personal leaves the pages, whichever way it might (inputs#nothing-personal)."""

import io
import logging
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from booking.slots import offered as slots
from campaigns.models import Invitation
from integrations.links import digest, token_for
from selfbook.logs import ContextFilter
from tests.booking.surgery import WRONG, Patient, Surgery, boxes, work
from tests.html import page_of
from tests.tab import Tab

pytestmark = pytest.mark.django_db
ADDRESS = "203.0.113.77"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the product's own handler writes, from the chattiest level that anybody would choose."""
    root, stream = logging.getLogger(), io.StringIO()
    (handler,) = [
        candidate
        for candidate in root.handlers
        if isinstance(candidate, logging.StreamHandler) and any(isinstance(f, ContextFilter) for f in candidate.filters)
    ]
    former, level = handler.setStream(stream), root.level
    root.setLevel(logging.INFO)
    yield stream
    root.setLevel(level)
    handler.setStream(former)


def secrets_of(invitation: Invitation) -> set[str]:
    """Each thing that must not be seen outside the pages, in each way of writing it."""
    person, token = invitation.recipient, token_for(invitation.id)
    born = person.date_of_birth
    assert born is not None
    dates = {born.isoformat(), f"{born:%d/%m/%Y}", f"{born.day} {born:%B %Y}", str(born.year), WRONG.isoformat()}
    names = {person.given_name, person.family_name, person.nhs_number, person.mobile, person.mobile[3:]}
    return dates | names | {token, digest(token).hex(), str(WRONG.year), ADDRESS, "Flu"}


def seen_in(text: str, invitation: Invitation) -> list[str]:
    return [secret for secret in secrets_of(invitation) if secret.lower() in unquote(text).lower()]


def whole_visit(surgery: Surgery, client: Client) -> tuple[Invitation, list[Any]]:
    """From the link to the booking, with a slip at every step; all answers."""
    slot = surgery.session()
    invitation = surgery.invite()
    patient = Patient(invitation, client)
    answers = [
        patient.open_link(),
        client.post(f"/i/{token_for(invitation.id)}"),
        client.get("/b/"),
        patient.choose(),
        client.get("/b/date-of-birth/"),
        client.post("/b/date-of-birth/", boxes(WRONG) | {"date_of_birth_day": "99"}),
        patient.tell_birth(WRONG),
        patient.tell_birth(),
        client.get("/b/times/"),
        patient.take("none"),
        patient.take(slot),
        client.get("/b/check/"),
        patient.confirm(),
        client.get("/b/done/"),
    ]
    work(invitation.bookings.get())
    return invitation, [*answers, client.get("/b/done/"), patient.open_link(), client.get("/b/nowhere/")]


@pytest.fixture
def visit(surgery: Surgery, log: io.StringIO) -> tuple[Invitation, list[Any]]:
    return whole_visit(surgery, Tab(REMOTE_ADDR=ADDRESS))


def test_no_log_line_of_a_visit_says_whose_it_is(visit: tuple[Invitation, list[Any]], log: io.StringIO) -> None:
    invitation, _ = visit

    assert "booking tried" in log.getvalue()
    assert seen_in(log.getvalue(), invitation) == []


def test_no_log_line_of_a_visit_that_goes_wrong_does(surgery: Surgery, log: io.StringIO, settings: Settings) -> None:
    settings.WRONG_DATES_PER_HOUR = 5
    invitations = [surgery.invite() for _ in range(3)]
    for invitation in invitations:
        patient = Patient(invitation, Tab(REMOTE_ADDR=ADDRESS))
        patient.open_link()
        patient.choose()
        for _ in range(6):
            patient.tell_birth(WRONG)
        patient.open_link()

    assert "many wrong dates" in log.getvalue()
    assert [seen_in(log.getvalue(), invitation) for invitation in invitations] == [[], [], []]


def test_after_the_swap_no_address_holds_the_token_or_anything_else(visit: tuple[Invitation, list[Any]]) -> None:
    invitation, answers = visit

    places = [answer["Location"] for answer in answers if answer.has_header("Location")]
    for answer in answers:
        elements = page_of(answer).elements if answer.content else []
        places += [element.get(name, "") for element in elements for name in ("href", "action", "src", "content")]

    assert places
    assert [place for place in places if seen_in(place, invitation) or str(invitation.id) in place] == []


def test_no_page_fetches_or_links_anything_that_is_not_ours(visit: tuple[Invitation, list[Any]]) -> None:
    """There is nobody for a browser to tell which page it is on."""
    _, answers = visit

    for answer in answers:
        for element in page_of(answer).elements if answer.content else []:
            for name in ("href", "src", "action"):
                parts = urlsplit(element.get(name, ""))
                assert parts.scheme in ("", "tel"), element.get(name)
                assert parts.netloc == "", element.get(name)


def test_browsers_are_told_to_keep_nothing_and_to_name_no_page_to_others(visit: tuple[Invitation, list[Any]]) -> None:
    _, answers = visit

    for answer in answers:
        assert answer["Cache-Control"] == "no-store"
        at_the_link = answer.request["PATH_INFO"].startswith("/i/")
        policy = "no-referrer" if at_the_link and answer.status_code != 405 else "same-origin"
        assert answer["Referrer-Policy"] == policy
        assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_the_cookies_hold_no_more_than_ids_and_times(visit: tuple[Invitation, list[Any]]) -> None:
    invitation, answers = visit

    for answer in answers:
        for cookie in answer.cookies.values():
            assert cookie["httponly"]
            readable = [cookie.value, *(_decoded(part) for part in cookie.value.lstrip(".").split(":"))]
            assert seen_in(" ".join(readable), invitation) == []


def _decoded(part: str) -> str:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode(errors="ignore")
    except ValueError:
        return ""


def test_when_something_of_ours_breaks_neither_page_nor_log_says_whose_visit_it_was(
    surgery: Surgery, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = surgery.invite()
    client = Tab(raise_request_exception=False, REMOTE_ADDR=ADDRESS)
    Patient(invitation, client).identified()

    def broken(asked: Invitation) -> HttpResponse:
        person = asked.recipient
        raise RuntimeError(f"{person.given_name} {person.nhs_number} {person.date_of_birth} {token_for(asked.id)}")

    monkeypatch.setattr(slots, "choices", broken)
    answer = client.get("/b/times/")

    assert answer.status_code == 500
    assert answer["Cache-Control"] == "no-store"
    assert "RuntimeError" in log.getvalue()
    assert seen_in(answer.content.decode(), invitation) == []
    assert seen_in(log.getvalue(), invitation) == []


def test_when_the_link_itself_breaks_the_log_does_not_hold_it(
    surgery: Surgery, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = surgery.invite()

    def broken(asked: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("booking.visits.links.standing_of", broken)
    answer = Tab(raise_request_exception=False).get(f"/i/{token_for(invitation.id)}")

    assert answer.status_code == 500
    assert "/i/-" in log.getvalue()
    assert seen_in(log.getvalue(), invitation) == []
