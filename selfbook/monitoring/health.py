"""The addresses that load balancers and monitoring ask: they answer before any host, log-in or https is looked at.

`/health/live` needs nothing, `/health/ready` PostgreSQL alone: while Redis is away patients can still open their links
and book. `/health/work` says whether work gets done; no load balancer should ask that, since taking web away mends
nothing. None of them says anything about anybody.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from psycopg import Error as PostgresError

from selfbook.monitoring import database, exposition, work

logger = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]


def answer_first(get_response: Handler) -> Handler:
    """Middleware, the outermost but for the log: every other part of a request may break, or refuse it."""

    def handle(request: HttpRequest) -> HttpResponse:
        view = ADDRESSES.get(request.path_info.rstrip("/"))
        if view is None or request.path_info.endswith("//"):
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = view(request)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    return handle


def live(_request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> HttpResponse:
    """200 while this process can serve pages: PostgreSQL gives it a connection, and soon. Otherwise 503."""
    try:
        database.ask()
    except (DatabaseError, InterfaceError, PostgresError) as error:
        logger.warning("not ready", extra={"error": type(error).__name__})
        return _unavailable({"status": "unavailable", "parts": {"database": {"state": "bad"}}})
    return JsonResponse({"status": "ok", "parts": {"database": {"state": "ok"}}})


def work_done(_request: HttpRequest) -> HttpResponse:
    """200 while work gets done, 503 where any part of it stands still; each part by name."""
    report = work.report()
    body = {
        "status": report.state.value,
        "at": round(report.at, 1),
        "parts": {name: part.as_json() for name, part in sorted(report.parts.items())},
    }
    return JsonResponse(body) if report.state is work.State.OK else _unavailable(body)


def _unavailable(body: dict[str, Any]) -> HttpResponse:
    return JsonResponse(body, status=503, headers={"Retry-After": "10"})


ADDRESSES: dict[str, Handler] = {
    "/health/live": live,
    "/health/ready": ready,
    "/health/work": work_done,
    "/metrics": exposition.metrics,
}
"""By path, with or without a slash at the end."""
