"""From the link in the text to the date of birth."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.appointments.services import note_opened
from booking.views.guards import dead, enter, page, see_other, show
from booking.visits import identity, links, rate_limit, session
from booking.visits.about import named_in_text
from booking.visits.forms import DateOfBirthForm
from booking.visits.identity import BirthDateCheck
from booking.visits.links import Standing
from booking.visits.session import PatientChoice, Visit
from campaigns.models import Invitation
from core.web.client_addresses import address_of

_FIRST_PAGES = {Standing.OPEN: "booking:choose", Standing.USED_TO_BOOK: "booking:date_of_birth"}
"""Where a link leads that is of use."""


@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Open the link in a text. It changes nothing: phones fetch links to show a preview (inputs#previews).

    A link that is of use is swapped for a cookie at once, so that no later address holds the token. Where it is not,
    the cookie leads to the page that stops texts and to no other, and the page asks the browser not to name this
    address to anybody, not to ourselves for the page's styles either: they may be logged, or served by somebody else.
    """
    invitation = links.by_token(token)
    if invitation is None:
        response = show(request, "booking/unknown.jinja", None, status=404)
    else:
        visit = Visit.opened(invitation.id)
        enter(request, visit)
        standing = links.standing_of(invitation)
        first = _FIRST_PAGES.get(standing)
        response = see_other(request, first) if first else dead(request, invitation, standing)
        session.write(response, visit)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN, verified=False)
def choose(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Show the two buttons, book or not. Nothing here tells whose link it is or what it is about."""
    choice = _choice(request, invitation) if request.method == "POST" else None
    if choice is None:
        return show(request, "booking/choose.jinja", invitation.practice, campaign=invitation.campaign)
    note_opened(invitation_id=invitation.id)
    visit = visit.choosing(choice)
    response = see_other(request, after_identity(visit, invitation) if visit.is_verified else "booking:date_of_birth")
    session.write(response, visit)
    return response


def _choice(request: HttpRequest, invitation: Invitation) -> PatientChoice | None:
    """The button that was pressed, if it was on the page."""
    buttons = {PatientChoice.BOOK, PatientChoice.DECLINE} if invitation.campaign.allow_decline else {PatientChoice.BOOK}
    return next((choice for choice in buttons if choice == request.POST.get("choice")), None)


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN, Standing.USED_TO_BOOK, verified=False)
def date_of_birth(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Ask who it is. Only dates that can be somebody's count as a try.

    Whoever has booked comes here straight from the link, to see their appointment.
    """
    used = links.standing_of(invitation) == Standing.USED_TO_BOOK
    if visit.choice is None and not used:
        return see_other(request, "booking:choose")
    if visit.is_verified:
        return see_other(request, after_identity(visit, invitation))
    first_name = named_in_text(invitation)
    form = DateOfBirthForm(request.POST if request.method == "POST" else None, first_name=first_name)
    if form.is_valid():
        given = form.cleaned_data["date_of_birth"]
        if used:
            note_opened(invitation_id=invitation.id)
        address = address_of(request)
        match identity.check_date_of_birth(invitation_id=invitation.id, given=given, address=address):
            case BirthDateCheck.RIGHT:
                visit = visit.verified()
                response = see_other(request, after_identity(visit, invitation))
                session.write(response, visit)
                return response
            case BirthDateCheck.LOCKED:
                return dead(request, invitation, Standing.LOCKED)
            case BirthDateCheck.WAIT:
                return _wait(request, invitation)
            case BirthDateCheck.WRONG:
                form.add_error(
                    "date_of_birth", "This date of birth does not match the one we have. Check it and try again"
                )
    return show(
        request,
        "booking/date-of-birth.jinja",
        invitation.practice,
        form=form,
        used=used,
        first_name=first_name,
        tries_left=_tries_to_tell_of(form, identity.tries_left(invitation.id)),
    )


def _tries_to_tell_of(form: DateOfBirthForm, left: int) -> int | None:
    """How many tries are left, for who has just made a mistake or would lock the link by the next one."""
    has_failed = left < settings.DATE_OF_BIRTH_TRIES
    return left if has_failed and (form.is_bound or left == 1) else None


def _wait(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Too many wrong dates came from this address: what the patient can do instead of trying again here."""
    response = show(request, "booking/wait.jinja", invitation.practice, status=429)
    response["Retry-After"] = str(int(rate_limit.COUNTED.total_seconds()))
    return response


def after_identity(visit: Visit, invitation: Invitation) -> str:
    """The page that the patient's choice leads to."""
    if links.standing_of(invitation) == Standing.USED_TO_BOOK:
        return "booking:done"
    if visit.choice == PatientChoice.DECLINE and invitation.campaign.allow_decline:
        return "booking:decline"
    return "booking:times"


@require_POST
def finish(request: HttpRequest, reference: str) -> HttpResponse:
    """End a visit, whose page says so to the browser: whoever uses it next sees nothing of it.

    It needs no visit: the page may have been open for longer than the visit lasted.
    """
    response = HttpResponseRedirect(reverse("booking:finished"), status=303)
    session.end(response, reference)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def finished(request: HttpRequest) -> HttpResponse:
    """A visit has ended: the page can be closed, and the link in the text is the way back."""
    return show(request, "booking/finished.jinja", None)
