"""The page of cookies names every cookie that the product sets, and no other."""

import ast
from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations.links import token_for
from practices.models import Role
from practices.staff import services as staff
from selfbook.information.cookies import of_patients, of_staff
from tests.factories import make_campaign, make_invitation, make_practice, make_staff
from tests.html import check_page
from tests.project.test_rules import ROOMS, ROOT

SETTERS = {"set_cookie", "set_signed_cookie", "keep"}
KNOWN = {
    "booking/visits/session.py",
    "core/web/signed_cookie.py",
    "practices/staff/browsers.py",
    "practices/views/joining.py",
    "selfbook/accounts/new_password.py",
    "selfbook/openid/before_login.py",
}
"""The modules that set cookies: the list has those of each. Django's own three are settings."""


def setting_cookies() -> Iterator[str]:
    for room in sorted(ROOMS):
        for path in (ROOT / room).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            if "cookie" not in source:
                continue
            calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
            if any(isinstance(call, ast.Attribute) and call.attr in SETTERS for call in calls):
                yield str(path.relative_to(ROOT))


def test_whoever_sets_another_cookie_puts_it_on_the_page() -> None:
    sandbox = {name for name in setting_cookies() if name.startswith("integrations/sandbox/")}
    assert set(setting_cookies()) - sandbox == KNOWN


def names(jar: SimpleCookie) -> set[str]:
    return set(jar)


@pytest.mark.django_db
def test_patients_get_those_of_their_list(client: Client) -> None:
    invitation = make_invitation(make_campaign(started=True, rows=0))
    client.get(f"/i/{token_for(invitation.id)}", follow=True)
    assert names(client.cookies) == {cookie.name for cookie in of_patients()}


@pytest.mark.django_db
def test_staff_get_those_of_theirs() -> None:
    client, practice = Client(), make_practice()
    user = make_staff(practice, Role.MANAGER)
    jar: set[str] = set()

    def note() -> None:
        jar.update(names(client.cookies))

    _, token = staff.invite(practice=practice, by=user, email="new@example.org", role=Role.SENDER)
    client.get(reverse("practices:join", args=[token]))
    note()
    client.post(reverse("account_reset_password"), {"email": user.email})
    (link,) = [word for word in str(mail.outbox[0].body).split() if word.startswith("http")]
    client.get(link.removeprefix("http://testserver"))
    note()
    client.post(reverse("account_login"), {"login": user.email, "password": "a long made-up password"})
    client.post(reverse("practices:appointment-reminders"), {"reminders": ["remind_3_days"]})
    note()
    assert jar - {"openid"} == {cookie.name for cookie in of_staff()} - {"openid"}


@pytest.mark.django_db
def test_the_page_has_each_with_its_purpose_and_life(client: Client, settings: Settings) -> None:
    text = check_page(client.get("/cookies/")).text
    for cookie in (*of_patients(), *of_staff()):
        assert cookie.name in text
        assert cookie.purpose in text
        assert cookie.life in text
    settings.HTTPS = True
    assert [cookie.name for cookie in of_staff()[-3:]] == ["__Host-joining", "__Host-new-password", "__Host-openid"]
