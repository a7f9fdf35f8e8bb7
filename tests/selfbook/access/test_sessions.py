"""How long a session lasts, and the limits on guessing, with and without Redis."""

import time
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCache
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from practices.models import Role, User
from practices.staff import services
from selfbook.celery import app
from selfbook.embedded.ports import free_port
from selfbook.tasks import clear_sessions
from tests.factories import make_campaign, make_practice, make_staff
from tests.html import check_page
from tests.selfbook.access.rules import OPEN
from tests.selfbook.access.test_bad_input import paths_of

pytestmark = pytest.mark.django_db

PASSWORD = "a long made-up password"  # the factory's


@pytest.fixture
def staff() -> User:
    return make_staff(make_practice())


@pytest.fixture
def without_redis(settings: Settings) -> None:
    """Nothing answers where Redis should be."""
    away = settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = settings.CACHES | {"default": away}


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(client: Client, staff: User) -> None:
    draft, start = make_campaign(by=staff, practice=staff.memberships.get().practice), time.time()
    home = reverse("campaigns:home")
    with time_machine.travel(start, tick=False) as clock:
        client.force_login(staff)
        for _ in range(12 * 3 - 1):
            clock.shift(timedelta(minutes=20))
            assert client.get(home).status_code == 200
        clock.shift(timedelta(minutes=25))
        response = client.get(reverse("campaigns:summary", args=[draft.id]), follow=True)
    assert not response.wsgi_request.user.is_authenticated
    assert "You were logged in for 12 hours" in check_page(response).text
    assert f"next=/batches/{draft.id}" in response.redirect_chain[0][0]
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_session_ends_after_half_an_hour_unused(client: Client, staff: User) -> None:
    client.force_login(staff)
    with time_machine.travel(time.time() + 31 * 60):
        assert not client.get(reverse("campaigns:home")).wsgi_request.user.is_authenticated


def test_changing_the_password_ends_the_other_sessions_only(client: Client, staff: User) -> None:
    other, new = Client(), "correct horse battery staple"
    for browser in (client, other):
        browser.force_login(staff)
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get(reverse("campaigns:home")).status_code == 200
    assert not other.get(reverse("campaigns:home")).wsgi_request.user.is_authenticated


def test_old_sessions_are_forgotten_every_day(client: Client, staff: User) -> None:
    client.force_login(staff)
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
    clear_sessions()
    assert not Session.objects.exists()
    (entry,) = [e for e in app.conf.beat_schedule.values() if e["task"] == clear_sessions.name]
    assert entry["schedule"] == 24 * 3600


@pytest.mark.usefixtures("without_redis")
def test_logging_in_without_redis(client: Client, staff: User) -> None:
    caches["limits"].clear()
    response = client.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD})
    assert response.headers["Location"] == reverse("campaigns:home")


@pytest.mark.usefixtures("without_redis")
def test_the_limit_holds_without_redis(client: Client, staff: User) -> None:
    caches["limits"].clear()
    for _ in range(5):
        client.post(reverse("account_login"), {"login": staff.email, "password": "not the one"})
    page = check_page(client.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD}))
    assert "Too many tries" in page.text


def test_emptying_redis_forgets_no_tries(client: Client, staff: User) -> None:
    cache.clear()
    for _ in range(5):
        client.post(reverse("account_login"), {"login": staff.email, "password": "not the one"})
    RedisCache.clear(caches["default"])
    page = check_page(client.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD}))
    assert "Too many tries" in page.text


def test_limits_are_the_same_for_addresses_that_there_are_not(client: Client, staff: User) -> None:
    texts = []
    for email in (staff.email, "nobody@example.org"):
        cache.clear()
        for _ in range(5):
            client.post(reverse("account_login"), {"login": email, "password": "not the one"})
        page = check_page(client.post(reverse("account_login"), {"login": email, "password": "not the one"}))
        texts.append(page.text)
    assert texts[0] == texts[1]
    assert "Too many tries" in texts[0]


