"""The staff's pages about batches: all of them, and how one is going."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.drafts import duplicate as duplicate_draft
from campaigns.drafts.wizard.steps import address, first_open
from campaigns.follow_up import entries as to_reach
from campaigns.models import Campaign
from campaigns.models.states import MOVES, CampaignState
from campaigns.reminders import automatic
from campaigns.reminders import services as reminders
from campaigns.results import erasure, followed_up, outcomes
from campaigns.results.delivery_routes import choose_noun, reached
from campaigns.results.funnel import funnel
from campaigns.sending import approval, control, notify_wording
from campaigns.sending.rechecks import changes, clearance, wording
from campaigns.workspace import figures, include_booked, plan_parts, to_do
from campaigns.workspace.pace.shown import pacing
from campaigns.workspace.pace.status import status as paced_status
from campaigns.workspace.page_parts import notices, parts_of
from campaigns.workspace.status import status, tag
from core.web.exports import as_csv
from integrations import certificate_expiry
from integrations.outbox.messages import in_app, stoppages
from patients.lists import downloads, queries
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission

BATCHES_ON_A_PAGE = 20


@require_safe
@allowed(Permission.SEE_BATCHES)
def home(request: StaffRequest) -> HttpResponse:
    """What needs a person, and the practice's drafts and batches, the latest first, a page at a time."""
    own = Campaign.objects.of(request.practice)
    sent = own.started().order_by("-started_at").select_related("patient_list")
    started = list(sent.defer("message", "decline_message"))
    waiting = [batch for batch in started if batch.state == CampaignState.SCHEDULED]
    begun = [batch for batch in started if batch.state != CampaignState.SCHEDULED]
    page = Paginator(begun, BATCHES_ON_A_PAGE).get_page(request.GET.get("page"))
    numbers = figures.of_practice(started, [*waiting, *page])
    stopped = stoppages.current(request.practice)
    context = {
        "drafts": own.drafts().order_by("-changed_at"),
        "to_approve": list(approval.waiting(request.practice)),
        "waiting": sorted(waiting, key=lambda batch: batch.starts_at or batch.changed_at),
        "page": page,
        "figures": numbers,
        "tags": {
            batch.id: tag(batch, unsent=counted.unsent, stopped=bool(stopped))
            for batch in page
            if (counted := numbers.get(batch.id))
        },
        "needs": to_do.of(figures.total(numbers.values())),
        "stoppages": stopped,
        "notices": list(notices),
        "certificates": certificate_expiry.of_practice(request.practice),
        "held_up": wording.waiting(request.practice),
    }
    return render(request, "campaigns/home.jinja", context)


