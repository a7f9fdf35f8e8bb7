"""Traces by OpenTelemetry, for whoever has named a place that takes them. Off, nothing is wrapped.

Each process starts its own, after it has parted from others: spans are sent off by a thread, and threads do not part.
"""

import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

logger = logging.getLogger(__name__)

_HEALTH = "selfbook.monitoring.health.answer_first"

_started = False


def start(service: str) -> None:
    """Trace this process from now on, where OTEL_EXPORTER_OTLP_ENDPOINT is set.

    Raises ImproperlyConfigured where it is, and the packages of the extra `tracing` are not there.
    """
    global _started
    if _started or not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return
    try:
        from selfbook.monitoring import spans
    except ImportError as error:
        raise ImproperlyConfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the packages for traces are not installed: install "
            "requirements-tracing.txt, or empty the setting (docs/monitoring.md)."
        ) from error
    _started = True
    instrument(spans.provider(service))
    logger.info("traces are sent", extra={"service": service})


def instrument(provider: "TracerProvider") -> None:
    """Have pages, statements, commands, tasks and calls make spans of this provider's."""
    # Behind what answers health checks: the span of a page asks for the host's name, and health is asked under any.
    place = settings.MIDDLEWARE.index(_HEALTH) + 1
    for instrumentor in _instrumentors():
        instrumentor.instrument(tracer_provider=provider, skip_dep_check=True, middleware_position=place)


def stop() -> None:
    """Make spans no more."""
    for instrumentor in _instrumentors():
        instrumentor.uninstrument()


def _instrumentors() -> list[Any]:
    from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.requests import RequestsInstrumentor

    return [
        DjangoInstrumentor(),
        PsycopgInstrumentor(),
        RedisInstrumentor(),
        CeleryInstrumentor(),  # type: ignore[no-untyped-call]
        RequestsInstrumentor(),
        HTTPXClientInstrumentor(),
        AioHttpClientInstrumentor(),
    ]
