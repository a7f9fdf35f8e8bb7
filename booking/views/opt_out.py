"""No more texts: what a patient does by their link where the sender is a name, and cannot be answered with STOP."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from booking.views.guards import page, see_other, show
from booking.visits import opt_out
from booking.visits.links import Standing
from booking.visits.session import Visit
from campaigns.models import Invitation


@require_http_methods(["GET", "HEAD", "POST"])
@page(*Standing, verified=False)
def stop(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Ask, then stop texts from the practice to this phone; or, where they are stopped, the way back.

    It works for a dead link too, and asks for no date of birth: whoever has the phone could answer STOP as well. It
    tells nobody which phone that is, or whose.
    """
    if request.method == "POST":
        opt_out.change(invitation=invitation, stop="start" not in request.POST)
        return see_other(request, "booking:stop")
    return show(request, "booking/stop.jinja", invitation.practice, stopped=opt_out.is_stopped(invitation))
