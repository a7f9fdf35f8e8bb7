"""When something is wrong, people are told what happened and what to do."""

from pathlib import Path
from socket import socket

import pytest
from django.conf import settings
from django.db.utils import ConnectionHandler
from django.http import HttpResponse
from django.test import Client, RequestFactory

from selfbook.pages import errors
from selfbook.settings.security import LAST_RESORT_STYLE
from tests.html import check_page, text_of

pytestmark = pytest.mark.urls("tests.pages.urls")


@pytest.mark.django_db
def test_a_page_that_is_not_there(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "Page not found" in check_page(response).title


@pytest.mark.parametrize(
    ("view", "status"), [(errors.bad_request, 400), (errors.forbidden, 403), (errors.not_found, 404)]
)
def test_error_pages_stand_without_session_or_database(view: object, status: int) -> None:
    response = view(RequestFactory().get("/"), Exception())  # type: ignore[operator] # any of the three views
    assert response.status_code == status
    check_page(response)


@pytest.mark.django_db
def test_a_form_without_its_token(client: Client) -> None:
    response = Client(enforce_csrf_checks=True).post("/birth/", {"date_of_birth_day": "1"})
    assert response.status_code == 403
    page = check_page(response)
    assert "Go back and try again" in page.title
    assert "CSRF" not in page.text


def test_a_failure_of_ours() -> None:
    response = Client(raise_request_exception=False).get("/broken/")
    assert response.status_code == 500
    page = check_page(response)
    assert "Sorry, there is a problem with the service" in page.title
    assert "on purpose" not in page.text
    assert LAST_RESORT_STYLE in response.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_only_that_page_may_style_itself(client: Client) -> None:
    assert LAST_RESORT_STYLE not in client.get("/nowhere/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["500.html", "maintenance.html"])
def test_pages_of_last_resort_need_nothing_at_all(name: str) -> None:
    html = (settings.BASE_DIR / "templates" / "errors" / name).read_text(encoding="utf-8")
    page = check_page(HttpResponse(html))
    assert page.all("link", "script", "img", "form") == []
    (style,) = page.all("style")
    assert "url(" not in text_of(style)
    assert "{%" not in html
    assert "{{" not in html
    assert "phone your GP surgery" in page.text


@pytest.mark.django_db
def test_health_says_only_that_it_is_well(client: Client) -> None:
    response = client.get("/health/")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_health_fails_when_the_database_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        nowhere = {"HOST": "127.0.0.1", "PORT": unheard.getsockname()[1], "OPTIONS": {"connect_timeout": 2}}
        databases = {"default": {}, "nowhere": settings.DATABASES["default"] | nowhere}
        monkeypatch.setattr(errors, "connection", ConnectionHandler(databases)["nowhere"])
        response = errors.health(RequestFactory().get("/health/"))
    assert (response.status_code, response.content) == (503, b"unavailable")


def test_no_error_page_is_forgotten() -> None:
    folder: Path = settings.BASE_DIR / "templates" / "errors"
    assert {path.name for path in folder.iterdir()} == {
        *("400.jinja", "403.jinja", "404.jinja", "413.jinja", "429.jinja", "csrf.jinja", "base.jinja"),
        *("500.html", "maintenance.html"),
    }
