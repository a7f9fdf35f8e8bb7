"""The headers that keep browsers, proxies and other sites in bounds."""

import pytest
from django.test import Client

from selfbook.settings.security import LAST_RESORT_STYLE

pytestmark = [pytest.mark.urls("tests.pages.urls"), pytest.mark.django_db]

POLICY = (
    "base-uri 'none'; default-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'; "
    "script-src 'self' 'sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0='"
)


@pytest.mark.parametrize("path", ["/birth/", "/account/login/", "/nowhere/", "/broken/"])
def test_every_page_carries_them(path: str) -> None:
    headers = Client(raise_request_exception=False).get(path).headers
    policy = POLICY + (f"; style-src 'self' {LAST_RESORT_STYLE}" if path == "/broken/" else "")
    assert "; ".join(sorted(part.strip() for part in headers["Content-Security-Policy"].split(";"))) == policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), payment=()"
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert len(headers["X-Request-Id"]) == 32


def test_cookies_are_out_of_scripts_reach(client: Client) -> None:
    response = client.get("/birth/")
    assert response.cookies
    for cookie in response.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
