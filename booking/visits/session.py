"""A patient's visit: which invitation a browser is answering, and how far it has come.

It lives in a signed cookie of its own and not in the staff session store: opening a link then writes nothing at all
to the database, so that phones may fetch links as they like (inputs#previews). The cookie holds ids and times only, and
scripts cannot read it (ASVS 3.3). What it says is a claim about this browser; the invitation itself is read afresh
at every request.

Each visit has a cookie for its own addresses, so that any number of them live side by side in one browser. The cookie
says which addresses those are: under others it is none (docs/decisions/0004).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from booking.visits.references import reference_of, root_of

LIFETIME_SECONDS = 2 * 60 * 60
"""A visit ends so long after its link was opened, used or not."""

FOLLOWING = "X-Page-Follows"
"""The header of a request that a page makes by itself, to show what has changed. It does not count as use."""

_SALT = "booking.session"


class PatientChoice(StrEnum):
    """The button that the patient pressed on the first page."""

    BOOK = "book"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser's visit.

    `reference` stands in its addresses; `opened_at` is when the link was opened, in seconds since 1970; `is_verified`
    says that the right date of birth was given in this browser since.
    """

    invitation_id: UUID
    reference: str
    opened_at: int
    choice: PatientChoice | None = None
    is_verified: bool = False

    @classmethod
    def opened(cls, invitation_id: UUID) -> Self:
        """A new visit, of whoever has just opened the link."""
        return cls(invitation_id, reference_of(invitation_id), int(timezone.now().timestamp()))

    def choosing(self, choice: PatientChoice) -> "Visit":
        """The same visit after a button of the first page."""
        return replace(self, choice=choice)

    def verified(self) -> "Visit":
        """The same visit after the right date of birth."""
        return replace(self, is_verified=True)


def cookie_name() -> str:
    """The `__Secure-` prefix keeps pages without https from setting it. `__Host-` would not allow it a path."""
    return "__Secure-visit" if settings.HTTPS else "visit"


def idle_seconds() -> int:
    """How long a visit lasts without a request."""
    return int(settings.VISIT_IDLE_MINUTES) * 60


def read(request: HttpRequest, reference: str) -> Visit | None:
    """The visit of this browser at these addresses.

    None where there is none, it is too old, was tampered with, or belongs to other addresses.
    """
    try:
        written = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=idle_seconds())
        visit = Visit(
            invitation_id=UUID(written["invitation"]),
            reference=written["reference"],
            opened_at=int(written["opened"]),
            choice=PatientChoice(written["choice"]) if written["choice"] else None,
            is_verified=written["verified"] is True,
        )
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    return visit if _belongs(visit, reference) and _has_time_left(visit) else None


def _belongs(visit: Visit, reference: str) -> bool:
    """A cookie that was carried to another visit's addresses must not act there."""
    return visit.reference == reference


def _has_time_left(visit: Visit) -> bool:
    return 0 <= timezone.now().timestamp() - visit.opened_at < LIFETIME_SECONDS


def write(response: HttpResponse, visit: Visit) -> None:
    """Give the browser this visit, and the visit another `idle_seconds`.

    The browser forgets it when it is closed: it is told no age.
    """
    written = {
        "invitation": visit.invitation_id.hex,
        "reference": visit.reference,
        "opened": visit.opened_at,
        "choice": visit.choice or "",
        "verified": visit.is_verified,
    }
    _set_cookie(response, visit.reference, signing.dumps(written, salt=_SALT))


def renew(request: HttpRequest, response: HttpResponse, visit: Visit) -> None:
    """Let a visit that was used go on, unless the response says more about it already.

    A page that follows a booking asks by itself. Left open, it must not keep the visit alive for whoever comes next.
    """
    if FOLLOWING not in request.headers and cookie_name() not in response.cookies:
        write(response, visit)


def end(response: HttpResponse, reference: str) -> None:
    """Have the browser forget a visit."""
    _set_cookie(response, reference, "", max_age=0)


def _set_cookie(response: HttpResponse, reference: str, value: str, max_age: int | None = None) -> None:
    response.set_cookie(
        cookie_name(),
        value,
        max_age=max_age,
        path=root_of(reference),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
