"""Practices in a storm: connected to stand-ins of their own, which call back to a web server of ours."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from integrations.sandbox.server import SandboxServer
from tests.resilience.storm.clock import FastClock
from tests.resilience.storm.outside import SandboxProcess
from tests.resilience.storm.storm import GIVE_UP
from tests.waiting import wait_until


@pytest.fixture
def sandbox(transactional_db: None) -> Iterator[SandboxServer]:
    """Stand-ins of this test's own: other tests' faults and clock are not ours."""
    with SandboxProcess() as server:
        yield server
    # Their last calls have to come to an end, too, before the tables are emptied for the next test.
    wait_until(lambda: not _others_at_work())


def _others_at_work() -> int:
    """Statements that other connections are carrying out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def clock(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> FastClock:
    """Twenty times as fast, for us and for the stand-ins."""
    clock = FastClock(rate=20)
    clock.keep(sandbox)
    monkeypatch.setattr(timezone, "now", clock.now)
    monkeypatch.setattr("integrations.messaging.twilio.client.ANSWER_SECONDS", GIVE_UP)
    return clock


@pytest.fixture
def called_back(live_server: LiveServer, settings: Settings) -> None:
    """Receipts reach us."""
    settings.PUBLIC_BASE_URL = live_server.url
