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


def manages(user: User, practice: Practice) -> bool:
    """Whether somebody is a manager of a practice."""
    return user.memberships.filter(practice=practice, role=Role.MANAGER).exists()


def manager_page(view: View) -> View:
    """Let only the practice's managers in. Others are told that they may not."""

    @staff_page
    @wraps(view)
    def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not manages(request.user, request.practice):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
