"""/health/live and /health/ready: for load balancers, by whatever name and scheme they ask."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from selfbook.embedded.ports import free_port

ADDRESSES = ["/health/live", "/health/ready", "/health/work"]

# A process of its own, whose PostgreSQL and Redis are at ports that nobody serves.
AWAY = """
import json, time, django
django.setup()
from django.test import Client
answers = {}
for path in ("live", "ready", "work", "live"):
    began = time.monotonic()
    answer = Client().get(f"/health/{path}", headers={"host": "10.0.0.7"})
    answers[path] = [answer.status_code, time.monotonic() - began, answer.json()]
print(json.dumps(answers))
"""


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*ADDRESSES, "/health/live/", "/health/ready/"])
def test_any_host_and_plain_http_are_answered_without_a_redirect_or_a_session(
    client: Client, settings: Settings, path: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for host in ("10.0.0.7:8000", "nobody.example", "a_b"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 200
        assert answer.json()["status"] == "ok"
        assert not answer.cookies
        assert answer.headers["Cache-Control"] == "no-store"
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_live_asks_the_database_nothing_and_ready_one_thing(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get("/health/live")
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        client.get("/health/ready")
    assert len(queries) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/lively", "/health/live//", "/health/live/x", "/health/Live"])
def test_no_other_address_is_taken_for_one(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_what_asked_before_is_answered_as_before(client: Client) -> None:
    assert client.get("/health/").content == b"ok"


def test_without_postgresql_and_redis_live_is_well_and_the_others_say_so_soon() -> None:
    away = {
        **os.environ,
        "DATABASE_URL": f"postgres://nobody@127.0.0.1:{free_port()}/nothing",
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }
    done = subprocess.run([sys.executable, "-c", AWAY], env=away, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout)
    assert answers["live"][0] == 200
    for path in ("ready", "work"):
        status, seconds, body = answers[path]
        assert status == 503
        assert seconds < 8
        assert body["parts"]["database"] == {"state": "bad"}
    assert answers["work"][2]["parts"]["redis"] == {"state": "bad"}
