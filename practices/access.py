"""Who may see a staff page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from practices.models import Practice, Role, User

View = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """A request by a signed-in member of `practice`. What `staff_page` hands to its view."""

    user: User
    practice: Practice


def staff_page(view: View) -> View:
    """Let only signed-in staff with a practice in; the view finds it at `request.practice`."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not cast(StaffRequest, request).practice:
            return render(request, "practices/no-practice.jinja", status=403)
        return view(request, *args, **kwargs)

    return guarded


def may_act(request: StaffRequest) -> bool:
    """Whether this staff member may do more than look. Read afresh each time: a role counts at once (ASVS 8.3.2)."""
    return request.user.memberships.filter(practice=request.practice).exclude(role=Role.VIEWER).exists()


def acting_page(view: View) -> View:
    """Let only staff in who may act for the practice; a viewer is told that they may not (safety B123)."""

    @staff_page
    @wraps(view)
    def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_act(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
