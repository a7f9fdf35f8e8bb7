"""What no room owns: error pages, the page for a failed form check, and the health check."""

import logging
import sys

from csp.decorators import csp_update
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from selfbook.settings.security import LAST_RESORT_STYLE

logger = logging.getLogger(__name__)

_CANNOT_RENDER = settings.BASE_DIR / "templates" / "errors" / "500.html"
_UNAVAILABLE = settings.BASE_DIR / "templates" / "errors" / "maintenance.html"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the browser sent something that no page of ours sends. 413 for too much of it, which Django counts here."""
    if isinstance(exception, RequestDataTooBig):
        most = f"{settings.UPLOAD_MAX_BYTES / 2**20:g}MB"
        return render(request, "errors/413.jinja", {"most": most}, status=413)
    return render(request, "errors/400.jinja", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but not allowed."""
    return render(request, "errors/403.jinja", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or one of another practice, which must look the same."""
    return render(request, "errors/404.jinja", status=404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429: django-allauth's limits on guessing passwords. It finds this by the name `handler429`."""
    return render(request, "errors/429.jinja", status=429)


@csp_update({"style-src": ["'self'", LAST_RESORT_STYLE]})
def server_error(request: HttpRequest) -> HttpResponse:
    """500: a plain file, read as it is, because whatever broke may be what renders pages (ASVS 16.5.4).

    503, and when to come back, where the database is away or has no connection to spare (faults#database-away): nothing
    is lost, and the same page works a moment later.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(_UNAVAILABLE.read_bytes(), status=503, headers={"Retry-After": "30"})
    return HttpResponse(_CANNOT_RENDER.read_bytes(), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its proof that our own page sent it: an old page, or a browser that keeps no cookies.

    `reason` is for developers and stays unsaid.
    """
    return render(request, "errors/csrf.jinja", status=403)


def health(request: HttpRequest) -> HttpResponse:
    """200 while this process can reach PostgreSQL, otherwise 503; nothing more is said (ASVS 13.4.5).

    Redis is left out on purpose: while it is down, patients can still open their links and book.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("health check: the database does not answer")
        return HttpResponse("unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
