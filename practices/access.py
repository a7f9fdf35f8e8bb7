"""Who may see a staff page."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from practices.models import Membership, Practice, User
from practices.roles import Permission, may

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """A request by a signed-in member of `practice`. What `allowed` and `staff_page` hand to their views."""

    user: User
    practice: Practice
    membership: Membership


def staff_page(view: View) -> View:
    """Let only signed-in staff with a practice in; the view finds it at `request.practice`.

    For pages that every role may use. All others name their permission: see `allowed`.
    """

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not cast(StaffRequest, request).practice:
            return render(request, "practices/no-practice.jinja", status=403)
        return view(request, *args, **kwargs)

    return guarded


def allowed(permission: Permission, *, post: Permission | None = None) -> Callable[[View], View]:
    """Let only staff in whose role holds `permission` in their practice; `post` is asked for a POST in its place.

    Everybody else gets the page of error 403, and a line in the log (ASVS 16.3.2). The role is read afresh at every
    request (ASVS 8.3.2).
    """

    def decorate(view: View) -> View:
        @staff_page
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            wanted = post if post and request.method == "POST" else permission
            if not may(request.membership.role, wanted):
                ids = {"user_id": str(request.user.id), "practice_id": str(request.practice.id)}
                logger.warning("not allowed", extra={"permission": wanted, **ids})
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
