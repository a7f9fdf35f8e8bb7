"""Logging in through an OpenID Connect provider: our own staff come in, and what is not checked proves nothing."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from practices.models import AuditEvent, User
from selfbook.settings.openid import openid_providers
from tests.factories import make_practice, make_staff
from tests.html import check_page
from tests.selfbook.access.provider import ANOTHER, CLIENT, SECRET, Provider, running

pytestmark = pytest.mark.django_db

WAY_IN = "/account/openid/nhs/login/"


@pytest.fixture(scope="module")
def standing() -> Iterator[Provider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(standing: Provider, settings: Settings) -> Provider:
    """The stand-in as it should be, and set as ours."""
    url = standing.url
    standing.__init__()  # type: ignore[misc] # back to how it began
    standing.url = url
    settings.SOCIALACCOUNT_PROVIDERS = openid_providers(
        {
            "OPENID_SERVER": url,
            "OPENID_NAME": "NHS Care Identity",
            "OPENID_CLIENT_ID": CLIENT,
            "OPENID_CLIENT_SECRET": SECRET,
            "OPENID_SECOND_FACTOR_ACR": ["AAL3_ANY"],
        }
    )
    settings.OPENID_SECOND_FACTOR_ACR = ["AAL3_ANY"]
    return standing


@pytest.fixture
def staff() -> User:
    return make_staff(make_practice(), email="ada@example.org")


def known_as(provider: Provider, email: str = "ada@example.org", **claims: Any) -> None:
    provider.claims = {"email": email, "email_verified": True, **claims}


def go(client: Client) -> Any:
    """To the provider as the browser goes, and back with what it says."""
    there = client.get(WAY_IN)
    back = httpx.get(there.headers["Location"]).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


def is_in(client: Client) -> bool:
    return bool(client.get(reverse("campaigns:home")).wsgi_request.user.is_authenticated)


def test_it_is_off_unless_it_is_set(client: Client) -> None:
    assert client.get(WAY_IN).status_code == 404
    assert "NHS Care Identity" not in check_page(client.get(reverse("account_login"))).text


def test_staff_come_in_by_their_verified_address_and_are_linked(
    client: Client, provider: Provider, staff: User
) -> None:
    known_as(provider, "Ada@Example.org")
    assert go(client).headers["Location"] == reverse("campaigns:home")
    assert is_in(client)
    assert staff.socialaccount_set.get().uid == "555021935107"  # type: ignore[attr-defined] # allauth's model
    assert AuditEvent.objects.filter(action="account.openid_linked", actor=staff).exists()


def test_once_linked_the_subject_counts_and_not_the_address(client: Client, provider: Provider, staff: User) -> None:
    known_as(provider)
    go(client)
    other = make_staff(make_practice(), email="other@example.org")
    known_as(provider, other.email)
    again = Client()
    go(again)
    assert again.get(reverse("campaigns:home")).wsgi_request.user == staff
    known_as(provider, staff.email, sub="999")
    stranger = Client()
    assert go(stranger).status_code == 403, "an account is linked to one subject only"


def test_the_request_is_bound_to_this_browser(client: Client, provider: Provider, staff: User) -> None:
    known_as(provider)
    asked = parse_qs(urlsplit(client.get(WAY_IN + "?scope=admin&auth_params=prompt%3Dnone").headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["nonce"][0]) > 20
    assert len(asked["state"][0]) >= 16
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked
    back = urlsplit(httpx.get(client.get(WAY_IN).headers["Location"]).headers["Location"])
    elsewhere = Client()
    assert elsewhere.get(f"{back.path}?{back.query}").status_code == 403
    assert not is_in(elsewhere)


@pytest.mark.parametrize(
    ("claims", "more"),
    [
        ({"iss": "https://evil.example"}, {}),
        ({"aud": "somebody-else"}, {}),
        ({"aud": [CLIENT, "somebody-else"]}, {}),
        ({"aud": None}, {}),
        ({"exp": 1_000_000_000}, {}),
        ({"exp": None}, {}),
        ({"iat": 4_000_000_000}, {}),
        ({"nonce": "another browser's"}, {}),
        ({"nonce": None}, {}),
        ({"sub": None}, {}),
        ({}, {"algorithm": "none"}),
        ({}, {"algorithm": "HS256", "key": SECRET}),
        ({}, {"key": ANOTHER}),
        ({}, {"id_token": False}),
        ({"email": "nobody@example.org"}, {}),
        ({"email": None}, {}),
        ({"email_verified": False}, {}),
        ({"email_verified": None}, {}),
        ({"email_verified": "true"}, {}),
        ({}, {"refuses": "access_denied"}),
        ({}, {"refuses": "server_error"}),
    ],
)
def test_what_proves_nothing_lets_nobody_in(
    client: Client, provider: Provider, staff: User, claims: dict[str, Any], more: dict[str, Any]
) -> None:
    known_as(provider, **claims)
    for name, value in more.items():
        setattr(provider, name, value)
    response = go(client)
    assert response.status_code == 403
    assert "We could not log you in" in check_page(response).title
    assert not is_in(client)
    assert User.objects.count() == 1, "nobody signs up"


def test_a_provider_that_is_away_is_said_plainly(client: Client, provider: Provider) -> None:
    provider.url, known = "http://127.0.0.1:9", provider.url
    there = client.get(WAY_IN)
    provider.url = known
    assert there.status_code in (302, 403)


def test_whoever_is_switched_off_stays_out(client: Client, provider: Provider, staff: User) -> None:
    known_as(provider)
    go(client)
    User.objects.update(is_active=False)
    again = Client()
    go(again)
    assert not is_in(again)


@pytest.mark.parametrize(("acr", "home"), [("AAL3_ANY", 200), ("AAL1_USERPASS", 302), (None, 302)])
def test_the_providers_second_factor_counts_where_the_settings_say_so(
    client: Client, provider: Provider, staff: User, settings: Settings, acr: str | None, home: int
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    known_as(provider, acr=acr)
    go(client)
    assert provider.asked["acr_values"] == "AAL3_ANY"
    assert client.get(reverse("campaigns:home")).status_code == home


def test_the_way_there_makes_no_session(client: Client, provider: Provider, staff: User) -> None:
    client.get(WAY_IN)
    assert not Session.objects.exists()
    known_as(provider, "nobody@example.org")
    assert go(client).status_code == 403
    assert not Session.objects.exists()
