"""The link in the text: what it opens, what it gives away, and what a GET changes (nothing)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.visits.references import reference_of
from campaigns.models import Invitation, InvitationState
from integrations.links import token_for
from tests.booking.surgery import WRONG, Patient
from tests.factories import make_invitation, make_practice, make_staff
from tests.html import check_page, page_of

pytestmark = pytest.mark.django_db


def test_a_live_link_is_swapped_for_a_cookie_that_scripts_cannot_read(client: Client) -> None:
    invitation = make_invitation()

    response = client.get(f"/i/{token_for(invitation.id)}")

    assert (response.status_code, response["Location"]) == (303, "/b/")
    cookie = response.cookies["visit"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == f"/b/{reference_of(invitation.id)}/"
    assert (cookie["max-age"], cookie["expires"]) == ("", ""), "a browser that is closed forgets it"
    assert token_for(invitation.id) not in cookie.value


def test_over_https_the_cookie_is_sent_and_set_by_https_alone(client: Client, settings: Settings) -> None:
    invitation = make_invitation()
    settings.HTTPS = True

    cookie = client.get(f"/i/{token_for(invitation.id)}").cookies["__Secure-visit"]

    assert cookie["secure"]
    assert not cookie["domain"]
    assert cookie["path"] == f"/b/{reference_of(invitation.id)}/"


@pytest.mark.hazard("H-01.10")
def test_a_hundred_previews_change_nothing(client: Client) -> None:
    invitation = make_invitation()
    before = Invitation.objects.filter(id=invitation.id).values().get()

    for _ in range(50):
        client.get(f"/i/{token_for(invitation.id)}", HTTP_USER_AGENT="facebookexternalhit/1.1")
        client.head(f"/i/{token_for(invitation.id)}")
        client.get("/b/")

    assert Invitation.objects.filter(id=invitation.id).values().get() == before
    Patient(invitation, client).identified()


@pytest.mark.parametrize("extra", [".", ",", ")", ">", ").", "!", "\u201d", "/", "?"])
def test_what_a_text_message_app_adds_to_the_link_is_dropped(client: Client, extra: str) -> None:
    response = client.get(f"/i/{token_for(make_invitation().id)}{extra}")

    assert response.status_code == 303


def test_whatever_is_not_a_link_of_ours_gets_the_same_page(client: Client) -> None:
    token = token_for(make_invitation().id)
    texts = [token[:-1], token + "a", token.swapcase(), "", "x", "a/b", "%00", "A" * 2000, "%2569", "'; drop--"]

    answers = [client.get(f"/i/{text}") for text in texts]

    assert {answer.status_code for answer in answers} == {404}
    assert len({page_of(answer).text for answer in answers}) == 1
    check_page(answers[0])


@pytest.mark.parametrize(
    ("fields", "heading"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "This link has expired"),
        ({"locked_at": timezone.now(), "date_of_birth_failures": 5}, "This link is locked"),
        ({"state": InvitationState.DECLINED}, "This link has already been used"),
    ],
)
def test_a_dead_link_says_so_at_once_and_nothing_about_the_patient(
    client: Client, fields: dict[str, Any], heading: str
) -> None:
    invitation = make_invitation(**fields)

    response = client.get(f"/i/{token_for(invitation.id)}")

    assert response.status_code == 410
    page = check_page(response)
    assert heading in page.text
    assert invitation.practice.phone in page.text
    assert invitation.practice.name in page.text
    assert _says_nothing_personal(response.content.decode(), invitation)
    # All that its visit leads to is the page that stops texts.
    assert client.get("/b/times/").status_code == 410


def test_a_link_that_led_to_a_booking_asks_for_the_date_of_birth_and_then_shows_it(client: Client) -> None:
    invitation = make_invitation(state=InvitationState.BOOKED, date_of_birth_failures=1)
    patient = Patient(invitation, client)

    assert patient.open_link()["Location"] == "/b/date-of-birth/"
    page = check_page(client.get("/b/date-of-birth/"))

    assert page.title.startswith("Your appointment")
    assert "What is your date of birth?" in page.text
    assert "You can try" not in page.text, "nobody has made a mistake here yet"
    assert _says_nothing_personal(page.text, invitation)
    for path in ("/b/", "/b/done/", "/b/times/"):
        assert client.get(path)["Location"] == "/b/date-of-birth/"
    assert patient.choose()["Location"] == "/b/date-of-birth/"
    wrong = check_page(patient.tell_birth(WRONG))
    assert "You can try 3 more times" in wrong.text
    assert patient.tell_birth()["Location"] == "/b/done/"
    assert Invitation.objects.get().opened_at is not None


def test_nothing_personal_is_shown_before_the_date_of_birth(client: Client) -> None:
    invitation = make_invitation()
    patient = Patient(invitation, client)
    patient.open_link()
    pages = [client.get("/b/")]
    patient.choose()
    pages.append(client.get("/b/date-of-birth/"))

    for response in pages:
        check_page(response)
        assert response["Cache-Control"] == "no-store"
        assert _says_nothing_personal(response.content.decode(), invitation)


def _says_nothing_personal(html: str, invitation: Invitation) -> bool:
    person, campaign = invitation.recipient, invitation.campaign
    assert person.date_of_birth is not None
    secrets = [
        person.given_name,
        person.family_name,
        person.nhs_number,
        person.mobile,
        str(person.date_of_birth.year),
        campaign.slot_type,
        "flu",
        str(invitation.id),
        token_for(invitation.id),
    ]
    # What keeps forms safe is drawn by lot, and may spell anything.
    content = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html).lower()
    return not any(secret.lower() in content for secret in secrets)


@pytest.mark.hazard("H-12.1")
def test_the_choice_page_says_who_asks_and_that_it_is_not_for_urgent_problems(client: Client) -> None:
    invitation = make_invitation()
    Patient(invitation, client).open_link()

    page = check_page(client.get("/b/"))

    assert invitation.practice.name in page.text
    assert "urgent" in page.text
    assert [button.get("value") for button in page.all("button")] == ["book", "decline"]


def test_no_decline_button_where_the_batch_has_none(client: Client) -> None:
    invitation = make_invitation()
    campaign = invitation.campaign
    campaign.allow_decline, campaign.decline_message, campaign.decline_code = False, "", None
    campaign.save()
    patient = Patient(invitation, client)
    patient.open_link()

    assert "I don't want this" not in page_of(client.get("/b/")).text
    assert patient.choose("decline").status_code == 200
    patient.choose()
    patient.tell_birth()
    assert client.get("/b/decline/")["Location"] == "/b/times/"
    client.post("/b/decline/")
    assert Invitation.objects.get().state == InvitationState.OPEN


def test_the_first_press_of_a_button_is_when_the_link_was_opened(client: Client) -> None:
    invitation = make_invitation()
    patient = Patient(invitation, client)
    patient.open_link()
    assert Invitation.objects.get().opened_at is None

    patient.choose("decline")
    first = Invitation.objects.get().opened_at
    patient.choose("book")

    assert first is not None
    assert Invitation.objects.get().opened_at == first


@pytest.mark.parametrize("path", ["/b/", "/b/date-of-birth/", "/b/times/", "/b/check/", "/b/done/", "/b/decline/"])
def test_without_cookies_a_page_explains_and_sends_nobody_round_in_circles(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 403
    assert "cookies" in check_page(response).text


def test_a_staff_member_who_opens_a_link_of_another_practice_sees_that_practice(client: Client) -> None:
    client.force_login(make_staff(make_practice(name="Quite Another Surgery")))
    Patient(make_invitation(), client).open_link()

    assert "Quite Another Surgery" not in page_of(client.get("/b/")).text