def test_an_unknown_address_costs_as_much_work_as_a_known_one(client: Client, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    known = make_staff(make_practice())
    known.set_password(PASSWORD)
    known.save()

    def seconds(email: str) -> float:
        cache.clear()
        began = time.process_time()
        client.post(reverse("account_login"), {"login": email, "password": "not the one"})
        return time.process_time() - began

    seconds(known.email)  # what is loaded once is loaded now
    times = {email: min(seconds(email) for _ in range(3)) for email in (known.email, "nobody@example.org")}
    assert max(times.values()) < 2 * min(times.values())


@pytest.mark.parametrize("name", sorted(OPEN))
@pytest.mark.parametrize("cookies", ["", "session=abcdefghijklmnopqrstuvwxyz012345"], ids=["new", "made up"])
def test_no_page_for_everybody_makes_a_session(name: str, cookies: str, staff: User) -> None:
    Client(headers={"cookie": cookies}).get(paths_of([name], staff)[name])
    assert not Session.objects.exists()


def test_a_link_that_works_makes_none_either(staff: User, settings: Settings) -> None:
    _, token = services.invite(
        practice=staff.memberships.get().practice, by=staff, email="n@example.org", role=Role.SENDER
    )
    browser = Client()
    assert "Join Example Surgery" in text_of_page(browser.get(reverse("practices:join", args=[token]), follow=True))
    (link,) = reset_links(browser, staff.email)
    assert link.startswith(settings.PUBLIC_BASE_URL)
    path = link.removeprefix(settings.PUBLIC_BASE_URL)
    assert "New password again" in text_of_page(browser.get(path, follow=True))
    assert not Session.objects.exists()


def reset_links(browser: Client, email: str, **headers: str) -> list[str]:
    """The links that were emailed to somebody who asked for a new password."""
    mail.outbox.clear()
    browser.post(reverse("account_reset_password"), {"email": email}, headers=headers)
    return [line for sent in mail.outbox for line in str(sent.body).splitlines() if "/key/" in line]


def text_of_page(response: HttpResponseBase) -> str:
    return check_page(response).text


def test_a_new_password_by_the_link(staff: User, settings: Settings) -> None:
    browser = Client()
    (link,) = reset_links(browser, staff.email)
    page = browser.get(link.removeprefix(settings.PUBLIC_BASE_URL), follow=True)
    path = page.redirect_chain[0][0]
    assert path.endswith("-set-password/")
    assert "does not work" in text_of_page(Client().get(path)), "the address alone is nothing"
    new = "three random made-up words"
    done = browser.post(path, {"password1": new, "password2": new})
    assert done.headers["Location"] == reverse("account_reset_password_from_key_done")
    staff.refresh_from_db()
    assert staff.check_password(new)
    assert "does not work" in text_of_page(browser.get(link.removeprefix(settings.PUBLIC_BASE_URL), follow=True))


@pytest.mark.hazard("H-19.7")
def test_the_host_of_a_request_is_not_in_the_link(staff: User, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    (link,) = reset_links(Client(), staff.email, host="attacker.example")
    assert link.startswith(f"{settings.PUBLIC_BASE_URL}/account/")


@pytest.mark.hazard("H-19.8")
def test_a_former_address_neither_logs_in_nor_gets_a_link(staff: User) -> None:
    former = staff.email
    browser = Client()
    browser.post(reverse("account_login"), {"login": former, "password": PASSWORD})
    EmailAddress.objects.update_or_create(user=staff, email=former, defaults={"verified": True, "primary": True})
    staff.email = "new-address@example.org"
    staff.save()
    later = Client()
    page = check_page(later.post(reverse("account_login"), {"login": former, "password": PASSWORD}))
    assert "The email address or the password is wrong" in page.text
    assert reset_links(later, former) == []
    assert len(reset_links(later, "New-Address@example.org")) == 1
    assert later.post(reverse("account_login"), {"login": staff.email, "password": PASSWORD}).status_code == 302
