"""Who may see which page of the patient's way: steps come in order, and a dead link says so on every one of them."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from booking.appointments import new_link as appointments_new_link
from booking.visits import links, session
from booking.visits.about import About, about
from booking.visits.links import Standing
from booking.visits.session import Visit
from campaigns.models import Invitation
from practices.holds import services as holds
from practices.models import Practice

View = Callable[[HttpRequest, Visit, Invitation], HttpResponse]
Press = Callable[[HttpRequest, Visit], HttpResponse | None]


class _PatientRequest(HttpRequest):
    practice: Practice | None
    visit: Visit
    about: About | None


def enter(request: HttpRequest, visit: Visit) -> None:
    """From now on the request is this visit's: its pages lead to the visit's own addresses."""
    cast(_PatientRequest, request).visit = visit


def show(
    request: HttpRequest, template: str, practice: Practice | None, status: int = 200, **context: Any
) -> HttpResponse:
    """A patient's page, in the name of a practice, or of none where the link tells nothing.

    The request's own practice is set too: it belongs to the patient's link, even where a staff member is signed in.
    Templates make the addresses of the visit with `visit_url("booking:times")`; without a visit there is none. Whom the
    visit is for and what is on the page only where the guard has found that the date of birth was given.
    """
    cast(_PatientRequest, request).practice = practice
    visit: Visit | None = getattr(request, "visit", None)
    if visit is not None:
        context |= {"visit_url": partial(visit_url, visit), "visit_idle_seconds": session.idle_seconds()}
    context |= {"practice": practice, "about": getattr(request, "about", None)}
    return render(request, template, context, status=status)


def visit_url(visit: Visit, view: str, **query: str) -> str:
    """The address of a view under a visit's own addresses: `visit_url(visit, "booking:times")`."""
    return reverse(view, kwargs={"reference": visit.reference}, query=query or None)


def see_other(request: HttpRequest, view: str, **query: str) -> HttpResponseRedirect:
    """Send the browser on with a GET to a view of the request's visit, whatever it sent (303)."""
    return HttpResponseRedirect(visit_url(cast(_PatientRequest, request).visit, view, **query), status=303)


def page(
    *standings: Standing, verified: bool = True, press: Press | None = None, unless_held: bool = False
) -> Callable[[View], Callable[..., HttpResponse]]:
    """Make a view of a visit: shown only while its invitation has one of these standings.

    With `verified` the right date of birth must have been given first. Browsers keep none of these pages, so that
    nothing personal comes back with the Back button (ASVS 14.3.2).

    A form that is sent goes to `press` first, which is not given the invitation: its service asks in one statement
    whether all is plain, and reading the row as well is a good part of what a press costs. Whatever is not plain, a
    hold among it, it answers by None: then the form goes to the view like any other.

    `unless_held`: while nothing leaves the practice, the patient is asked to phone instead.
    """

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, reference: str) -> HttpResponse:
            visit = session.read(request, reference)
            if visit is None:
                return open_again(request)
            enter(request, visit)
            response = press(request, visit) if press and request.method == "POST" and visit.is_verified else None
            response = response or _guard(request, visit, view, standings, verified, unless_held)
            session.renew(request, response, visit)
            response["Cache-Control"] = "no-store"
            return response

        return guarded

    return decorate


def _guard(
    request: HttpRequest,
    visit: Visit,
    view: View,
    standings: tuple[Standing, ...],
    verified: bool,
    unless_held: bool,
) -> HttpResponse:
    invitation = links.by_id(visit.invitation_id)
    if invitation is None:
        return open_again(request)
    standing = links.standing_of(invitation)
    cast(_PatientRequest, request).about = about(visit, invitation, standing)
    if standing not in standings:
        return elsewhere(request, visit, invitation, standing)
    if verified and not visit.is_verified:
        return see_other(request, "booking:date_of_birth")
    if unless_held and holds.is_held(invitation.practice_id):
        return show(request, "booking/on-hold.jinja", invitation.practice, status=503, standing=standing)
    return view(request, visit, invitation)


def open_again(request: HttpRequest) -> HttpResponse:
    """Nobody knows whose visit it is, or it is over: the link in the text is the way back."""
    response = show(request, "booking/open-again.jinja", None, status=403)
    response["Cache-Control"] = "no-store"
    return response


def elsewhere(request: HttpRequest, visit: Visit, invitation: Invitation, standing: Standing) -> HttpResponse:
    """Where somebody is taken who asks for a page that this invitation has no use for."""
    if standing == Standing.USED_TO_BOOK:
        return see_other(request, "booking:done" if visit.is_verified else "booking:date_of_birth")
    if standing == Standing.DECLINED and visit.is_verified:
        return see_other(request, "booking:declined")
    if standing == Standing.OPEN:
        return see_other(request, "booking:choose")
    return dead(request, invitation, standing)


def dead(request: HttpRequest, invitation: Invitation, standing: Standing) -> HttpResponse:
    """The link is real and no longer of use: what happened and what to do, and nothing about the patient."""
    new_link = standing == Standing.EXPIRED and appointments_new_link.may_ask(invitation)
    return show(request, "booking/dead.jinja", invitation.practice, status=410, standing=standing, new_link=new_link)
