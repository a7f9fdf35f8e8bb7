"""The managers' pages: how long data is kept, keeping a batch longer, and one patient's data with a second person."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import Campaign
from core import links
from core.wording import plural
from patients.models import PatientRequest, RequestKind, RequestState
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission
from practices.staff import retention_settings
from selfbook.retention import export, patient, requests, services
from selfbook.retention.forms import AskForm, DaysForm, KeepForm

page = require_http_methods(["GET", "HEAD", "POST"])

SHOWN = 50
"""Requests on the page: the latest."""


@page
@allowed(Permission.ERASE_PATIENTS)
def settings_page(request: StaffRequest) -> HttpResponse:
    """How long the practice keeps patients, and what was asked for about single ones."""
    posted = request.POST if request.method == "POST" else None
    form = DaysForm(posted, initial={"days": request.practice.retention_days})
    if form.is_valid():
        if retention_settings.choose(practice=request.practice, days=form.cleaned_data["days"], by=request.user):
            messages.success(request, "Saved. It holds for batches that have closed already, too.")
        else:
            messages.info(request, "Nothing has changed.")
        return redirect("retention:settings")
    rows = PatientRequest.objects.filter(practice=request.practice).select_related("asked_by", "decided_by")
    shown = [(row, requests.may_download(row)) for row in rows[:SHOWN]]
    return render(request, "retention/settings.jinja", {"form": form, "requests": shown, "back": links.address("home")})


@page
@allowed(Permission.ERASE_PATIENTS)
def ask(request: StaffRequest) -> HttpResponse:
    """Ask for a patient's data to be erased or copied. The number is posted, and stands in no address."""
    form = AskForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = requests.ask(practice=request.practice, by=request.user, **form.cleaned_data)
        return redirect("retention:decide", made.id)
    return render(request, "retention/ask.jinja", {"form": form, "back": reverse("retention:settings")})


@page
@allowed(Permission.ERASE_PATIENTS)
def decide(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """What was asked for, and a second person's decision."""
    own = PatientRequest.objects.filter(practice=request.practice).select_related("practice", "asked_by", "decided_by")
    asked = get_object_or_404(own, id=request_id)
    if request.method == "POST":
        _decide(request, asked)
        return redirect("retention:decide", asked.id)
    waiting = asked.state == RequestState.WAITING
    refused = requests.refusal(asked, request.user) if waiting else None
    context = {
        "asked": asked,
        "waiting": waiting,
        "refused": refused.sentence if refused else "",
        "extent": patient.extent(request.practice, asked.nhs_number) if waiting else None,
        "is_erasure": asked.kind == RequestKind.ERASE,
        "may_download": requests.may_download(asked),
        "back": reverse("retention:settings"),
    }
    return render(request, "retention/decide.jinja", context)


def _decide(request: StaffRequest, asked: PatientRequest) -> None:
    """Do it, or drop it, and say what came of it."""
    if request.POST.get("act") == "refuse":
        if requests.turn_down(request=asked, by=request.user):
            messages.success(request, "The request was dropped. Nothing was erased or copied.")
        return
    if request.POST.get("act") != "agree":
        return
    try:
        extent = requests.agree(request=asked, by=request.user)
    except (requests.CannotDecide, patient.UnderWay) as why:
        messages.error(request, str(why))
        return
    if extent is not None:
        rows = plural(extent.rows, "row of a list", "rows of lists")
        messages.success(request, f"Erased: {rows}, with all that belongs to them.")


@require_safe
@allowed(Permission.ERASE_PATIENTS)
def copy(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """The copy of a patient's data that a second person has agreed to. That somebody took it is put on record."""
    own = PatientRequest.objects.filter(practice=request.practice, kind=RequestKind.EXPORT)
    asked = get_object_or_404(own, id=request_id)
    if not requests.may_download(asked):
        raise Http404
    content = export.as_zip(export.collect(request.practice, asked.nhs_number))
    if request.method == "GET":
        audit.record("patient.copied", practice=request.practice, actor=request.user, object_id=asked.id)
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="patient-data.zip"'},
    )


@page
@allowed(Permission.ERASE_PATIENTS)
def keep(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Keep the patients of a batch for longer than the practice's days, with a reason; or no longer."""
    started = Campaign.objects.of(request.practice).started()
    campaign = get_object_or_404(started, id=campaign_id)
    there = redirect("campaigns:progress", campaign.id)
    if request.method == "POST" and "end" in request.POST:
        services.end_keep(campaign=campaign, by=request.user)
        messages.success(request, "Saved. The patients are erased in their time again.")
        return there
    initial = {"until": campaign.keep_until, "reason": campaign.keep_reason}
    form = KeepForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            services.keep(campaign=campaign, by=request.user, **form.cleaned_data)
        except services.CannotKeep as why:
            messages.error(request, str(why))
        else:
            messages.success(request, "Saved. The patients of this batch are kept until then.")
        return there
    back = reverse("campaigns:progress", args=[campaign.id])
    return render(request, "retention/keep.jinja", {"form": form, "campaign": campaign, "back": back})
