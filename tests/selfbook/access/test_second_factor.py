"""The second factor: nobody sees a practice's page without one, and each way of showing it."""

import re
import time

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from practices.models import AuditEvent, Role, User
from tests.factories import make_practice, make_staff
from tests.html import check_page, page_of, text_of
from tests.selfbook.access.codes import code

# Real transactions: django-allauth says that a factor was added once that is committed.
pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long made-up password"  # the factory's
HOME = "campaigns:home"


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    cache.clear()


@pytest.fixture
def staff() -> User:
    return make_staff(make_practice(), Role.MANAGER)


def log_in(client: Client, staff: User) -> str:
    response = client.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD}, follow=True)
    return response.redirect_chain[-1][0] if response.redirect_chain else ""


def set_up(client: Client) -> str:
    """The secret of an app that was set up as the pages ask."""
    page = check_page(client.get(reverse("mfa_activate_totp"), follow=True))
    key = page.by_id("key")
    assert key is not None
    secret = text_of(key).replace(" ", "")
    done = client.post(reverse("mfa_activate_totp"), {"code": code(secret)}, follow=True)
    assert "Your recovery codes" in check_page(done).title
    return secret


def test_a_password_alone_leads_to_setting_up_and_to_no_other_page(client: Client, staff: User) -> None:
    assert log_in(client, staff) == reverse("mfa_index")
    assert "a password alone is not enough" in check_page(client.get(reverse("mfa_index"))).text
    for name in (HOME, "patients:opt-outs", "practices:staff", "admin:index", "account_change_password"):
        assert client.get(reverse(name)).headers["Location"] == reverse("mfa_index"), name
    assert client.post(reverse("campaigns:new"), {"kind": "self-book"}).headers["Location"] == reverse("mfa_index")


def test_setting_up_an_app(client: Client, staff: User) -> None:
    log_in(client, staff)
    page = check_page(client.get(reverse("mfa_activate_totp"), follow=True))
    (code_image,) = page.with_class("app-qr")
    assert len(str(next(iter(code_image)).get("d"))) > 1000
    wrong = check_page(client.post(reverse("mfa_activate_totp"), {"code": "000000"}))
    assert "The code is wrong" in wrong.text
    set_up(client)
    assert client.get(reverse(HOME)).status_code == 200, "the session has shown it"
    assert AuditEvent.objects.filter(action="account.factor_added", actor=staff).exists()
    index = check_page(client.get(reverse("mfa_index"))).text
    assert "You have set up an app" in index
    assert "10 codes left" in index


def test_the_secret_is_not_in_the_database(client: Client, staff: User) -> None:
    log_in(client, staff)
    secret = set_up(client)
    stored = str(list(staff.authenticator_set.values("data")))  # type: ignore[attr-defined] # allauth's model
    assert secret not in stored


def test_logging_in_with_a_code_once(client: Client, staff: User) -> None:
    log_in(client, staff)
    secret = set_up(client)
    later = time.time() + 120
    with time_machine.travel(later):
        other = Client()
        assert log_in(other, staff) == reverse("mfa_authenticate")
        assert not other.get(reverse(HOME)).wsgi_request.user.is_authenticated
        check_page(other.get(reverse("mfa_authenticate")))
        wrong = check_page(other.post(reverse("mfa_authenticate"), {"code": "123"}))
        assert "The code is wrong" in wrong.text
        data = {"code": code(secret)}
        assert other.post(reverse("mfa_authenticate"), data).headers["Location"] == reverse(HOME)
        assert other.get(reverse(HOME)).status_code == 200
        third = Client()
        log_in(third, staff)
        assert "The code is wrong" in check_page(third.post(reverse("mfa_authenticate"), data)).text, "used"


def test_recovery_codes_work_once(client: Client, staff: User) -> None:
    log_in(client, staff)
    page = check_page(client.get(reverse("mfa_activate_totp"), follow=True))
    key = page.by_id("key")
    assert key is not None
    data = {"code": code(text_of(key).replace(" ", ""))}
    shown = page_of(client.post(reverse("mfa_activate_totp"), data, follow=True))
    codes = [text_of(element) for element in shown.all("code")]
    assert len(codes) == 10
    assert codes[0] not in check_page(client.get(reverse("mfa_view_recovery_codes"))).text, "shown once"
    for wanted in (True, False):
        other = Client()
        log_in(other, staff)
        let_in = other.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302
        assert let_in is wanted


def test_a_session_from_before_must_show_the_factor_before_it_can_add_another(client: Client, staff: User) -> None:
    thief = Client()
    log_in(thief, staff)  # with a stolen password, and nothing set up yet
    log_in(client, staff)
    set_up(client)
    for name in (HOME, "mfa_add_webauthn", "mfa_index"):
        assert thief.get(reverse(name)).headers["Location"].startswith(reverse("mfa_reauthenticate")), name
    check_page(thief.get(reverse("mfa_reauthenticate")))


def test_the_only_factor_stays(client: Client, staff: User) -> None:
    log_in(client, staff)
    set_up(client)
    page = check_page(client.get(reverse("mfa_deactivate_totp"), follow=True))
    assert "It is your only way" in page.text
    client.post(reverse("mfa_deactivate_totp"))
    assert "You have set up an app" in check_page(client.get(reverse("mfa_index"))).text


def test_a_new_password_does_not_get_around_the_factor(client: Client, staff: User) -> None:
    log_in(client, staff)
    set_up(client)
    other = Client()
    other.post(reverse("account_reset_password"), {"email": staff.email})
    match = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert match
    form = other.get(match[1], follow=True).redirect_chain[-1][0]
    new = "correct horse battery staple"
    other.post(form, {"password1": new, "password2": new})
    assert not other.get(reverse(HOME)).wsgi_request.user.is_authenticated
    other.post(reverse("account_login"), {"login": staff.email, "password": new})
    assert other.get(reverse(HOME)).status_code == 302
    assert client.get(reverse(HOME)).status_code == 302, "a new password logs everybody out"


def test_guessing_codes_is_stopped(client: Client, staff: User) -> None:
    log_in(client, staff)
    set_up(client)
    other = Client()
    log_in(other, staff)
    for _ in range(5):
        other.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Too many tries" in check_page(other.post(reverse("mfa_authenticate"), {"code": "000000"})).text


def test_passkey_pages_hold_what_the_browser_needs(client: Client, staff: User) -> None:
    log_in(client, staff)
    page = check_page(client.get(reverse("mfa_add_webauthn"), follow=True))
    (form,) = [form for form in page.all("form") if form.get("data-passkey") == "create"]
    assert '"challenge"' in str(form.get("data-options"))
    bad = check_page(client.post(reverse("mfa_add_webauthn"), {"credential": "{}"}))
    assert "The passkey did not work" in bad.text


def test_the_admin_has_no_log_in_of_its_own(client: Client) -> None:
    response = client.post(reverse("admin:login"), {"username": "a@example.org", "password": PASSWORD})
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["mfa_add_webauthn", "mfa_reauthenticate_webauthn"])
@pytest.mark.parametrize(
    "answer",
    [
        "1" * 5000,
        "[" * 30_000,
        "[]",
        "[1]",
        '"\\ud800"',
        '{"rawId": 1}',
        '{"id": "a"}',
        '{"rawId": "é", "response": {}}',
    ],
    ids=range(8),
)
def test_what_is_no_passkey_is_refused_in_words(client: Client, staff: User, name: str, answer: str) -> None:
    log_in(client, staff)
    client.get(reverse("mfa_add_webauthn"), follow=True)
    response = client.post(reverse(name), {"credential": answer})
    assert response.status_code in (200, 302)
