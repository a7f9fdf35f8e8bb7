"""Going from one practice to another, for staff who work in several."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest

from practices.models import Practice
from practices.staff.account_adapter import SIGNED_IN_AT

_CHOSEN = "practice"
_RETAINED_KEYS = {
    SESSION_KEY,
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SIGNED_IN_AT,
    "second_factor_elsewhere",
    "account_authentication_methods",
    "account_authentication_methods_user",
}
"""What says who somebody is and how they proved it. Everything else in a session may be about a practice's patients."""


def chosen(request: HttpRequest) -> str:
    """The id of the practice that this session is in, or nothing."""
    return str(request.session.get(_CHOSEN, ""))


def switch(request: HttpRequest, practice: Practice) -> None:
    """Go to `practice`, and leave behind all that the session kept about the one before, such as searches."""
    for name in set(request.session.keys()) - _RETAINED_KEYS:
        del request.session[name]
    request.session[_CHOSEN] = str(practice.id)
