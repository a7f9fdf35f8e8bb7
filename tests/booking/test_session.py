"""The visit's cookie: signed, short-lived, and only as good as the invitation behind it."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from booking import session
from booking.session import Choice, Visit
from campaigns.models import Invitation
from tests.booking.surgery import Patient
from tests.factories import make_invitation


def _read(value: str) -> Visit | None:
    request = RequestFactory().get("/b/")
    request.COOKIES[session.cookie_name()] = value
    return session.read(request)


def _written(visit: Visit) -> str:
    response = HttpResponse()
    session.write(response, visit)
    return response.cookies[session.cookie_name()].value


def test_a_visit_is_read_as_it_was_written() -> None:
    visit = Visit(uuid4()).choosing(Choice.DECLINE).verified()

    assert _read(_written(visit)) == visit
    assert visit.is_verified


@pytest.mark.parametrize("value", ["", "x", "a:b:c", "\x00", "0" * 5000])
def test_anything_else_is_no_visit(value: str) -> None:
    assert _read(value) is None


def test_a_changed_cookie_is_no_visit() -> None:
    value = _written(Visit(uuid4()))

    assert _read(("A" if value[0] != "A" else "B") + value[1:]) is None
    assert _read(value[:-1]) is None


@pytest.mark.parametrize("held", [{}, [], "text", {"invitation": "no", "choice": "", "verified": 0}])
def test_what_we_signed_for_another_purpose_is_no_visit(held: object) -> None:
    assert _read(signing.dumps(held, salt="booking.session")) is None
    good = {"invitation": uuid4().hex, "choice": "", "verified": 0}
    assert _read(signing.dumps(good, salt="something.else")) is None


def test_a_visit_ends_after_two_hours() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        value = _written(Visit(uuid4()).verified())
        clock.shift(timedelta(hours=2, seconds=1))
        assert _read(value) is None


def test_who_was_verified_long_ago_is_asked_again_even_in_a_fresh_cookie() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        visit = Visit(uuid4()).verified()
        clock.shift(timedelta(hours=2))
        assert not visit.is_verified


@pytest.mark.django_db
def test_after_two_hours_the_pages_ask_to_open_the_link_again(client: Client) -> None:
    invitation = make_invitation()
    with time_machine.travel(timezone.now(), tick=True) as clock:
        Patient(invitation, client).identified("decline")
        clock.shift(timedelta(hours=2, minutes=1))
        response = client.get("/b/decline/")

    assert response.status_code == 403
    assert b"Open the link" in response.content


@pytest.mark.django_db
def test_a_link_that_is_locked_elsewhere_stops_a_visit_that_has_begun(client: Client) -> None:
    invitation = make_invitation()
    Patient(invitation, client).identified("decline")
    Invitation.objects.update(locked_at=timezone.now())

    assert client.get("/b/decline/").status_code == 410
    assert client.post("/b/decline/").status_code == 410
