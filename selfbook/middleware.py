"""What happens around every request."""

from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from selfbook import logs

Handler = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: Handler) -> Handler:
    """Give each request an id: in its log lines, and in the answer so that staff can quote it."""

    def handle(request: HttpRequest) -> HttpResponse:
        request.META[logs.REQUEST_ID] = uuid4().hex
        token = logs.request_id.set(request.META[logs.REQUEST_ID])
        try:
            response = get_response(request)
            response["X-Request-Id"] = logs.request_id.get()
            return response
        finally:
            logs.request_id.reset(token)

    return handle


def security_headers(get_response: Handler) -> Handler:
    """Nothing personal is kept by browsers or proxies (ASVS 14.3.2), and no page is framed or opened by others.

    Static files are served before this middleware and keep their long cache times.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        response.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response

    return handle
