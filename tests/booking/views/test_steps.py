"""Steps come in order, whatever address is asked for; every form wants its CSRF token."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from booking.models import Booking, Decline
from campaigns.models import Invitation, InvitationState
from tests.booking.surgery import Patient, Surgery
from tests.factories import make_invitation
from tests.tab import Tab

pytestmark = pytest.mark.django_db
BEHIND_THE_DATE_OF_BIRTH = ["/b/times/", "/b/check/", "/b/done/", "/b/decline/"]


@pytest.mark.parametrize("path", BEHIND_THE_DATE_OF_BIRTH)
def test_nothing_behind_the_date_of_birth_is_reached_without_it(client: Client, path: str) -> None:
    patient = Patient(make_invitation(), client)
    patient.open_link()

    for answer in (client.get(path), client.post(path) if path != "/b/done/" else client.get(path)):
        assert (answer.status_code, answer["Location"]) == (303, "/b/date-of-birth/")
    assert client.get("/b/date-of-birth/")["Location"] == "/b/"
    patient.choose()
    assert client.get(path)["Location"] == "/b/date-of-birth/"
    assert (Booking.objects.count(), Decline.objects.count()) == (0, 0)


def test_declined_is_said_only_to_who_declined(client: Client) -> None:
    patient = Patient(make_invitation(), client)
    patient.open_link()

    assert client.get("/b/declined/")["Location"] == "/b/"
    Invitation.objects.update(state=InvitationState.DECLINED)
    assert client.get("/b/declined/")["Location"] == "/b/date-of-birth/"


def test_to_check_without_a_chosen_time_leads_back_to_the_times(client: Client, surgery: Surgery) -> None:
    surgery.session()
    Patient(surgery.invite(), client).identified()

    assert client.get("/b/check/")["Location"] == "/b/times/?notice=run-out"
    assert client.post("/b/check/")["Location"] == "/b/times/?notice=run-out"
    assert client.get("/b/done/")["Location"] == "/b/times/"


def test_who_is_identified_is_not_asked_again(client: Client) -> None:
    patient = Patient(make_invitation(), client).identified("decline")

    assert client.get("/b/date-of-birth/")["Location"] == "/b/decline/"
    assert patient.choose("book")["Location"] == "/b/times/"
    assert patient.choose("decline")["Location"] == "/b/decline/"


def test_an_invented_choice_shows_the_buttons_again(client: Client) -> None:
    patient = Patient(make_invitation(), client)
    patient.open_link()

    for choice in ("", "see", "BOOK", "book "):
        assert patient.choose(choice).status_code == 200
    assert client.post("/b/").status_code == 200


@pytest.mark.parametrize("path", ["/b/", "/b/date-of-birth/", "/b/times/", "/b/check/", "/b/decline/"])
def test_a_form_without_its_token_is_refused(path: str) -> None:
    client = Tab(enforce_csrf_checks=True)
    Patient(make_invitation(), client).open_link()

    assert client.post(path, {"choice": "book"}).status_code == 403


@pytest.mark.parametrize("path", ["/i/x", "/b/done/", "/b/declined/", "/b/finished/"])
def test_pages_that_only_show_take_no_posts(client: Client, path: str) -> None:
    Patient(make_invitation(), client).open_link()

    assert client.post(path).status_code == 405


def test_a_link_that_is_opened_again_asks_for_the_date_of_birth_again(client: Client) -> None:
    patient = Patient(make_invitation(), client).identified("decline")

    patient.open_link()

    assert client.get("/b/decline/")["Location"] == "/b/date-of-birth/"


def test_a_new_secret_key_ends_visits_politely_and_keeps_links(client: Client, settings: Settings) -> None:
    patient = Patient(make_invitation(), client).identified("decline")
    settings.SECRET_KEY = "another-" + "k" * 50

    assert client.get("/b/decline/").status_code == 403
    assert patient.open_link().status_code == 303
