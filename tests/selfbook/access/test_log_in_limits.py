"""Whoever guesses passwords keeps nobody else out: neither behind a proxy, nor the owner of the account."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from practices.models import User
from tests.factories import make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db
PASSWORD = "a long made-up password"  # the factory's
PROXY, SECOND_PROXY = "10.1.0.2", "10.2.0.7"


@pytest.fixture(autouse=True)
def behind_proxies(settings: Settings) -> None:
    cache.clear()
    settings.TRUST_PROXY_HEADERS, settings.TRUSTED_PROXIES = True, [PROXY, SECOND_PROXY]


@pytest.fixture
def staff() -> User:
    return make_staff(make_practice())


def client_at(*forwarded: str, **fields: Any) -> Client:
    return Client(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=", ".join(forwarded), **fields)


def log_in(client: Client, email: str, password: str = PASSWORD) -> str:
    """Where that led: "in", or what the page says was wrong."""
    response = client.post(reverse("account_login"), {"login": email, "password": password})
    if response.status_code == 302:
        client.post(reverse("account_logout"))
        return "in"
    if response.status_code == 429:
        return "too many"
    return "too many" if "Too many tries" in check_page(response).text else "wrong"


def guess(client: Client, times: int = 12) -> str:
    """So many log-ins to accounts that are not there; how the last ended."""
    return [log_in(client, f"nobody{number}@example.org", "not the one") for number in range(times)][-1]


@pytest.mark.hazard("H-14.6")
@pytest.mark.parametrize("way", [(), (SECOND_PROXY,)], ids=["one proxy", "two proxies"])
def test_a_stranger_behind_the_same_proxy_keeps_nobody_out(staff: User, way: tuple[str, ...]) -> None:
    assert guess(client_at("203.0.113.5", *way)) == "too many"
    assert log_in(client_at("203.0.113.6", *way), staff.email) == "in"


def test_made_up_addresses_give_no_tries_back() -> None:
    outcomes = [guess(client_at(f"192.0.2.{number}", "203.0.113.5"), times=2) for number in range(7)]
    assert outcomes[-1] == "too many"


def test_a_connection_of_ipv6_is_one_whatever_address_of_it_is_used() -> None:
    outcomes = [guess(client_at(f"2001:db8:1:2::{number}"), times=2) for number in range(7)]
    assert outcomes[-1] == "too many"


def test_where_no_address_is_known_nobody_is_kept_out_of_other_accounts(staff: User) -> None:
    unknown = Client(REMOTE_ADDR=PROXY)
    guess(unknown)
    assert log_in(unknown, staff.email) == "in"
    assert [log_in(unknown, staff.email, "not the one") for _ in range(6)][-1] == "too many"


@pytest.mark.hazard("H-14.6")
def test_a_browser_that_the_account_knows_is_spared_a_strangers_guesses(staff: User) -> None:
    own, stranger = client_at("203.0.113.6"), client_at("203.0.113.5")
    assert log_in(own, staff.email) == "in"
    assert [log_in(stranger, staff.email, "not the one") for _ in range(6)][-1] == "too many"
    assert log_in(client_at("203.0.113.7"), staff.email) == "too many", "the account's limit holds for all strangers"
    assert log_in(own, staff.email) == "in"


def test_it_is_spared_those_from_its_own_address_too(staff: User) -> None:
    own = client_at("203.0.113.5")
    assert log_in(own, staff.email) == "in"
    assert guess(client_at("203.0.113.5")) == "too many"
    assert log_in(own, staff.email) == "in"


def test_it_has_limits_of_its_own_and_none_for_other_accounts(staff: User) -> None:
    own, other = client_at("203.0.113.6"), make_staff(make_practice())
    assert log_in(own, staff.email) == "in"
    assert [log_in(own, staff.email, "not the one") for _ in range(6)][-1] == "too many"
    assert [log_in(own, other.email, "not the one") for _ in range(6)][-1] == "too many"
    assert log_in(client_at("203.0.113.9"), other.email) == "too many", "its guesses there were a stranger's"


def test_a_cookie_that_somebody_made_up_is_no_browser(staff: User, settings: Settings) -> None:
    forged = client_at("203.0.113.5")
    forged.cookies[settings.BROWSER_COOKIE_NAME] = "6f1c2a44-8c5d-4a0e-9a53-0a4f4f0c1234"
    assert [log_in(forged, staff.email, "not the one") for _ in range(6)][-1] == "too many"
    assert log_in(client_at("203.0.113.6"), staff.email) == "too many"


def test_odd_bytes_for_an_account_do_no_harm() -> None:
    answer = client_at("203.0.113.5").post(
        reverse("account_login"), {"login": "a\0b@example.org", "password": PASSWORD}
    )
    assert answer.status_code == 200
