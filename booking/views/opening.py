"""From the link in the text to the date of birth."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from booking import addresses, identity, links, session
from booking.about import named_in_text
from booking.answers import note_opened
from booking.forms import DateOfBirthForm
from booking.identity import Answer
from booking.links import Standing
from booking.session import Choice, Visit
from booking.visits import dead, page, see_other, show
from campaigns.models import Invitation


@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Open the link in a text. It changes nothing: phones fetch links to show a preview (safety 0.1, B64).

    A link that is of use is swapped for a cookie at once, so that no later address holds the token. Where it is not,
    the cookie leads to the page that stops texts and to no other, and the page asks the browser not to name this
    address to anybody, not to ourselves for the page's styles either: they may be logged, or served by somebody else.
    """
    invitation = links.by_token(token)
    if invitation is None:
        response = show(request, "booking/unknown.jinja", None, status=404)
    else:
        standing = links.standing_of(invitation)
        is_of_use = standing in (Standing.OPEN, Standing.USED_TO_BOOK)
        response = see_other("booking:choose") if is_of_use else dead(request, invitation, standing)
        session.write(response, Visit(invitation_id=invitation.id))
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN, Standing.USED_TO_BOOK, verified=False)
def choose(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Show the two buttons, book or not. Nothing here tells whose link it is or what it is about."""
    used = links.standing_of(invitation) == Standing.USED_TO_BOOK
    if used and visit.is_verified:
        return see_other("booking:done")
    choice = _choice(request, invitation, used=used) if request.method == "POST" else None
    if choice is None:
        name = "booking/used.jinja" if used else "booking/choose.jinja"
        return show(request, name, invitation.practice, campaign=invitation.campaign)
    note_opened(invitation_id=invitation.id)
    visit = visit.choosing(choice)
    response = see_other(after_identity(visit, invitation) if visit.is_verified else "booking:date_of_birth")
    session.write(response, visit)
    return response


def _choice(request: HttpRequest, invitation: Invitation, *, used: bool) -> Choice | None:
    """The button that was pressed, if it was on the page."""
    if used:
        buttons = {Choice.SEE}
    else:
        buttons = {Choice.BOOK, Choice.DECLINE} if invitation.campaign.allow_decline else {Choice.BOOK}
    return next((choice for choice in buttons if choice == request.POST.get("choice")), None)


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN, Standing.USED_TO_BOOK, verified=False)
def date_of_birth(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Ask who it is. Only dates that can be somebody's count as a try."""
    if visit.choice is None:
        return see_other("booking:choose")
    if visit.is_verified:
        return see_other(after_identity(visit, invitation))
    first_name = named_in_text(invitation)
    form = DateOfBirthForm(request.POST if request.method == "POST" else None, first_name=first_name)
    if form.is_valid():
        given = form.cleaned_data["date_of_birth"]
        address = addresses.address_of(request)
        match identity.check_date_of_birth(invitation_id=invitation.id, given=given, address=address):
            case Answer.RIGHT:
                visit = visit.verified()
                response = see_other(after_identity(visit, invitation))
                session.write(response, visit)
                return response
            case Answer.LOCKED:
                return dead(request, invitation, Standing.LOCKED)
            case Answer.WAIT:
                return _wait(request, invitation)
            case Answer.WRONG:
                form.add_error(
                    "date_of_birth", "This date of birth does not match the one we have. Check it and try again"
                )
    return show(
        request,
        "booking/date-of-birth.jinja",
        invitation.practice,
        form=form,
        first_name=first_name,
        tries_left=identity.tries_left(invitation.id),
        tries=settings.DATE_OF_BIRTH_TRIES,
    )


def _wait(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Too many wrong dates came from this address: what the patient can do instead of trying again here."""
    response = show(request, "booking/wait.jinja", invitation.practice, status=429)
    response["Retry-After"] = str(int(addresses.COUNTED.total_seconds()))
    return response


def after_identity(visit: Visit, invitation: Invitation) -> str:
    """The page that the patient's choice leads to."""
    if links.standing_of(invitation) == Standing.USED_TO_BOOK:
        return "booking:done"
    if visit.choice == Choice.DECLINE and invitation.campaign.allow_decline:
        return "booking:decline"
    return "booking:times"
