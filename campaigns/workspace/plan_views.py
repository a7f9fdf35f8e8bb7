"""The button on a batch's page that stops its further invitations."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from campaigns.sequences import stopping
from practices.access import StaffRequest, allowed
from practices.roles import Permission


@require_POST
@allowed(Permission.SEND_BATCHES)
def stop(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Send no further invitations of a batch, and show it."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    if stopping.stop(campaign=campaign, by=request.user):
        messages.success(request, "No further invitations go. What has been sent cannot be taken back.")
    return redirect("campaigns:batch", campaign.id)
