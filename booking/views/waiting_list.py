"""Asking to be told when there are more times."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from booking.models import WaitingPatient
from booking.views.guards import page, see_other, show
from booking.visits.links import Standing
from booking.visits.session import Visit
from booking.workers import waiting_list
from campaigns.models import Invitation


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN)
def tell_me(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Note it, and say so. Whoever comes here without having asked is taken to the times."""
    if request.method == "POST":
        waiting_list.ask(invitation=invitation)
        return see_other(request, "booking:tell_me")
    asked = WaitingPatient.objects.filter(invitation=invitation, told_at=None).exists()
    if not asked:
        return see_other(request, "booking:times")
    return show(request, "booking/waiting.jinja", invitation.practice, expires_at=invitation.expires_at)
