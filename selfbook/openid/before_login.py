"""What a log-in at the provider must remember on the way there, for browsers in which nobody is logged in yet."""

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import signed_cookies
from django.http import HttpRequest, HttpResponse

from core.web import signed_cookie

COOKIE = "openid"
LASTS = 600
"""As long as django-allauth believes a state of its own."""

View = Callable[[HttpRequest], HttpResponse]


def remembered_by_browser(view: View, request: HttpRequest) -> HttpResponse:
    """Call a view that writes to the session, with the browser as its keeper: the database gets no row.

    Whoever is logged in has a session already, which is used as it is.
    """
    if SESSION_KEY in request.session:
        return view(request)
    real, request.session = request.session, signed_cookies.SessionStore()
    response = view(request)
    written, request.session = dict(request.session.items()), real
    if written:
        signed_cookie.keep(response, COOKIE, written, seconds=LASTS)
    return response


def restored(view: View, request: HttpRequest) -> HttpResponse:
    """Call a view that reads what the browser has kept. It is over with that, whether somebody is logged in or not."""
    kept = signed_cookie.read(request, COOKIE, seconds=LASTS)
    if SESSION_KEY in request.session or not isinstance(kept, dict):
        return view(request)
    request.session.update(kept)
    response = view(request)
    if SESSION_KEY not in request.session and "account_login" not in request.session:
        request.session.flush()
    signed_cookie.forget(response, COOKIE)
    return response
