"""The page on which a second person looks at a batch, and approves it or sends it back."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.drafts import readiness, services
from campaigns.drafts.wizard.summary import facts, seen
from campaigns.models import Campaign
from campaigns.sending import approval as sending_approval
from patients.lists import queries
from practices.access import StaffRequest, allowed
from practices.roles import Permission


class SendBackForm(forms.Form):
    """What the second person writes to the maker of a batch that they send back."""

    words = forms.CharField(
        label="What should be different?",
        help_text="Do not write anything about a patient.",
        max_length=sending_approval.COMMENT_MAX,
        error_messages={
            "required": "Say what should be different",
            "max_length": f"What you say must be {sending_approval.COMMENT_MAX} characters or fewer",
        },
        widget=forms.Textarea,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEE_BATCHES, post=Permission.APPROVE_BATCHES)
def approval(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Everything about a batch that waits for approval; Approve sends it."""
    campaign = _own(request, campaign_id)
    if request.method != "POST" or not sending_approval.is_waiting(campaign):
        return _page(request, campaign)
    assert campaign.patient_list is not None  # or it could not wait
    longest = queries.longest_name(campaign.patient_list)
    try:
        services.approve(campaign=campaign, longest_name=longest, by=request.user, seen=seen(request))
    except readiness.CannotSend as error:
        return _page(request, campaign, reasons=error.reasons)
    except sending_approval.CannotApprove as error:
        return _page(request, campaign, reasons=[str(error)])
    return redirect("campaigns:batch", campaign.id)


@require_POST
@allowed(Permission.APPROVE_BATCHES)
def send_back(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Send it back to whoever asked, with words."""
    campaign, form = _own(request, campaign_id), SendBackForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, form=form)
    try:
        done = sending_approval.send_back(campaign=campaign, comment=form.cleaned_data["words"], by=request.user)
    except sending_approval.CannotApprove as error:
        return _page(request, campaign, reasons=[str(error)])
    if done:
        messages.success(request, "The batch was sent back. It is a draft again.")
        return redirect("campaigns:home")
    return redirect("campaigns:batch", campaign.id)


@require_POST
@allowed(Permission.SEND_BATCHES)
def take_back(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Make it a draft again, to change it."""
    campaign = _own(request, campaign_id)
    if sending_approval.take_back(campaign=campaign, by=request.user):
        messages.success(request, "The batch is a draft again. It needs approval before it goes.")
    return redirect("campaigns:batch", campaign.id)


def _own(request: StaffRequest, campaign_id: UUID) -> Campaign:
    """One of the practice's batches. Raises Http404."""
    own = Campaign.objects.of(request.practice).select_related("patient_list", "practice", "asked_by")
    return get_object_or_404(own, id=campaign_id)


def _page(
    request: StaffRequest, campaign: Campaign, *, reasons: list[str] | None = None, form: SendBackForm | None = None
) -> HttpResponse:
    if not sending_approval.is_waiting(campaign):
        return redirect("campaigns:batch", campaign.id)
    context = facts(request, campaign) | {
        "reasons": reasons or [],
        "change": {},  # while it waits nothing can be changed
        "form": form or SendBackForm(),
        "refusal": refused.sentence if (refused := sending_approval.refusal(campaign, request.user)) else "",
        "back": reverse("campaigns:home"),
    }
    return render(request, "campaigns/approval.jinja", context)
