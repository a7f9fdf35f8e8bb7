"""Logging in and out, and passwords: each page as a member of staff meets it."""

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from practices.models import User
from tests.factories import make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db

PASSWORD = "a long made-up password"  # the factory's
ANOTHER = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _no_limits_reached() -> None:
    cache.clear()


@pytest.fixture
def staff() -> User:
    return make_staff(make_practice())


@pytest.fixture
def signed_in(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("account_login", "Log in"),
        ("account_signup", "Ask your administrator for an account"),
        ("account_inactive", "Your account is switched off"),
        ("account_reset_password", "Get a new password"),
        ("account_reset_password_done", "Check your email"),
        ("account_reset_password_from_key_done", "You have a new password"),
    ],
)
def test_pages_before_logging_in(client: Client, name: str, heading: str) -> None:
    page = check_page(client.get(reverse(name)))
    assert page.title == f"{heading} - Selfbook"


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("account_logout", "Do you want to log out?"),
        ("account_change_password", "Change your password"),
        ("account_reauthenticate", "Enter your password again"),
    ],
)
def test_pages_after_logging_in_name_the_practice(signed_in: Client, name: str, heading: str) -> None:
    page = check_page(signed_in.get(reverse(name)))
    assert page.title == f"{heading} - Example Surgery - Selfbook"


def test_logging_in_leads_to_the_batches(client: Client, staff: User) -> None:
    response = client.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD})
    assert response.status_code == 302
    assert response["Location"] == reverse("campaigns:home")


def test_logging_in_returns_to_the_page_that_was_asked_for(client: Client, staff: User) -> None:
    wanted = reverse("account_change_password")
    page = check_page(client.get(reverse("account_login"), {"next": wanted}))
    sent = {field.get("name"): field.get("value", "") for field in page.all("input")}
    assert sent["next"] == wanted
    response = client.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD, "next": wanted})
    assert response["Location"] == wanted


def test_logging_in_never_leads_to_another_site(client: Client, staff: User) -> None:
    data = {"login": staff.email, "password": PASSWORD, "next": "//evil.example"}
    assert client.post(reverse("account_login"), data)["Location"] == reverse("campaigns:home")


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({}, ["Enter your email address", "Enter your password"]),
        (
            {"login": "ada", "password": PASSWORD},
            ["Enter an email address in the correct format, like name@example.com"],
        ),
        (
            {"login": "nobody@example.org", "password": PASSWORD},
            ["The email address or the password is wrong. Check both and try again"],
        ),
    ],
)
def test_what_is_wrong_at_log_in(client: Client, data: dict[str, str], errors: list[str]) -> None:
    page = check_page(client.post(reverse("account_login"), data))
    assert page.title == "Error: Log in - Selfbook"
    for error in errors:
        assert error in page.text
    email = page.by_id("id_login")
    assert email is not None
    assert email.get("value", "") == data.get("login", "")
    assert PASSWORD not in str([field.attrib for field in page.all("input")])


def test_a_wrong_password_and_an_unknown_address_look_the_same(client: Client, staff: User) -> None:
    pages = [
        check_page(client.post(reverse("account_login"), {"login": login, "password": "not the one"})).text
        for login in (staff.email, "nobody@example.org")
    ]
    assert pages[0] == pages[1]


def test_guessing_is_stopped(client: Client, staff: User) -> None:
    data = {"login": staff.email, "password": "not the one"}
    for _ in range(5):
        client.post(reverse("account_login"), data)
    page = check_page(client.post(reverse("account_login"), data | {"password": PASSWORD}))
    assert "Too many tries. Wait 5 minutes, then try again" in page.text


def test_an_account_that_is_switched_off_cannot_be_used(client: Client, staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_active=False)
    response = client.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD}, follow=True)
    assert not response.wsgi_request.user.is_authenticated
    assert "switched off" in check_page(response).text or "is wrong" in check_page(response).text


def test_nobody_makes_an_account_by_themselves(client: Client) -> None:
    data = {"email": "new@example.org", "password1": ANOTHER}
    check_page(client.post(reverse("account_signup"), data))
    assert not User.objects.filter(email="new@example.org").exists()


def test_logging_out_ends_the_session(signed_in: Client) -> None:
    assert signed_in.get(reverse("account_logout")).wsgi_request.user.is_authenticated
    response = signed_in.post(reverse("account_logout"), follow=True)
    assert not response.wsgi_request.user.is_authenticated
    assert "You have logged out." in check_page(response).text


def test_changing_the_password(signed_in: Client, staff: User) -> None:
    data = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    page = check_page(signed_in.post(reverse("account_change_password"), data, follow=True))
    assert "You have changed your password." in page.text
    staff.refresh_from_db()
    assert staff.check_password(ANOTHER)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "Enter the password you use now"),
        ({"oldpassword": "wrong", "password1": ANOTHER, "password2": ANOTHER}, "That is not the password you use now"),
        ({"oldpassword": PASSWORD, "password1": ANOTHER, "password2": "other"}, "the same password each time"),
        ({"oldpassword": PASSWORD, "password1": "short", "password2": "short"}, "at least 12 characters"),
    ],
)
def test_what_is_wrong_with_a_new_password(signed_in: Client, data: dict[str, str], error: str) -> None:
    page = check_page(signed_in.post(reverse("account_change_password"), data))
    assert error in page.text


def test_confirming_the_password(signed_in: Client) -> None:
    page = check_page(signed_in.post(reverse("account_reauthenticate"), {"password": "wrong"}))
    assert "The password is wrong. Try again" in page.text
    assert signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


def _ask_for_a_link(client: Client, email: str) -> Any:
    return client.post(reverse("account_reset_password"), {"email": email}, follow=True)


def test_a_forgotten_password(client: Client, staff: User) -> None:
    assert "Check your email" in check_page(_ask_for_a_link(client, staff.email)).text
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([staff.email], "Choose a new Selfbook password")
    match = re.search(r"http://testserver(\S+)", str(sent.body))
    assert match
    form = client.get(match[1], follow=True)
    page = check_page(form)
    assert "Choose a new password" in page.title
    wrong = check_page(client.post(form.redirect_chain[-1][0], {"password1": "short", "password2": "short"}))
    assert "at least 12 characters" in wrong.text
    done = client.post(form.redirect_chain[-1][0], {"password1": ANOTHER, "password2": ANOTHER}, follow=True)
    assert "You have a new password" in check_page(done).text
    staff.refresh_from_db()
    assert staff.check_password(ANOTHER)
    assert "This link does not work" in check_page(Client().get(match[1], follow=True)).title


def test_an_unknown_address_gets_the_same_page_and_no_email(client: Client, staff: User) -> None:
    known = check_page(_ask_for_a_link(client, staff.email)).text
    mail.outbox.clear()
    assert check_page(_ask_for_a_link(client, "nobody@example.org")).text == known
    assert mail.outbox == []


def test_an_empty_address_is_asked_for_again(client: Client) -> None:
    page = check_page(client.post(reverse("account_reset_password"), {"email": ""}))
    assert "Enter your email address" in page.text


def test_too_many_tries_get_a_page_that_says_so(client: Client) -> None:
    url = reverse("account_reset_password")
    answers = [client.post(url, {"email": "nobody@example.org"}) for _ in range(6)]
    assert answers[-1].status_code == 429
    assert "Wait a few minutes" in check_page(answers[-1]).text
