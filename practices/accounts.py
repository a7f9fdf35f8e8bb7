"""How staff accounts behave in django-allauth."""

from typing import ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Accounts are made by administrators: nobody signs up by themselves."""

    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is wrong. Check both and try again",
        "enter_current_password": "That is not the password you use now. Try again",
        "incorrect_password": "The password is wrong. Try again",
        "too_many_login_attempts": "Too many tries. Wait 5 minutes, then try again",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Always closed."""
        return False
