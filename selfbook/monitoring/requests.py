"""The log of requests: one line for each, and the same numbers for Prometheus.

A page is named by the name of its address, never by the path: personal links have secrets in their paths. Whoever asks
is named by a keyed digest that changes every day, so that one visitor's lines can be put together and nobody found by
them.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core import metrics
from core.web.client_addresses import Address, address_of, household

logger = logging.getLogger("selfbook.requests")

Handler = Callable[[HttpRequest], HttpResponse]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OF_MONITORING = ("/health/", "/metrics")


def logged(get_response: Handler) -> Handler:
    """Middleware: write a line about each request once it is answered, and count it.

    Health checks that find nothing wrong are written at DEBUG: they would be most of the log.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        if response.streaming and not response.has_header("Content-Length"):
            pieces: Iterable[bytes] = response.streaming_content  # type: ignore[attr-defined] # it is a stream
            response.streaming_content = _counted(pieces, request, response, began)  # type: ignore[attr-defined]
        else:
            _write(request, response, began, _size(response))
        return response

    return handle


def log_unread(method: str, status: int, client: Address | None, seconds: float) -> None:
    """The line about a request whose body was not taken: no page ever saw it."""
    method = _method(method)
    metrics.REQUEST_SECONDS.labels(route="body", method=method, status=str(status)).observe(seconds)
    facts = {"method": method, "route": "body", "status": status, "ms": _ms(seconds), "bytes": 0}
    logger.info("request", extra={**facts, "client": _client(client)})


def _counted(
    pieces: Iterable[bytes], request: HttpRequest, response: HttpResponseBase, began: float
) -> Iterator[bytes]:
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            yield piece
    finally:
        _write(request, response, began, size)


def _write(request: HttpRequest, response: HttpResponseBase, began: float, size: int) -> None:
    seconds, route, method = time.perf_counter() - began, _route(request), _method(request.method or "")
    status = response.status_code
    metrics.REQUEST_SECONDS.labels(route=route, method=method, status=str(status)).observe(seconds)
    facts = {"method": method, "route": route, "status": status, "ms": _ms(seconds), "bytes": size}
    level = logging.DEBUG if route == "monitoring" and status < 400 else logging.INFO
    if logger.isEnabledFor(level):
        logger.log(level, "request", extra={**facts, "client": _client(address_of(request))})


def _route(request: HttpRequest) -> str:
    """The name of the page's address, and for what has none, what it is: few values, whatever is asked for."""
    if request.path_info.startswith(_OF_MONITORING):
        return "monitoring"
    match = request.resolver_match
    if match is not None:
        return match.view_name or match.route
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"


def _method(written: str) -> str:
    return written if written in _METHODS else "other"


def _client(address: Address | None) -> str:
    if address is None:
        return ""
    today = timezone.localdate().isoformat()
    return salted_hmac("selfbook.requests", f"{today} {household(address)}", algorithm="sha256").hexdigest()[:16]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _size(response: HttpResponseBase) -> int:
    if isinstance(response, HttpResponse):
        return len(response.content)
    length = str(response.get("Content-Length", ""))
    return int(length) if length.isdigit() else 0
