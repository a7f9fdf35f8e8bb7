"""A patient's visit: which invitation a browser is answering, and how far it has come.

It lives in a signed cookie of its own and not in the staff session store: opening a link then writes nothing at all
to the database, so that phones may fetch links as they like (design 4). The cookie holds ids and times only, and
scripts cannot read it (ASVS 3.3). What it says is a claim about this browser; the invitation itself is read afresh
at every request.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

LIFETIME_SECONDS = 2 * 60 * 60
_SALT = "booking.session"


class Choice(StrEnum):
    """The button that the patient pressed on the first page."""

    BOOK = "book"
    DECLINE = "decline"
    SEE = "see"


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser's visit. `verified_at` is when the right date of birth was given, in seconds since 1970, or 0."""

    invitation_id: UUID
    choice: Choice | None = None
    verified_at: int = 0

    @property
    def is_verified(self) -> bool:
        """The right date of birth was given in this browser, not too long ago."""
        return 0 <= timezone.now().timestamp() - self.verified_at < LIFETIME_SECONDS

    def choosing(self, choice: Choice) -> "Visit":
        """The same visit after a button of the first page."""
        return replace(self, choice=choice)

    def verified(self) -> "Visit":
        """The same visit after the right date of birth."""
        return replace(self, verified_at=int(timezone.now().timestamp()))


def cookie_name() -> str:
    """The `__Host-` prefix keeps other hosts of the domain from setting it, where the address is https."""
    return "__Host-visit" if settings.HTTPS else "visit"


def read(request: HttpRequest) -> Visit | None:
    """The visit of this browser; None where there is none, it is too old, or it was tampered with."""
    try:
        held = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=LIFETIME_SECONDS)
        return Visit(
            invitation_id=UUID(held["invitation"]),
            choice=Choice(held["choice"]) if held["choice"] else None,
            verified_at=int(held["verified"]),
        )
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def write(response: HttpResponse, visit: Visit) -> None:
    """Give the browser this visit, in place of any other it has."""
    value = signing.dumps(
        {"invitation": visit.invitation_id.hex, "choice": visit.choice or "", "verified": visit.verified_at},
        salt=_SALT,
    )
    response.set_cookie(
        cookie_name(), value, max_age=LIFETIME_SECONDS, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
