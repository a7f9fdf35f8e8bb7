"""How long a session lasts, and the limits on guessing, with and without Redis."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from practices.models import User
from selfbook.celery import app
from selfbook.embedded.ports import free_port
from selfbook.tasks import clear_sessions
from tests.factories import make_campaign, make_practice, make_staff
from tests.html import check_page

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
