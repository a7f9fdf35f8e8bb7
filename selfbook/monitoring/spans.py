"""What leaves of a span: its name and the attributes named here, with nothing in them by which anybody is found.

A list of what may leave, and not of what may not: a new version of an instrumentation brings attributes that nobody
here has seen. Addresses, queries, headers, arguments, keys and the words of errors stay here.
"""

import re
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

from selfbook.logs import strike

MOST_TEXT = 2_000
"""Characters of a statement, or of any other value."""

_KEPT = frozenset(
    {
        *("http.method", "http.request.method", "http.route", "http.status_code", "http.response.status_code"),
        *("http.scheme", "url.scheme", "http.flavor", "network.protocol.version", "error.type"),
        *("server.address", "server.port", "net.peer.name", "net.peer.port"),
        *("db.system", "db.system.name", "db.operation", "db.operation.name", "db.name", "db.namespace"),
        *("celery.action", "celery.state", "celery.task_name", "messaging.message_id", "messaging.destination"),
        *("messaging.destination.name", "messaging.operation", "messaging.system", "exception.type"),
    }
)
_STATEMENTS = frozenset({"db.statement", "db.query.text"})
_REDIS = frozenset({"redis"})

# Statements have placeholders for their values; what somebody has written into one all the same is struck out.
_WRITTEN = re.compile(r"E?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$.*?\$\1\$|\b\d+(?:\.\d+)?\b", re.DOTALL)
_DIGITS = re.compile(r"\d{5,}")


class Clean(SpanExporter):
    """Hands spans on to another exporter, without what is personal."""

    def __init__(self, exporter: SpanExporter) -> None:
        """`exporter` sends them off, or keeps them."""
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the clean spans off."""
        return self._exporter.export([clean(span) for span in spans])

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send off what waits; whether that was done in time."""
        return self._exporter.force_flush(timeout_millis)


def provider(service: str, exporter: SpanExporter | None = None) -> TracerProvider:
    """What makes the spans of one process. They go to `exporter`, or in batches to OTEL_EXPORTER_OTLP_ENDPOINT."""
    tracer = TracerProvider(resource=Resource.create({"service.name": f"selfbook-{service}"}))
    tracer.add_span_processor(BatchSpanProcessor(Clean(exporter or OTLPSpanExporter())))
    return tracer


def clean(span: ReadableSpan) -> ReadableSpan:
    """A copy of a span of which everything may leave. Of an error only its kind is left."""
    return ReadableSpan(
        name=_text(span.name),
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span.attributes or {}),
        events=[
            Event(_text(event.name), _attributes(event.attributes or {}), event.timestamp) for event in span.events
        ],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _attributes(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    kept: dict[str, AttributeValue] = {name: _value(value) for name, value in attributes.items() if name in _KEPT}
    system = attributes.get("db.system", attributes.get("db.system.name"))
    for name in _STATEMENTS & attributes.keys():
        statement = str(attributes[name])
        # A key of the cache may name a practice or a visit: of Redis only the command is left.
        kept[name] = statement.partition(" ")[0] if system in _REDIS else _statement(statement)
    return kept


def _statement(statement: str) -> str:
    return _text(_WRITTEN.sub("?", statement[: 4 * MOST_TEXT]))


def _value(value: AttributeValue) -> AttributeValue:
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return str(_DIGITS.sub("?", strike(text)))[:MOST_TEXT]
