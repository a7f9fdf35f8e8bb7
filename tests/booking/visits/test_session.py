"""The visit's cookie: signed, short-lived, for its own addresses, and only as good as the invitation behind it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.visits import session
from booking.visits.references import ReferenceConverter, reference_of, root_of
from booking.visits.session import PatientChoice, Visit
from campaigns.models import Invitation
from tests.booking.surgery import Patient
from tests.factories import make_invitation
from tests.html import check_page
from tests.tab import Tab

FOLLOWS = {session.FOLLOWING: "1"}
IDLE = timedelta(minutes=30)


def _read(value: str, reference: str = "") -> Visit | None:
    request = RequestFactory().get("/")
    request.COOKIES[session.cookie_name()] = value
    return session.read(request, reference)


def _written(visit: Visit) -> str:
    response = HttpResponse()
    session.write(response, visit)
    return response.cookies[session.cookie_name()].value


def _values(**changed: Any) -> dict[str, Any]:
    """What a good cookie says, of the reference "bcd"."""
    values = {"invitation": uuid4().hex, "reference": "bcd", "choice": "", "verified": True}
    return values | {"opened": int(timezone.now().timestamp())} | changed


def test_a_visit_is_read_as_it_was_written() -> None:
    visit = Visit.opened(uuid4())
    assert not visit.is_verified

    for some in (visit, visit.choosing(PatientChoice.DECLINE), visit.choosing(PatientChoice.BOOK).verified()):
        assert _read(_written(some), some.reference) == some


@pytest.mark.parametrize("value", ["", "x", "a:b:c", "\x00", "0" * 5000])
def test_anything_else_is_no_visit(value: str) -> None:
    assert _read(value) is None


def test_a_changed_cookie_is_no_visit() -> None:
    visit = Visit.opened(uuid4())
    value = _written(visit)

    assert _read(("A" if value[0] != "A" else "B") + value[1:], visit.reference) is None
    assert _read(value[:-1], visit.reference) is None


@pytest.mark.parametrize(
    "changed", [{"invitation": "no"}, {"choice": "see"}, {"opened": "now"}, {"opened": None}, {"reference": None}]
)
def test_what_we_signed_and_does_not_fit_is_no_visit(changed: dict[str, Any]) -> None:
    assert _read(signing.dumps(_values(), salt="booking.session"), "bcd") is not None
    assert _read(signing.dumps(_values(**changed), salt="booking.session"), "bcd") is None
    assert _read(signing.dumps(_values(), salt="something.else"), "bcd") is None


@pytest.mark.parametrize("other", [{}, [], "text", 1, None, {"invitation": uuid4().hex, "choice": "", "verified": 0}])
def test_what_we_signed_for_another_purpose_is_no_visit(other: object) -> None:
    """The last is what the cookie once held, for all addresses."""
    assert _read(signing.dumps(other, salt="booking.session"), "bcd") is None


def test_a_cookie_is_good_for_its_own_addresses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    visit, other = Visit.opened(uuid4()), Visit.opened(uuid4())

    assert _read(_written(visit), other.reference) is None
    assert _read(_written(visit), visit.reference + "b") is None
    monkeypatch.setattr(session, "_belongs", lambda *_: True)
    assert _read(_written(visit), other.reference) == visit, "the check is what keeps them apart"


def test_a_reference_is_always_the_same_and_spells_nothing(settings: Settings) -> None:
    ids = [uuid4() for _ in range(200)]
    references = [reference_of(some) for some in ids]

    assert references == [reference_of(some) for some in ids]
    assert len(set(references)) == 200
    assert all(len(reference) == 20 and not set(reference) & set("aeiou0123456789") for reference in references)
    assert ReferenceConverter.regex == "[bcdfghjkmnpqrstv]{20}"
    settings.SECRET_KEY = "another-" + "k" * 50
    assert reference_of(ids[0]) != references[0], "who knows the id alone does not know the reference"


# How long it lasts.


@pytest.fixture
def visit_page(db: None) -> Tab:
    """A browser on a page behind the date of birth."""
    patient = Patient(make_invitation(), Tab()).identified("decline")
    assert isinstance(patient.client, Tab)
    return patient.client


def status(tab: Tab, **headers: Any) -> int:
    return int(tab.get("/b/decline/", **headers).status_code)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as travelling:
        yield travelling


@pytest.mark.hazard("H-01.5")
def test_a_visit_that_is_not_used_ends_after_half_an_hour(clock: Any, visit_page: Tab) -> None:
    clock.shift(IDLE)
    assert status(visit_page) == 200
    clock.shift(IDLE + timedelta(seconds=1))
    answer = visit_page.get("/b/decline/")

    assert answer.status_code == 403
    page = check_page(answer)
    assert "Open the link in your message again" in page.title
    assert "not used for 30 minutes" in page.text


def test_each_use_gives_it_as_long_again_but_not_for_ever(clock: Any, visit_page: Tab) -> None:
    for _ in range(5):
        clock.shift(timedelta(minutes=23))
        assert status(visit_page) == 200
    clock.shift(timedelta(minutes=4, seconds=59))
    assert status(visit_page) == 200
    clock.shift(timedelta(seconds=1))
    assert status(visit_page) == 403, "two hours"


@pytest.mark.hazard("H-01.6")
def test_a_page_that_follows_by_itself_keeps_no_visit_alive(clock: Any, visit_page: Tab) -> None:
    for _ in range(6):
        clock.shift(timedelta(minutes=5))
        assert status(visit_page, headers=FOLLOWS) == 200
    clock.shift(timedelta(seconds=1))

    assert status(visit_page, headers=FOLLOWS) == 403


def test_how_long_is_a_setting(clock: Any, visit_page: Tab, settings: Settings) -> None:
    settings.VISIT_IDLE_MINUTES = 5
    clock.shift(timedelta(minutes=5, seconds=1))

    assert status(visit_page) == 403


@pytest.mark.django_db
def test_a_date_of_birth_does_not_begin_the_two_hours_anew(clock: Any) -> None:
    patient = Patient(make_invitation(), Tab())
    patient.open_link()
    for _ in range(5):
        clock.shift(timedelta(minutes=20))
        patient.client.get("/b/")
    patient.choose("decline")
    patient.tell_birth()
    clock.shift(timedelta(minutes=20))

    assert patient.client.get("/b/decline/").status_code == 403


# Leaving.


@pytest.mark.django_db
@pytest.mark.parametrize("verified", [True, False])
def test_finish_ends_the_visit_and_says_how_to_come_back(client: Client, verified: bool) -> None:
    patient = Patient(make_invitation(), client)
    patient.open_link()
    if verified:
        patient.identified("decline")

    for _ in range(2):  # pressed twice, or on a page that was left open
        answer = client.post("/b/finish/")
        assert (answer.status_code, answer["Location"]) == (303, "/b/finished/")
        assert answer["Cache-Control"] == "no-store"
        cookie = answer.cookies["visit"]
        assert (cookie.value, cookie["max-age"]) == ("", 0)
        assert cookie["path"] == root_of(reference_of(patient.invitation.id))
    page = check_page(client.get("/b/finished/"))
    assert "press the link in your text message" in page.text
    assert patient.invitation.practice.name not in page.text
    for path in ("/b/", "/b/date-of-birth/", "/b/times/", "/b/decline/", "/b/stop-texts/"):
        assert client.get(path).status_code == 403
    assert patient.open_link().status_code == 303


@pytest.mark.django_db
def test_looking_at_the_address_of_finish_ends_nothing(client: Client) -> None:
    Patient(make_invitation(), client).identified("decline")

    assert client.get("/b/finish/").status_code == 405
    assert client.get("/b/decline/").status_code == 200


@pytest.mark.django_db
def test_a_link_that_is_locked_elsewhere_stops_a_visit_that_has_begun(client: Client) -> None:
    invitation = make_invitation()
    Patient(invitation, client).identified("decline")
    Invitation.objects.update(locked_at=timezone.now())

    assert client.get("/b/decline/").status_code == 410
    assert client.post("/b/decline/").status_code == 410


# What was there before.


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_addresses_from_before_visits_had_their_own_lead_to_the_link(method: str) -> None:
    former = ["", "date-of-birth/", "times/", "times/?page=2", "tell-me/", "check/", "done/", "appointment.ics"]
    former += ["cancel/", "move/", "move/check/", "decline/", "declined/", "stop-texts/"]

    for path in former:
        answer = getattr(Client(), method)(f"/b/{path}")
        assert answer.status_code == 403, path
        assert answer["Cache-Control"] == "no-store"
        if method == "get":
            assert check_page(answer).title.startswith("Open the link in your message again")


@pytest.mark.django_db
@pytest.mark.parametrize("reference", ["x", "b" * 19, "b" * 21, "B" * 20, "1" * 20, "a" * 20, "b" * 20 + "%00"])
def test_an_address_of_no_visit_is_not_there(client: Client, reference: str) -> None:
    assert client.get(f"/b/{reference}/times/").status_code == 404