@require_safe
@allowed(Permission.SEE_BATCHES)
def batch(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Where a batch is: the first step still to do, its approval, or its progress."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    if campaign.is_draft:
        return redirect(address(campaign, first_open(campaign).name))
    return redirect("campaigns:approval" if approval.is_waiting(campaign) else "campaigns:progress", campaign.id)


@require_safe
@allowed(Permission.SEE_BATCHES)
def progress(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """How a sent batch is going."""
    own = Campaign.objects.of(request.practice).select_related("started_by", "patient_list", "practice", "check_run")
    campaign = get_object_or_404(own, id=campaign_id)
    if campaign.is_draft or approval.is_waiting(campaign) or campaign.patient_list is None:
        return redirect("campaigns:batch", campaign.id)
    if campaign.is_erased:
        return _erased(request, campaign)
    numbers = funnel(campaign)
    stopped = stoppages.current(request.practice)
    places = reached(campaign)
    word = choose_noun(campaign, places, numbers)
    text_due = in_app.first_text(campaign.id) if numbers.unread else None
    stage: dict[str, Any] = {"stopped": bool(stopped), "noun": word, "checking": clearance.progress(campaign)}
    if campaign.paced:
        now = paced_status(campaign, numbers, **stage)
    else:
        now = status(campaign, numbers, text_due=text_due, **stage)
    sent, changed = list(campaign.reminders.select_related("asked_by")), changes.changes(campaign)
    context = {
        "campaign": campaign,
        "funnel": numbers,
        "status": now,
        "pacing": pacing(campaign),
        "reached": places,
        "thing": word,
        "stoppages": stopped if now.to_go else [],
        "notify_rests": notify_wording.of_batch(campaign) if places.by_notify else "",
        "reminders": [reminder for reminder in sent if reminder.invitation is None],
        "reminders_wait": any(reminder.waits_since and not reminder.written_at for reminder in sent),
        "next_reminder": automatic.describe_next(campaign, numbers),
        "plan": plan_parts.part(campaign),
        "can_remind": numbers.unanswered > 0 and reminders.may_come(campaign),
        "needs": to_reach.counts_of(campaign),
        "labels": to_reach.LABELS,
        "reasons": queries.reason_counts(campaign.patient_list),
        "changes": changed,
        "left_out": include_booked.count(campaign, changed),
        "erasure": erasure.sentences(campaign),
        "to_contact": 0 if followed_up.is_list_done(campaign) else queries.to_contact(campaign.patient_list),
    }
    return render(request, "campaigns/progress.jinja", context | parts_of(campaign, numbers))


def _erased(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """What is left of a batch whose patients were erased: its figures."""
    numbers, places = funnel(campaign), reached(campaign)
    context = {
        "campaign": campaign,
        "funnel": numbers,
        "reached": places,
        "thing": choose_noun(campaign, places, numbers),
        "outcomes": outcomes.OUTCOMES,
        "by_age": outcomes.table(campaign),
        "by_channel": outcomes.by_channel(campaign),
        "reasons": erasure.reasons(campaign),
        "reminders": list(campaign.reminders.filter(invitation=None).select_related("asked_by")),
    }
    return render(request, "campaigns/erased.jinja", context | parts_of(campaign, numbers))


@require_POST
@allowed(Permission.SEND_BATCHES)
def undo(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Make a batch of which nothing has gone a draft again, and show its summary."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    if control.undo(campaign=campaign, by=request.user):
        messages.success(request, "Sending was undone before any message went.")
        return redirect("campaigns:summary", campaign.id)
    campaign.refresh_from_db()
    if not campaign.is_draft:  # or else another tab was quicker: it is undone, as asked
        messages.warning(request, "It was too late to undo: the first messages were on their way.")
    return redirect("campaigns:batch", campaign.id)


@require_POST
@allowed(Permission.SEND_BATCHES)
def pause(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Let nothing more leave, and show the batch."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    control.pause(campaign=campaign, by=request.user)
    return redirect("campaigns:progress", campaign.id)


@require_POST
@allowed(Permission.SEND_BATCHES)
def resume(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Send the rest of a paused batch, and show it."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    control.resume(campaign=campaign, by=request.user)
    return redirect("campaigns:progress", campaign.id)


_CAN_BE_CANCELLED = [before for before, after in MOVES.items() if CampaignState.CANCELLED in after]


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEND_BATCHES)
def cancel(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Ask, then withdraw what has not left."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    if request.method == "POST":
        control.cancel(campaign=campaign, by=request.user, sent_links_too="sent_links_too" in request.POST)
    elif campaign.state in _CAN_BE_CANCELLED:
        numbers = funnel(campaign)
        context = {"campaign": campaign, "funnel": numbers, "thing": choose_noun(campaign, reached(campaign), numbers)}
        return render(request, "campaigns/cancel.jinja", context)
    return redirect("campaigns:progress", campaign.id)


@require_POST
@allowed(Permission.PREPARE_BATCHES)
def duplicate(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Make a new draft like a batch, and show the first step that is still to do."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    draft = duplicate_draft.duplicate(campaign=campaign, by=request.user)
    messages.success(request, "This is a new draft like the other batch. It has no patients yet.")
    return redirect("campaigns:batch", draft.id)


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
def cannot_be_sent(request: StaffRequest, campaign_id: UUID) -> HttpResponseBase:
    """The rows that cannot be sent, as a CSV with the reason and what to do."""
    own = Campaign.objects.of(request.practice).select_related("patient_list")
    campaign = get_object_or_404(own, id=campaign_id, patient_list__isnull=False)
    patient_list = campaign.patient_list
    assert patient_list is not None
    if campaign.is_erased:
        messages.warning(request, erasure.NO_PATIENTS)
        return redirect("campaigns:progress", campaign.id)
    if request.method == "GET":
        audit.downloaded("cannot-be-sent", practice=request.practice, actor=request.user, campaign_id=campaign.id)
    return as_csv(lambda: downloads.cannot_be_sent_csv(patient_list), "cannot-be-sent.csv")
