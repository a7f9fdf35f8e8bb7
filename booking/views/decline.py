"""Saying no."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments import services
from booking.appointments.services import MayNotDecline, NotOpen
from booking.views.guards import elsewhere, page, see_other, show
from booking.visits.links import Standing
from booking.visits.session import Visit
from campaigns.models import Invitation


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN)
def decline(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """What it means to decline, in the practice's words, and the button that does it."""
    if not invitation.campaign.allow_decline:
        return see_other(request, "booking:times")
    if request.method != "POST":
        return show(request, "booking/decline.jinja", invitation.practice, campaign=invitation.campaign)
    try:
        services.decline(invitation_id=invitation.id)
    except MayNotDecline:
        return see_other(request, "booking:times")
    except NotOpen as closed:
        return elsewhere(request, visit, invitation, closed.standing)
    return see_other(request, "booking:declined")


@require_safe
@page(Standing.DECLINED)
def declined(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """The page after a decline: it says that the answer is recorded."""
    return show(request, "booking/declined.jinja", invitation.practice)
