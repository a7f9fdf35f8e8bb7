"""The staff's pages about batches: all of them, and how one is going."""

from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import control
from campaigns.models import Campaign, CampaignState
from campaigns.results import funnel, funnels
from campaigns.wizard.steps import address, first_open
from patients import downloads, queries
from practices.access import StaffRequest, staff_page

BATCHES_ON_HOME = 50


@require_safe
@staff_page
def home(request: StaffRequest) -> HttpResponse:
    """The practice's drafts and batches."""
    own = Campaign.objects.of(request.practice)
    batches = list(own.started().order_by("-started_at")[:BATCHES_ON_HOME])
    context = {
        "drafts": own.drafts().order_by("-changed_at"),
        "batches": batches,
        "funnels": funnels(batches),
    }
    return render(request, "campaigns/home.jinja", context)


@require_safe
@staff_page
def resume(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Where a batch is: the first step still to do, or its progress."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    if campaign.is_draft:
        return redirect(address(campaign, first_open(campaign).name))
    return redirect("campaigns:progress", campaign.id)


@require_safe
@staff_page
def progress(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """How a sent batch is going."""
    own = Campaign.objects.of(request.practice).select_related("started_by", "patient_list", "practice")
    campaign = get_object_or_404(own, id=campaign_id)
    if campaign.is_draft or campaign.patient_list is None:
        return redirect("campaigns:resume", campaign.id)
    context = {
        "campaign": campaign,
        "funnel": funnel(campaign),
        "reasons": queries.reason_counts(campaign.patient_list),
        "to_contact": queries.to_contact(campaign.patient_list),
    }
    return render(request, "campaigns/progress.jinja", context)


@require_POST
@staff_page
def pause(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Let nothing more leave, and show the batch."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    control.pause(campaign=campaign, by=request.user)
    return redirect("campaigns:progress", campaign.id)


@require_POST
@staff_page
def go_on(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Send the rest of a paused batch, and show it."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    control.go_on(campaign=campaign, by=request.user)
    return redirect("campaigns:progress", campaign.id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def cancel(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Ask, then withdraw what has not left."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    if request.method == "POST":
        control.cancel(campaign=campaign, by=request.user, sent_links_too="sent_links_too" in request.POST)
    elif not campaign.is_draft and campaign.state != CampaignState.CANCELLED:
        return render(request, "campaigns/cancel.jinja", {"campaign": campaign, "funnel": funnel(campaign)})
    return redirect("campaigns:progress", campaign.id)


@require_safe
@staff_page
def cannot_be_sent(request: StaffRequest, campaign_id: UUID) -> StreamingHttpResponse:
    """The rows that cannot be sent, as a CSV with the reason and what to do."""
    own = Campaign.objects.of(request.practice).select_related("patient_list")
    campaign = get_object_or_404(own, id=campaign_id, patient_list__isnull=False)
    assert campaign.patient_list is not None
    return StreamingHttpResponse(
        downloads.cannot_be_sent_csv(campaign.patient_list),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="cannot-be-sent.csv"'},
    )
