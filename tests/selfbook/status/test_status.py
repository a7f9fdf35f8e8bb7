"""The administrators' page of how all stands: who sees it, and what it says."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.models import ClinicalOutage
from integrations.models import ClinicalConnection
from integrations.models.outbox import Stoppage
from integrations.models.states import MessageState
from practices.holds import services as holds
from selfbook.celery import note_sweep
from selfbook.status import queues, services, standing_still, sweeps
from tests.factories import make_invitation, make_message, make_practice, make_staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/status/"


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(make_staff(make_practice(), is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def _no_worker_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PING_SECONDS", 0.05)


@pytest.mark.usefixtures("_no_worker_is_waited_for")
def test_an_administrator_finds_it_from_the_first_page(administrator: Client) -> None:
    assert PAGE in administrator.get(reverse("admin:index")).content.decode()
    text = administrator.get(PAGE).content.decode()
    assert "No worker answers" in text or "celery@" in text, "those of another test may be there"
    assert "Version " in text
    assert "not known (set BACKUP_STAMP_FILE)" in text
    assert administrator.post(PAGE).status_code == 405


@pytest.mark.parametrize(("fields", "status"), [({"is_staff": True}, 403), ({}, 302)])
def test_nobody_else_sees_it(client: Client, fields: dict[str, Any], status: int) -> None:
    client.force_login(make_staff(make_practice(), **fields))
    assert client.get(PAGE).status_code == status
    assert PAGE not in client.get(reverse("admin:index"), follow=True).content.decode()


def test_what_is_due_is_counted_with_the_age_of_the_first() -> None:
    now = timezone.now()
    due = make_message(make_invitation(), due_at=now - timedelta(hours=2, minutes=5))
    make_message(make_invitation(), due_at=now)
    make_message(make_invitation(), due_at=now + timedelta(hours=1))
    make_message(make_invitation(), state=MessageState.DELIVERED, due_at=None)
    texts = queues.texts()
    assert (texts.count, texts.age) == (2, "2 h 5 min")
    assert due.pk is not None
    assert {queue.name: queue.count for queue in queues.read() if queue.count} == {"Texts": 2}
    assert queues.Queue("", 1, timedelta(days=3, hours=4)).age == "3 d 4 h"
    assert queues.codes().age == ""


def test_practices_that_stand_still_are_named_with_all_reasons() -> None:
    now = timezone.now()
    down, well = make_practice(name="B Surgery"), make_practice(name="A Surgery")
    ClinicalOutage.objects.create(practice=well, began_at=now - timedelta(minutes=1))
    assert standing_still.read() == []
    holds.hold(down, by=None)
    Stoppage.objects.create(practice=down, since=now, retry_at=now)
    ClinicalOutage.objects.create(practice=down, began_at=now - timedelta(hours=1))
    ClinicalConnection.objects.create(practice=down, gp_connect_url="https://gp.example.nhs.uk")
    ClinicalConnection.objects.update(certificate_ends_at=now - timedelta(days=1))
    (only,) = standing_still.read()
    assert only.practice == down
    assert [reason.split(" since")[0].split(" has not")[0].split(" expired")[0] for reason in only.reasons] == [
        "On hold",
        "The account with Twilio",
        "The clinical system is down",
        "The client certificate of GP Connect",
    ]
    holds.hold(None, by=None)
    assert [each.practice for each in standing_still.read()] == [None, down]


def test_more_practices_cost_no_more_statements() -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as statements:
            standing_still.read()
        return len(statements)

    for _ in range(2):
        holds.hold(make_practice(), by=None)
    before = cost()
    for _ in range(5):
        practice = make_practice()
        holds.hold(practice, by=None)
        ClinicalOutage.objects.create(practice=practice, began_at=timezone.now() - timedelta(hours=1))
    assert cost() == before


def test_certificates_are_shown_before_they_run_out() -> None:
    ClinicalConnection.objects.create(practice=make_practice(), gp_connect_url="https://gp.example.nhs.uk")
    ClinicalConnection.objects.update(certificate_ends_at=timezone.now() + timedelta(days=20))
    ((_, expiry),) = standing_still.certificates()
    assert expiry.days == 20
    assert standing_still.read() == []


def test_a_sweep_is_known_once_it_was_done_and_late_after_three_times() -> None:
    schedule = {"outbox": ("outbox.sweep", 10.0)}
    cache.delete("sweep:outbox.sweep")
    (unknown,) = sweeps.read(schedule)
    assert (unknown.at, unknown.is_late) == (None, False)
    sweeps.note("outbox.sweep")
    (done,) = sweeps.read(schedule)
    assert done.at is not None
    assert not done.is_late
    cache.set("sweep:outbox.sweep", (timezone.now() - timedelta(seconds=31)).isoformat())
    assert sweeps.read(schedule)[0].is_late
    cache.set("sweep:outbox.sweep", "what is this")
    assert sweeps.read(schedule)[0].at is None


@pytest.mark.parametrize(
    ("name", "state", "noted"),
    [
        ("outbox.sweep", "SUCCESS", True),
        ("outbox.sweep", "FAILURE", False),
        ("outbox.send_messages", "SUCCESS", False),
    ],
)
def test_workers_note_sweeps_that_succeeded(name: str, state: str, noted: bool) -> None:
    cache.delete(f"sweep:{name}")
    note_sweep(sender=type("Task", (), {"name": name}), state=state)
    assert (cache.get(f"sweep:{name}") is not None) == noted


def test_waiting_migrations_are_named() -> None:
    assert services.release().waiting == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'practices' AND name LIKE '0001%'")
    assert services.release().waiting == ["practices.0001_initial"]


def test_the_last_backup_is_what_its_stamp_says(settings: Settings, tmp_path: Path) -> None:
    stamp = tmp_path / "backup"
    settings.BACKUP_STAMP_FILE = str(stamp)
    assert services.backup_at() is None
    stamp.touch()
    os.utime(stamp, (1_750_000_000, 1_750_000_000))
    at = services.backup_at()
    assert at is not None
    assert at.timestamp() == 1_750_000_000
    settings.BACKUP_STAMP_FILE = ""
    assert services.backup_at() is None
