"""`/metrics`, as Prometheus reads it: of web by its address, of a worker by a port of its own; both with the token."""

import logging
from collections.abc import Iterable
from hmac import compare_digest
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import ValueClass

from core import metrics as counted
from selfbook.monitoring.states import States

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SHARED = ValueClass.__name__ != "MutexValue"
"""Whether the processes of this container keep their numbers in one folder (PROMETHEUS_MULTIPROC_DIR)."""


def metrics(request: HttpRequest) -> HttpResponse:
    """All numbers of this container's processes, and the states that the database has. 401 without the token."""
    if not _may_read(request.META.get("HTTP_AUTHORIZATION", "")):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"}, content_type="text/plain")
    return HttpResponse(generate_latest(registry(States())), content_type=CONTENT_TYPE)


def registry(*more: Any) -> CollectorRegistry:
    """A registry of what the processes count, and of further collectors."""
    collected = CollectorRegistry()
    if _SHARED:
        MultiProcessCollector(collected)  # type: ignore[no-untyped-call]
    else:
        for metric in counted.COUNTED:
            collected.register(metric)
    for collector in more:
        collected.register(collector)
    return collected


def serve_workers(**_: Any) -> None:
    """Answer on METRICS_PORT for a worker's processes. A port that is taken is logged: the work goes on."""
    if not settings.METRICS_PORT or not settings.METRICS_TOKEN:
        return
    try:
        server = make_server("", settings.METRICS_PORT, _worker_numbers, _Server, _Silent)
    except OSError as error:
        logger.error("no metrics: the port is taken", extra={"error": type(error).__name__})
        return
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    timeout = 10

    def log_message(self, *_: Any) -> None:
        """Nothing: its lines would be no JSON."""


def _worker_numbers(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ.get("PATH_INFO") != "/metrics":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b""]
    if not _may_read(str(environ.get("HTTP_AUTHORIZATION", ""))):
        start_response("401 Unauthorized", [("Content-Type", "text/plain"), ("WWW-Authenticate", "Bearer")])
        return [b""]
    start_response("200 OK", [("Content-Type", CONTENT_TYPE)])
    return [generate_latest(registry())]


def _may_read(authorization: str) -> bool:
    """Whether the header has our token. Without a token of ours nobody's is right."""
    kind, _, shown = authorization.partition(" ")
    token: str = settings.METRICS_TOKEN
    return bool(token) and kind.lower() == "bearer" and compare_digest(shown.strip().encode(), token.encode())
