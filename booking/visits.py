"""Who may see which page of the patient's way: steps come in order, and a dead link says so on every one of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from booking import links, renewing, session
from booking.links import Standing
from booking.session import Visit
from campaigns.models import Invitation
from practices.models import Practice

View = Callable[[HttpRequest, Visit, Invitation], HttpResponse]
Press = Callable[[HttpRequest, Visit], HttpResponse]


class _PatientRequest(HttpRequest):
    practice: Practice | None


def show(
    request: HttpRequest, template: str, practice: Practice | None, status: int = 200, **context: Any
) -> HttpResponse:
    """A patient's page, in the name of a practice, or of none where the link tells nothing.

    The request's own practice is set too: it belongs to the patient's link, even where a staff member is signed in.
    """
    cast(_PatientRequest, request).practice = practice
    return render(request, template, {"practice": practice, **context}, status=status)


def see_other(view: str, **query: str) -> HttpResponseRedirect:
    """Send the browser on with a GET, whatever it sent (303)."""
    return HttpResponseRedirect(reverse(view, query=query or None), status=303)


def page(
    *standings: Standing, verified: bool = True, press: Press | None = None
) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Make a view of a visit: shown only while its invitation has one of these standings.

    With `verified` the right date of birth must have been given first. Browsers keep none of these pages, so that
    nothing personal comes back with the Back button (ASVS 14.3.2).

    A form that is sent goes to the view too, or to `press`, which is not given the invitation: its service locks the
    row and looks for itself where it stands, and reading it twice is a good part of what a press costs.
    """

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            visit = session.read(request) if press is not None and request.method == "POST" else None
            if press is not None and visit is not None and visit.is_verified:
                response = press(request, visit)
            else:
                response = _guard(request, view, standings, verified)
            response["Cache-Control"] = "no-store"
            return response

        return guarded

    return decorate


def _guard(request: HttpRequest, view: View, standings: tuple[Standing, ...], verified: bool) -> HttpResponse:
    visit = session.read(request)
    invitation = links.by_id(visit.invitation_id) if visit else None
    if visit is None or invitation is None:
        return show(request, "booking/open-again.jinja", None, status=403)
    standing = links.standing_of(invitation)
    if standing not in standings:
        return elsewhere(request, visit, invitation, standing)
    if verified and not visit.is_verified:
        return see_other("booking:date_of_birth")
    return view(request, visit, invitation)


def elsewhere(request: HttpRequest, visit: Visit, invitation: Invitation, standing: Standing) -> HttpResponse:
    """Where somebody is taken who asks for a page that this invitation has no use for."""
    if standing == Standing.USED_TO_BOOK:
        return see_other("booking:done" if visit.is_verified else "booking:choose")
    if standing == Standing.DECLINED and visit.is_verified:
        return see_other("booking:declined")
    if standing == Standing.OPEN:
        return see_other("booking:choose")
    return dead(request, invitation, standing)


def dead(request: HttpRequest, invitation: Invitation, standing: Standing) -> HttpResponse:
    """The link is real and no longer of use: what happened and what to do, and nothing about the patient."""
    new_link = standing == Standing.EXPIRED and renewing.may_ask(invitation)
    return show(request, "booking/dead.jinja", invitation.practice, status=410, standing=standing, new_link=new_link)
