"""How staff accounts behave in django-allauth."""

import time
from typing import Any, ClassVar
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from practices.models import User

SIGNED_IN_AT = "signed_in_at"
"""The session's name for when it began, in seconds. Not moved by use, unlike the session's own end."""

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
