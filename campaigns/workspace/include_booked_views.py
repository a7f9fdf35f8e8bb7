"""Staff's press that invites patients all the same whom the practice had booked itself."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from campaigns.workspace import include_booked as include_services
from core.http import whole_number
from core.wording import plural
from practices.access import StaffRequest, allowed
from practices.roles import Permission


@require_POST
@allowed(Permission.SEND_BATCHES)
def include_booked(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Invite them, and show the batch. The page keeps how many patients it said."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    seen = whole_number(request.POST.get("seen", "")) or 0
    try:
        patients = include_services.include(campaign=campaign, seen=seen, by=request.user)
    except include_services.CannotInclude as error:
        messages.warning(request, error.sentence)
    else:
        if patients:
            messages.success(request, f"{plural(patients, 'more patient')} will be invited.")
        else:
            messages.info(request, "They have been added already. Nobody is invited twice.")
    return redirect("campaigns:progress", campaign.id)
