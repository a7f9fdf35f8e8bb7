"""PostgreSQL, Redis and keys of ours: what patients see while one is away or has changed (faults#changed-keys)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from psycopg import sql
from pytest_django.fixtures import Settings

from booking.models import Booking
from booking.slots import offered as slots
from booking.visits import identity
from campaigns.models import Invitation
from integrations.links import token_for
from tests.booking.surgery import BORN, WRONG, Patient, Surgery, work
from tests.html import check_page
from tests.tab import Tab

UNREACHABLE = "redis://127.0.0.1:1/0"


@contextmanager
def refused_by_postgresql() -> Iterator[None]:
    """PostgreSQL lets nobody into the test's database, and ends what is connected: as while it starts again."""
    settings = connection.settings_dict
    name, options = settings["NAME"], settings["OPTIONS"]
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # it is PostgreSQL's
    allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    with psycopg.connect(
        host=options.get("host") or settings["HOST"], user="postgres", dbname="postgres", autocommit=True
    ) as outside:
        outside.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        outside.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            outside.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined] # it is PostgreSQL's


@pytest.fixture
def impatient(surgery: Surgery) -> Iterator[None]:
    """Pages wait half a second for a connection, and no longer than in production afterwards."""
    pool = connection.settings_dict["OPTIONS"]["pool"]
    patience, pool["timeout"] = pool["timeout"], 0.5
    yield
    pool["timeout"] = patience
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # it is PostgreSQL's


@pytest.mark.usefixtures("impatient")
def test_while_postgresql_is_away_patients_are_told_to_come_back_and_nothing_is_half_done(
    surgery: Surgery,
) -> None:
    slot_id = surgery.session(count=1)
    patient = Patient(surgery.invite(), Tab(raise_request_exception=False)).identified()
    patient.take(slot_id)

    with refused_by_postgresql():
        answer = patient.confirm()

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    page = check_page(answer)
    assert "phone your GP surgery" in page.text
    assert not Booking.objects.exists()
    assert patient.confirm()["Location"] == "/b/done/"
    assert work(Booking.objects.get()).state == "booked"


def test_what_counts_wrong_dates_of_birth_outlives_redis(surgery: Surgery) -> None:
    invitation = surgery.invite()
    for _ in range(3):
        identity.check_date_of_birth(invitation_id=invitation.id, given=WRONG)
    cache.clear()
    assert identity.tries_left(invitation.id) == 2


def test_without_redis_patients_open_their_link_and_book(surgery: Surgery, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": UNREACHABLE}}
    slot_id = surgery.session(count=1)
    patient = Patient(surgery.invite(), Tab()).identified()
    assert patient.client.get("/b/times/").status_code == 200
    assert patient.take(slot_id)["Location"] == "/b/check/"
    assert patient.confirm()["Location"] == "/b/done/"
    assert work(Booking.objects.get()).state == "booked"


def test_after_a_change_of_the_secret_key_the_link_opens_again(surgery: Surgery, settings: Settings) -> None:
    invitation = surgery.invite()
    patient = Patient(invitation, Tab()).identified()
    settings.SECRET_KEY = "another-" + "k" * 50

    answer = patient.client.get("/b/times/")

    assert answer.status_code == 403
    assert "link" in check_page(answer).text
    assert patient.client.get(f"/i/{token_for(invitation.id)}").status_code == 303
    patient.choose()
    assert patient.tell_birth(BORN).status_code == 303


def test_patients_who_swap_their_times_are_both_served(surgery: Surgery) -> None:
    """PostgreSQL ends one of two transactions that wait for each other; that patient is asked to choose again."""
    first = surgery.session(count=2)
    patient, other = (Patient(surgery.invite(), Tab()).identified() for _ in range(2))
    assert patient.take(first)["Location"] == other.take(first + 1)["Location"] == "/b/check/"
    assert patient.take(first + 1)["Location"] == "/b/times/?notice=taken"
    assert patient.confirm()["Location"] == other.confirm()["Location"] == "/b/done/"
    assert {work(booking).state for booking in Booking.objects.all()} == {"booked"}


def test_a_link_of_which_the_last_day_has_come_while_its_patient_chooses(surgery: Surgery) -> None:
    slot_id = surgery.session(count=1)
    patient = Patient(surgery.invite(), Tab()).identified()
    patient.take(slot_id)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = patient.confirm()
    assert answer.status_code == 410
    assert "expired" in check_page(answer).text
    assert not Booking.objects.exists()
    assert len(slots.available(patient.invitation)) == 1
