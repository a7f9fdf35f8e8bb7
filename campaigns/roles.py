"""Who at a practice may do what with templates and codes."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from practices.access import StaffRequest
from practices.models import Role

View = Callable[..., HttpResponseBase]

WRITERS = frozenset({Role.SENDER, Role.MANAGER})
"""Those who write templates and ask for codes."""

MANAGERS = frozenset({Role.MANAGER})
"""Those who approve codes."""


def has_role(request: StaffRequest, roles: frozenset[Role]) -> bool:
    """Whether the person has one of these roles at the practice that they work for now."""
    return request.user.memberships.filter(practice=request.practice, role__in=roles).exists()


def only(roles: frozenset[Role]) -> Callable[[View], View]:
    """Let in only those with one of these roles; stands below `staff_page`. Others get a 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not has_role(request, roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
