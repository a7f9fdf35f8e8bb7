"""Every address there is: behind the log-in, or on this list of those that must not be."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import UUIDConverter

from booking.visits.references import ReferenceConverter
from tests.html import check_page

pytestmark = pytest.mark.django_db

OPEN = {
    # The health check, and what outside systems sign.
    "health": 200,
    "webhooks:receipts": 405,
    "webhooks:incoming": 405,
    "webhooks:notify": 405,
    # Signing in, and a forgotten password.
    "account_login": 200,
    "account_inactive": 200,
    "account_signup": 200,
    "account_reset_password": 200,
    "account_reset_password_done": 200,
    "account_reset_password_from_key": 200,
    "account_reset_password_from_key_done": 200,
    "admin:login": 302,
    "admin:logout": 302,
    # To a provider that the settings name (none here) and back; and joining a practice, by an emailed link.
    "openid_connect_login": 404,
    "openid_connect_callback": 404,
    "practices:join": 302,
    "practices:joining": 410,
    # About privacy, cookies and accessibility, of all practices and of one that is not there.
    "information:privacy": 200,
    "information:cookies": 200,
    "information:accessibility": 200,
    "information:privacy-of": 404,
    "information:cookies-of": 404,
    "information:accessibility-of": 404,
    # The patient's pages, which have a way of their own to know who is there.
    "booking:follow": 404,
    "booking:choose": 403,
    "booking:date_of_birth": 403,
    "booking:times": 403,
    "booking:tell_me": 403,
    "booking:check": 403,
    "booking:done": 403,
    "booking:calendar": 403,
    "booking:cancel": 403,
    "booking:move": 403,
    "booking:move_check": 403,
    "booking:stop": 403,
    "booking:new_link": 403,
    "booking:decline": 403,
    "booking:declined": 403,
    "booking:finish": 405,
    "booking:open_again": 403,
    "booking:former": 403,
    "booking:finished": 200,
}
UUID = "5f0c1d2e-0000-4000-8000-000000000001"


def walk(patterns: list[Any], prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """(name with its namespace, path) of every address, with something made up in the place of each argument."""
    for pattern in patterns:
        path = prefix + filled(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name or ''}", path


def filled(pattern: URLPattern | URLResolver) -> str:
    route = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        made_up = {UUIDConverter: UUID, ReferenceConverter: "b" * 20}.get(type(converter), "1")
        kind = {
            "UUIDConverter": "uuid",
            "PathConverter": "path",
            "IntConverter": "int",
            "SlugConverter": "slug",
            "ReferenceConverter": "visit",
        }.get(type(converter).__name__)
        route = route.replace(f"<{kind}:{name}>" if kind else f"<{name}>", made_up)
    if "(?P" in route:
        known = {
            r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-set/",
            r"^[iI]/(?P<token>[\s\S]*)\Z": "i/1",
        }
        route = known.get(route, route)
    return route


ADDRESSES = [(name, "/" + path) for name, path in walk(get_resolver().url_patterns) if "(?P" not in path]


def test_the_walk_finds_the_rooms() -> None:
    names = {name for name, _ in ADDRESSES}
    for some in ("campaigns:home", "campaigns:progress", "booking:follow", "webhooks:receipts", "account_login"):
        assert some in names
    assert set(OPEN) <= names, set(OPEN) - names
    assert all("<" not in path for _, path in ADDRESSES), ADDRESSES


@pytest.mark.parametrize(("name", "path"), ADDRESSES, ids=[name for name, _ in ADDRESSES])
def test_an_address_is_behind_the_log_in_or_meant_to_be_open(client: Client, name: str, path: str) -> None:
    for method in ("get", "post"):
        response = getattr(client, method)(path)
        if response.status_code == 405:
            continue
        if name in OPEN:
            assert response.status_code < 500
            continue
        assert response.status_code == 302, (method, response.status_code)
        assert response.headers["Location"].startswith(("/account/login/", "/admin/login/")), response.headers


@pytest.mark.parametrize("name", [name for name in OPEN if name.startswith("account")])
def test_the_open_pages_of_the_account_keep_the_rules_of_a_page(client: Client, name: str) -> None:
    response = client.get(dict(ADDRESSES)[name])
    assert response.status_code == OPEN[name]
    check_page(response)


def test_nothing_personal_is_kept_by_browsers(client: Client) -> None:
    for name, path in ADDRESSES:
        if not name.startswith("admin"):
            assert "no-store" in client.get(path).headers["Cache-Control"], name
