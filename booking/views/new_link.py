"""A new link by text, for whoever opens one that has run out."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from booking.appointments import new_link as appointments_new_link
from booking.appointments.new_link import NewLinkOutcome
from booking.views.guards import dead, elsewhere, page, see_other, show
from booking.visits import links, rate_limit
from booking.visits.links import Standing
from booking.visits.session import Visit
from campaigns.models import Invitation
from core.web.client_addresses import address_of

_STATUS = {NewLinkOutcome.TOO_MANY: 429, NewLinkOutcome.NOT_KNOWN: 503}


@require_http_methods(["GET", "HEAD", "POST"])
@page(*Standing, verified=False)
def new_link(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Ask, then text a new link to the patient's phone. It tells nobody which phone that is, or whose."""
    if request.method == "POST":
        answer = appointments_new_link.ask(invitation=invitation, address=address_of(request))
        if answer != NewLinkOutcome.SENT and not appointments_new_link.is_on_its_way(invitation):
            return _not_sent(request, invitation, answer)
        return see_other(request, "booking:new_link")
    if appointments_new_link.is_on_its_way(invitation):
        return show(request, "booking/new-link-sent.jinja", invitation.practice)
    standing = links.standing_of(invitation)
    if standing != Standing.EXPIRED:
        return elsewhere(request, visit, invitation, standing)
    if not appointments_new_link.may_ask(invitation):
        return dead(request, invitation, standing)
    return show(request, "booking/new-link.jinja", invitation.practice)


def _not_sent(request: HttpRequest, invitation: Invitation, answer: NewLinkOutcome) -> HttpResponse:
    """Say that no link was sent, why, and what to do instead."""
    response = show(
        request,
        "booking/new-link-not-sent.jinja",
        invitation.practice,
        status=_STATUS.get(answer, 410),
        why=answer.name.lower(),
    )
    if answer == NewLinkOutcome.TOO_MANY:
        response["Retry-After"] = str(int(rate_limit.COUNTED.total_seconds()))
    return response
