"""How staff accounts behave in django-allauth."""

import time
from typing import Any, ClassVar
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import unstash_login
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac

from core.web.client_addresses import address_of, household
from practices.models import User
from practices.staff import browsers

SIGNED_IN_AT = "signed_in_at"
"""The session's name for when it began, in seconds. Not moved by use, unlike the session's own end."""


def _account_at(request: HttpRequest) -> str:
    """The email address of the account that a request is at: what was typed, or whose second factor is asked for."""
    typed = request.POST.get("login") or request.POST.get("email") or ""
    if typed or request.user.is_authenticated:
        return typed or str(getattr(request.user, "email", ""))
    pending = unstash_login(request, peek=True)
    return str(pending.user.email) if pending else ""


_FRESH = 300
"""Seconds after log-in in which nobody is asked for their password again."""


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Accounts are made by administrators: nobody signs up by themselves."""

    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is wrong. Check both and try again",
        "enter_current_password": "That is not the password you use now. Try again",
        "incorrect_password": "The password is wrong. Try again",
        "too_many_login_attempts": "Too many tries. Wait 5 minutes, then try again",
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """What limits on guessing count by: a browser that the account knows, or the address that the request is from.

        Where no address is known it would be everybody's: then guesses count for the account that they are at.
        """
        email = _account_at(request)
        if browser := browsers.known_for(request, email):
            return f"browser-{browser}"
        if address := address_of(request):
            return household(address)
        return "account-" + salted_hmac("practices.staff.account_adapter", email.strip().lower()).hexdigest()

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What an account's wrong passwords count by: each browser that it knows, and all strangers together."""
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{browsers.known_for(request, credentials.get('email', ''))}"

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: whoever may sign in was invited, or made by an administrator."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Whoever has this password, by the address that the account has now.

        django-allauth keeps addresses of its own, former ones among them: none of those leads in.
        """
        user: User | None = super().authenticate(request, **credentials)
        if user is None or user.email == str(credentials.get("email", user.email)).strip().lower():
            return user
        self.authentication_failed(request, **credentials)
        return None

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link for a new password, at our public address: what a request calls its host proves nothing."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.PUBLIC_BASE_URL}{path.replace('UID-KEY', quote(key))}"

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password once more before something that matters, but not of whoever has just logged in."""
        began = context.request.session.get(SIGNED_IN_AT, 0)
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return required and time.time() - began > _FRESH
