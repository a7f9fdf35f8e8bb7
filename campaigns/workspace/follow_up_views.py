"""The staff's pages of patients to follow up: one batch's, and the whole practice's; and what staff are done with."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from campaigns.follow_up import entries as to_reach
from campaigns.follow_up.entries import Batches, Kind
from campaigns.models import Campaign
from campaigns.models.workspace import Figures
from campaigns.results import followed_up
from campaigns.results.followed_up import CANNOT
from campaigns.workspace import figures
from campaigns.workspace import to_do as to_do_lists
from core.web.exports import as_csv
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission

PATIENTS_ON_A_PAGE = 50


@require_safe
@allowed(Permission.SEE_PATIENTS)
def follow_up(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """The patients of a batch whom staff must reach themselves; `show` names one kind of them."""
    campaign = _sent(request, campaign_id)
    batches = Batches.of(campaign)
    counts = to_reach.counts_of(campaign)
    context = {"campaign": campaign, "counts": counts, "total": sum(counts.values()), "labels": to_reach.LABELS}
    return render(request, "campaigns/follow-up.jinja", context | _patients(request, batches, _kind(request)))


@require_safe
@allowed(Permission.SEE_PATIENTS)
def to_do(request: StaffRequest) -> HttpResponse:
    """Whom and what the whole practice must see to; `show` names one kind."""
    sent = Campaign.objects.of(request.practice).started().order_by("-started_at").select_related("patient_list")
    campaigns = list(sent)
    counted = figures.of_practice(campaigns, campaigns)
    counts, requested = figures.total(counted.values()), request.GET.get("show", "")
    kind = requested if requested in to_do_lists.KINDS else ""
    context = {
        "needs": to_do_lists.of(counts),
        "total": sum(counts.values()),
        "kind": kind,
        "words": to_do_lists.KIND_LABELS,
        "lists": [(campaign, mine) for campaign in campaigns if (mine := _of_kind(counted, campaign, kind, CANNOT))],
        "codes": sum(_of_kind(counted, campaign, kind, figures.CODES) for campaign in campaigns),
    }
    if campaigns and kind not in (CANNOT, figures.CODES):
        context |= _patients(request, Batches.of(*campaigns), _kind(request))
    return render(request, "campaigns/to-do.jinja", context)


def _of_kind(counted: dict[UUID, Figures], campaign: Campaign, asked: str, kind: str) -> int:
    """How many of a kind a batch has, where the page shows that kind."""
    mine = counted.get(campaign.id)
    return mine.needs.get(kind, 0) if mine and asked in ("", kind) else 0


def _patients(request: StaffRequest, batches: Batches, kind: Kind | None) -> dict[str, object]:
    """A page of the patients of some batches, put on record as looked at."""
    page = Paginator(to_reach.keys(batches, kind), PATIENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    entries = to_reach.entries(list(page))
    seen = [entry.recipient.id for entry in entries]
    campaign_id = batches.ids[0] if len(batches.ids) == 1 else None
    audit.looked(practice=request.practice, actor=request.user, patient_ids=seen, campaign_id=campaign_id)
    return {"kind": kind or "", "page": page, "entries": entries, "here": request.get_full_path()}


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
def follow_up_csv(request: StaffRequest, campaign_id: UUID) -> StreamingHttpResponse:
    """The patients of a batch to follow up, or one kind of them, as a CSV."""
    campaign, kind = _sent(request, campaign_id), _kind(request)
    if request.method == "GET":
        audit.downloaded("follow-up", practice=request.practice, actor=request.user, campaign_id=campaign.id, show=kind)
    return as_csv(lambda: to_reach.csv(Batches.of(campaign), kind), "follow-up.csv")


class Entry(forms.Form):
    """Which entry of a list staff are done with, as its button says."""

    kind = forms.ChoiceField(choices=[(kind, kind) for kind in sorted(to_reach.SETTLED_HERE)])
    invitation = forms.UUIDField()
    about = forms.UUIDField()


@require_POST
@allowed(Permission.FOLLOW_UP)
def done(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Take an entry off the list, and show the rest. One that is off it already stays so."""
    campaign, asked = _sent(request, campaign_id), Entry(request.POST)
    if asked.is_valid():
        cleaned = asked.cleaned_data
        kind = Kind(cleaned["kind"])
        text = None if kind == Kind.LOCKED else cleaned["about"]
        if entry := to_reach.find(Batches.of(campaign), kind, cleaned["invitation"], text):
            followed_up.mark(
                campaign=campaign, invitation=entry.invitation, kind=kind, about=entry.about, by=request.user
            )
            figures.counted_anew(campaign)
            messages.success(request, "Done. The patient is off the list.")
    return redirect(_back(request, campaign))


@require_POST
@allowed(Permission.FOLLOW_UP)
def list_done(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Say that the patients of a list who cannot be sent a text have been seen to."""
    campaign = _sent(request, campaign_id)
    if campaign.patient_list is not None:
        followed_up.mark(campaign=campaign, invitation=None, kind=CANNOT, about=campaign.id, by=request.user)
        figures.counted_anew(campaign)
        messages.success(request, "Done. The patients who cannot be sent a text are off the list.")
    return redirect(_back(request, campaign))


@require_safe
@allowed(Permission.SEE_PATIENTS)
def all_done(request: StaffRequest) -> HttpResponse:
    """What staff are done with, the latest first, to put it back."""
    page = Paginator(followed_up.latest(request.practice), PATIENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    seen = [entry.invitation.recipient_id for entry in page if entry.invitation]
    audit.looked(practice=request.practice, actor=request.user, patient_ids=seen)
    return render(request, "campaigns/followed-up.jinja", {"page": page, "words": to_do_lists.KIND_LABELS})


@require_POST
@allowed(Permission.FOLLOW_UP)
def put_back(request: StaffRequest, followed_up_id: UUID) -> HttpResponse:
    """Put an entry on its list again."""
    row = get_object_or_404(followed_up.latest(request.practice), id=followed_up_id)
    if followed_up.put_back(practice=request.practice, followed_up=row.id, by=request.user):
        figures.counted_anew(row.campaign)
        messages.success(request, "It is on the list again, unless it has settled itself.")
    return redirect("campaigns:all-done")


def _back(request: StaffRequest, campaign: Campaign) -> str:
    """The page that the button was on: a list or the batch, and never an address of anybody else."""
    mine, all_of_them = reverse("campaigns:follow-up", args=[campaign.id]), reverse("campaigns:to-do")
    target = request.POST.get("back", "")
    return (
        target
        if target.split("?")[0] in (mine, all_of_them, reverse("campaigns:progress", args=[campaign.id]))
        else mine
    )


def _sent(request: StaffRequest, campaign_id: UUID) -> Campaign:
    """One of the practice's batches that are no longer drafts. Raises Http404."""
    own = Campaign.objects.of(request.practice).started().select_related("practice", "patient_list")
    return get_object_or_404(own, id=campaign_id)


def _kind(request: StaffRequest) -> Kind | None:
    """The kind of entries that an address names; None for all, and for one that there is not."""
    requested = request.GET.get("show", "")
    return next((kind for kind in Kind if kind == requested), None)
