"""Traces: a span for each page, statement, command, task and call, and nobody in any of them."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import aiohttp
import httpx
import psycopg
import pytest
import requests
from celery import Celery
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Span
from pytest_django.fixtures import Settings

from integrations.links import token_for
from selfbook.monitoring import spans, tracing
from tests.factories import make_campaign, make_invitation

TOKEN = "A1b2C3d4E5f6G7h8I9j0Kw"


class Traces:
    """The spans that would have left."""

    def __init__(self) -> None:
        self.kept = InMemorySpanExporter()
        self.provider: TracerProvider = spans.provider("test", self.kept)

    def read(self) -> list[ReadableSpan]:
        self.provider.force_flush()
        return list(self.kept.get_finished_spans())

    @property
    def text(self) -> str:
        return "\n".join(span.to_json() for span in self.read())


@pytest.fixture
def traces() -> Iterator[Traces]:
    made = Traces()
    middleware = list(django_settings.MIDDLEWARE)
    tracing.instrument(made.provider)
    yield made
    tracing.stop()
    django_settings.MIDDLEWARE = middleware
    made.provider.shutdown()


@pytest.fixture
def address() -> Iterator[str]:
    """A machine of somebody else's, which answers whatever is asked."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.django_db
def test_a_page_by_a_personal_link_is_a_span_without_the_link(traces: Traces) -> None:
    token = token_for(make_invitation(make_campaign(started=True)).id)
    tab = Client()
    assert tab.get(f"/i/{token}", {"mobile": "07700900123"}).status_code == 303
    tab.get(f"/i/{TOKEN}")
    tab.get(f"/join/{TOKEN}/")
    tab.get(f"/nowhere/{TOKEN}")
    pages = [span for span in traces.read() if (span.attributes or {}).get("http.method") == "GET"]
    assert len(pages) == 4
    assert any("<" in span.name or "i/" in span.name for span in pages)
    for personal in (token, TOKEN, "07700900123"):
        assert personal not in traces.text


@pytest.mark.django_db
def test_health_is_answered_under_any_host_and_makes_no_span_of_a_page(traces: Traces) -> None:
    for path in ("live", "ready", "work"):
        assert Client().get(f"/health/{path}", headers={"host": "10.0.0.7"}).status_code == 200
    assert not [span for span in traces.read() if (span.attributes or {}).get("http.method")]


def test_a_statement_is_a_span_without_its_values(traces: Traces, transactional_db: None) -> None:
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{name: parameters[name] for name in names if name in parameters}) as line:
        line.execute("SELECT %s::text, 'Ada Lovelace', 9990000018, E'O\\'Neil', $$Ada$$", ["07700900123"])
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            line.execute("SELECT %s::int", ["Ada"])
    statements = [str((span.attributes or {}).get("db.statement", "")) for span in traces.read()]
    assert any(statement.startswith("SELECT %s::text, ?, ?, ?, ?") for statement in statements), statements
    for personal in ("07700900123", "Ada", "Lovelace", "999", "Neil"):
        assert personal not in traces.text


def test_a_command_of_redis_is_a_span_without_its_key(traces: Traces) -> None:
    cache.set(f"visit:{TOKEN}", "Ada")
    redis = [span for span in traces.read() if (span.attributes or {}).get("db.system") == "redis"]
    assert {(span.attributes or {})["db.statement"] for span in redis} == {"SET"}
    assert TOKEN not in traces.text
    assert "Ada" not in traces.text


def test_calls_are_spans_without_their_addresses(traces: Traces, address: str) -> None:
    url = f"{address}/Patient/9990000018/i/{TOKEN}?mobile=07700900123"

    async def by_aiohttp() -> None:
        async with aiohttp.ClientSession() as session, session.get(url):
            pass

    requests.get(url, timeout=5)
    httpx.get(url, trust_env=False)
    asyncio.run(by_aiohttp())
    assert len(traces.read()) == 3
    for personal in ("9990000018", TOKEN, "07700900123", "Patient"):
        assert personal not in traces.text


def test_a_task_is_a_span_with_its_name_and_without_its_arguments(traces: Traces) -> None:
    with Celery(broker="memory://", set_as_current=False) as app:

        @app.task(name="made.up")
        def fails(_who: str) -> None:
            raise ValueError("Ada Lovelace")

        fails.apply(args=(TOKEN,))
    (span,) = [span for span in traces.read() if "made.up" in span.name]
    assert (span.attributes or {})["celery.task_name"] == "made.up"
    for personal in (TOKEN, "Ada"):
        assert personal not in traces.text


def test_an_attribute_that_nobody_knows_does_not_leave(traces: Traces) -> None:
    tracer = traces.provider.get_tracer("made up")
    with pytest.raises(ValueError, match="Ada"), tracer.start_as_current_span(f"GET /i/{TOKEN} 9990000018") as span:
        seen(span)
    (left,) = traces.read()
    assert left.attributes == {"http.route": "i/<token>"}
    for personal in ("Ada", TOKEN, "9990000018"):
        assert personal not in traces.text
    assert "ValueError" in traces.text


def seen(span: Span) -> None:
    span.set_attributes({"patient.name": "Ada", "http.url": f"https://x/i/{TOKEN}", "http.route": "i/<token>"})
    span.add_event("seen", {"who": "Ada"})
    raise ValueError("Ada")


def test_nothing_is_wrapped_while_no_place_is_named() -> None:
    code = """
import sys, django
django.setup()
from selfbook.monitoring import tracing
tracing.start("web")
assert not [name for name in sys.modules if name.startswith(("opentelemetry.instr", "opentelemetry.exp"))]
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_place_without_the_packages_stops_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:1"
    monkeypatch.delattr("selfbook.monitoring.spans")
    monkeypatch.setitem(sys.modules, "selfbook.monitoring.spans", None)
    with pytest.raises(ImproperlyConfigured, match=r"requirements-tracing\.txt"):
        tracing.start("web")
