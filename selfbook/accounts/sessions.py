"""How long a member of staff stays logged in, and what they must have shown before any page of a practice."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from practices.models import User
from practices.staff import browsers
from practices.staff.account_adapter import SIGNED_IN_AT
from selfbook.accounts.second_factor import has_factor, is_proved

logger = logging.getLogger(__name__)

_NOT_STAFF = {"booking", "webhooks"}
"""Patients' and machines' pages, which nobody logs in for: not even the session is read for them here."""

_BEFORE_THE_SECOND_FACTOR = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "mfa_reauthenticate_webauthn",
    "practices:join",
    "practices:joining",
    "health",
}
_WAYS_TO_CHANGE = {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn"}
"""What sets a factor up. Whoever has one must show it first, or a stolen password could add another."""


def begin(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """Remember when somebody logged in, and by which browser, and say so in the log (ASVS 16.3.1)."""
    request.session[SIGNED_IN_AT] = int(time.time())
    browsers.note(request, user)
    logger.info("logged in", extra={"user_id": str(user.pk)})


def refused(sender: object, **_: Any) -> None:
    """A log-in that failed, in the log. Not the address: people type their password there."""
    logger.warning("a log-in was refused")


class SessionsInUse(SessionMiddleware):
    """Django's sessions, saved for who is logged in, and otherwise only where a page has put something into one.

    Django saves one at every request, so that it lives on while it is used. Without this, a cookie that somebody made
    up would become a row at each page that does not look at it, and pages of patients would keep staff logged in.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session, or leave it as it is."""
        session = request.session
        if not session.accessed or not (session.modified or SESSION_KEY in session or session.is_empty()):
            return response
        return super().process_response(request, response)


class StaffSessions:
    """Middleware: ends sessions 12 hours after log-in (ASVS 7.3.2), and asks for the second factor (ASVS 6.3.3)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """See Django's documentation of middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Everything happens once the view is known; whoever logged in has the browser's cookie set."""
        response = self.get_response(request)
        browsers.remember(request, response)
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Another page in place of the view's, where the session is too old or has not proved enough."""
        match = request.resolver_match
        if match is None or _NOT_STAFF & set(match.namespaces) or match.view_name == "health":
            return None
        if not isinstance(request.user, User):
            return None
        if time.time() - request.session.get(SIGNED_IN_AT, 0) > settings.STAFF_SESSION_HOURS * 3600:
            return self._end(request)
        if settings.SECOND_FACTOR_REQUIRED and not is_proved(request, request.user):
            return self._ask(request, request.user, match.view_name)
        return None

    def _end(self, request: HttpRequest) -> HttpResponseRedirect:
        logout(request)
        hours = settings.STAFF_SESSION_HOURS
        messages.info(request, f"You were logged in for {hours} hours. Log in again: your drafts are as you left them.")
        return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("campaigns:home"))

    def _ask(self, request: HttpRequest, user: User, name: str) -> HttpResponse | None:
        """Lead to showing the factor that there is, or to setting one up."""
        if not has_factor(user):
            return None if name in _BEFORE_THE_SECOND_FACTOR else redirect("mfa_index")
        if name in _BEFORE_THE_SECOND_FACTOR - _WAYS_TO_CHANGE:
            return None
        return redirect_to_login(request.get_full_path(), reverse("mfa_reauthenticate"))
