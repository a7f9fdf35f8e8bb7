"""What every staff template may use besides what its view gives it."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from practices import roles
from practices.holds import services as holds
from practices.models import Hold


def practice(request: HttpRequest) -> dict[str, Any]:
    """The practice that the page is for, looked up only when the page names it, and `may(permission)`.

    `outbound_hold` is what keeps things from leaving the practice now, or None.

    `may` answers for the role of whoever is looking: no page shows a button that leads to "You cannot open this page".
    """

    def may(permission: str) -> bool:
        membership = getattr(request, "membership", None)
        return roles.may(membership.role if membership else None, permission)

    def outbound_hold() -> Hold | None:
        practice = getattr(request, "practice", None)
        return holds.of_practice(practice.id) if practice else None

    return {
        "practice": getattr(request, "practice", None),
        "may": may,
        "outbound_hold": SimpleLazyObject(outbound_hold),
    }
