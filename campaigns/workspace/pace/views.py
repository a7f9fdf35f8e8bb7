"""Staff's presses on a paced batch: send to everybody who is left, stop inviting, go on."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import Campaign
from campaigns.sending import waves
from campaigns.sending.paced import control
from core.wording import plural
from practices.access import StaffRequest, allowed
from practices.roles import Permission


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEND_BATCHES)
def everyone(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Ask, then send to everybody who is left."""
    campaign = _own(request, campaign_id)
    if request.method == "POST":
        if invited := control.invite_everyone(campaign=campaign, by=request.user):
            messages.success(request, f"{plural(invited, 'more patient')} will be invited.")
        else:
            messages.info(request, "Nobody is left to invite, or the batch has been paused or stopped meanwhile.")
    elif campaign.paced and campaign.state in control.CAN_HURRY and campaign.patient_list is not None:
        last = campaign.decisions.order_by("-at").first()
        context = {"campaign": campaign, "left": waves.waiting(campaign).count(), "last": last}
        return render(request, "campaigns/everyone.jinja", context)
    return redirect("campaigns:progress", campaign.id)


@require_POST
@allowed(Permission.SEND_BATCHES)
def stop_inviting(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Invite nobody else, and show the batch."""
    campaign = _own(request, campaign_id)
    if control.stop(campaign=campaign, by=request.user):
        messages.success(request, "Nobody else will be invited. Links that patients have still work.")
    return redirect("campaigns:progress", campaign.id)


@require_POST
@allowed(Permission.SEND_BATCHES)
def go_on_inviting(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Invite again as appointments last, and show the batch."""
    campaign = _own(request, campaign_id)
    if control.go_on(campaign=campaign, by=request.user):
        messages.success(request, "Patients will be invited again, as long as there are appointments.")
    return redirect("campaigns:progress", campaign.id)


def _own(request: StaffRequest, campaign_id: UUID) -> Campaign:
    """One of the practice's batches. Raises Http404."""
    return get_object_or_404(Campaign.objects.of(request.practice).select_related("patient_list"), id=campaign_id)
