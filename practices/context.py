"""What every staff template may use besides what its view gives it."""

from typing import Any

from django.http import HttpRequest

from practices import roles


def practice(request: HttpRequest) -> dict[str, Any]:
    """The practice that the page is for, looked up only when the page names it, and `may(permission)`.

    `may` answers for the role of whoever is looking: no page shows a button that leads to "You cannot open this page".
    """

    def may(permission: str) -> bool:
        membership = getattr(request, "membership", None)
        return roles.may(membership.role if membership else None, permission)

    return {"practice": getattr(request, "practice", None), "may": may}
