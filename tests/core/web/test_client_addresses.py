"""Whose address it is: what proxies of ours wrote is believed, and nothing else."""

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from core.web.client_addresses import address_of


def came_from(peer: str, forwarded: str | None = None) -> str | None:
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    address = address_of(request)
    return None if address is None else str(address)


def test_nobody_but_a_proxy_of_ours_is_believed(settings: Settings) -> None:
    assert came_from("192.0.2.7", "203.0.113.5") == "192.0.2.7"
    settings.TRUSTED_PROXIES = ["10.1.0.0/24"]
    assert came_from("192.0.2.7", "203.0.113.5") == "192.0.2.7"
    assert came_from("10.1.1.1", "203.0.113.5") == "10.1.1.1"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("1.1.1.1, 2.2.2.2, 203.0.113.5", "203.0.113.5"),
        ("10.1.0.9, 203.0.113.5", "203.0.113.5"),
        ("1.1.1.1, 203.0.113.5, 10.1.0.9", "203.0.113.5"),
        ("203.0.113.5:51234", "203.0.113.5"),
        ("[2001:db8::5]:51234", "2001:db8::5"),
        ("2001:db8::5", "2001:db8::5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        (" 203.0.113.5 ,", "203.0.113.5"),
        ("203.0.113.5, unknown", None),
        ("", None),
        (None, None),
        ("10.1.0.7, 10.1.0.8", None),
        ("x" * 9000, None),
    ],
)
def test_behind_our_proxies_it_is_the_last_address_that_is_not_one_of_them(
    settings: Settings, forwarded: str | None, expected: str | None
) -> None:
    settings.TRUSTED_PROXIES = ["10.1.0.0/24", "fd00::/8"]

    assert came_from("10.1.0.2", forwarded) == expected


def test_a_proxy_that_nobody_named_is_not_taken_for_the_client(settings: Settings) -> None:
    settings.TRUST_PROXY_HEADERS = True

    assert came_from("10.1.0.2", "203.0.113.5") is None
    assert came_from("", None) is None


@pytest.mark.parametrize(
    ("peer", "forwarded"),
    [
        ("10.1.0.2", "203.0.113.5"),
        ("10.1.0.2", "9.9.9.9, 203.0.113.5"),
        ("10.1.0.2", "203.0.113.5, 10.2.0.7"),
        ("10.1.0.2", "9.9.9.9, 10.2.0.8, 203.0.113.5, 10.2.0.7"),
        ("::ffff:10.1.0.2", "9.9.9.9,203.0.113.5,10.2.0.7"),
    ],
)
def test_behind_one_proxy_and_behind_two(settings: Settings, peer: str, forwarded: str) -> None:
    settings.TRUSTED_PROXIES = ["10.1.0.2", "10.2.0.0/28"]

    assert came_from(peer, forwarded) == "203.0.113.5"
