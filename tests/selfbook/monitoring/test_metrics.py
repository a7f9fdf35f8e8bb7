"""/metrics: for whoever has the token, and nothing personal in it."""

import re
from http.client import HTTPConnection
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from core import metrics
from integrations.links import token_for
from integrations.messaging.port import Accepted, DeliveryStatus, FailureKind, NotAccepted
from integrations.models.states import MessageState
from integrations.outbox.messages.settling import settle
from practices.holds import services as holds
from selfbook.embedded.ports import free_port
from selfbook.monitoring import exposition, states
from selfbook.settings.safety import faults
from selfbook.settings.variables import read
from tests.factories import make_campaign, make_invitation, make_message
from tests.selfbook.monitoring.conftest import TOKEN

pytestmark = pytest.mark.django_db

SHOWN = {"authorization": f"Bearer {TOKEN}"}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def samples(client: Client) -> Samples:
    states.forget()
    answer = client.get("/metrics", headers={**SHOWN, "host": "10.0.0.7"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def of(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


@pytest.mark.parametrize("shown", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}", "Bearer ", "Bearer é"])
def test_nobody_reads_it_without_the_token(client: Client, shown: str) -> None:
    answer = client.get("/metrics", headers={"authorization": shown})
    assert answer.status_code == 401
    assert answer.content == b""


def test_nobody_reads_it_where_there_is_no_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    for shown in ("Bearer ", "Bearer", f"Bearer {TOKEN}"):
        assert client.get("/metrics", headers={"authorization": shown}).status_code == 401


@pytest.mark.parametrize("weak", ["vI3xq0mZt", "a" * 64, "abc" * 20, "password" * 8])
def test_a_token_that_can_be_guessed_is_refused_at_start_and_not_repeated(weak: str) -> None:
    sentences = [line for line in faults(read() | {"METRICS_TOKEN": weak}) if line.startswith("METRICS_TOKEN")]
    assert len(sentences) == 1
    assert weak not in sentences[0]


def test_a_port_without_a_token_is_refused_and_a_good_token_is_not() -> None:
    assert any("METRICS_PORT is set" in line for line in faults(read() | {"METRICS_PORT": 9100}))
    good = faults(read() | {"METRICS_PORT": 9100, "METRICS_TOKEN": TOKEN})
    assert not [line for line in good if line.startswith("METRICS")]


def test_states_are_those_of_the_database(client: Client) -> None:
    invitation = make_invitation()
    for _ in range(2):
        make_message(make_invitation(invitation.campaign), state=MessageState.DUE)
    holds.hold(invitation.practice, by=None)
    found = samples(client)
    assert of(found, "selfbook_queue_rows", queue="messages", state="due") == 2
    assert of(found, "selfbook_practices", state="held") == 1
    assert of(found, "selfbook_batches", state="running") == 1
    assert of(found, "selfbook_part_bad", part="beat") == 0
    assert of(found, "selfbook_sweep_took_seconds", task="booking.sweep") == 0.1


def test_sends_are_counted_by_channel_provider_and_result(client: Client) -> None:
    before = samples(client)
    rows = [make_message(make_invitation(), state=MessageState.STARTED, provider="twilio") for _ in range(2)]
    settle(rows[:1], [Accepted(rows[0].id, "SM1", DeliveryStatus.ACCEPTED)])
    settle(rows[1:], [NotAccepted(rows[1].id, FailureKind.PERMANENT, "21211", "No such number.")])
    after = samples(client)
    for result in ("accepted", "permanent"):
        labels = {"channel": rows[0].way, "provider": "twilio", "result": result}
        assert of(after, "selfbook_sends_total", **labels) == of(before, "selfbook_sends_total", **labels) + 1


def test_pages_are_counted_by_the_name_of_their_address(client: Client) -> None:
    invitation = make_invitation(make_campaign(started=True))
    client.get(f"/i/{token_for(invitation.id)}")
    client.get("/i/A1b2C3d4E5f6G7h8I9j0Kw")
    client.generic("MADEUP", "/nowhere/at/all/")
    text = client.get("/metrics", headers=SHOWN).content.decode()
    assert token_for(invitation.id) not in text
    assert "A1b2C3d4" not in text
    assert "nowhere" not in text
    assert "MADEUP" not in text
    assert re.search(r'selfbook_request_seconds_count\{method="other",route="none",status="\d+"\}', text)


def test_labels_are_few_and_nobodys(client: Client) -> None:
    practice = make_invitation().practice
    allowed = {
        *("channel", "provider", "result", "state", "method", "action", "outcome", "route", "status", "task"),
        *("queue", "part", "version", "le"),
    }
    found = samples(client)
    assert {name for _, labels in found for name, _ in labels} <= allowed
    values = {value for _, labels in found for _, value in labels}
    assert practice.ods_code not in values
    assert not [value for value in values if _is_id(value)]


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def test_a_scrape_takes_a_fixed_number_of_statements(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        samples(client)
    assert len(queries) <= 20
    with CaptureQueriesContext(connection) as queries:
        client.get("/metrics", headers=SHOWN)
    assert len(queries) == 0


def test_a_call_that_breaks_off_is_counted_as_an_error() -> None:
    with pytest.raises(OSError, match="made up"), metrics.timed(metrics.PROVIDER_SECONDS, provider="twilio"):
        raise OSError("made up")
    counted = metrics.PROVIDER_SECONDS.labels(provider="twilio", result="error")
    assert counted._sum.get() > 0


@pytest.fixture
def port(settings: Settings) -> int:
    settings.METRICS_PORT = number = free_port()
    exposition.serve_workers()
    return number


def test_a_worker_answers_on_its_port_with_the_token_alone(port: int) -> None:
    for headers, path, status in (({}, "/metrics", 401), (SHOWN, "/metrics", 200), (SHOWN, "/", 404)):
        line = HTTPConnection("127.0.0.1", port, timeout=10)
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        assert answer.status == status
        assert (b"selfbook_tasks" in answer.read()) is (status == 200)
        line.close()
    exposition.serve_workers()  # the port is taken now: that is logged, and the worker works on
