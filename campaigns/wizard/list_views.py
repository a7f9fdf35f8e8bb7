"""The wizard's last pages: upload the list, see who can be sent to, look over everything, send."""

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns import forms, services, slot_types, texts
from campaigns.models import Campaign
from campaigns.wizard.steps import STEPS, address, after, back_from, posted, wizard_step
from integrations.clinical.port import ClinicalError
from integrations.connections import NotConnected
from patients import columns, queries
from patients.faults import FileFault
from patients.models import PatientList, Recipient, Verdict
from practices.access import StaffRequest
from practices.models import Practice

page = require_http_methods(["GET", "HEAD", "POST"])

ROWS_ON_A_PAGE = 50


@page
@wizard_step("upload")
def upload(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Upload the patient list. A file that cannot be read is refused whole, with the remedy."""
    form = forms.UploadForm(posted(request), request.FILES or None)
    if form.is_valid():
        try:
            services.upload_list(campaign=campaign, file=form.cleaned_data["file"], by=request.user)
        except FileFault as fault:
            form.add_error("file", fault.message)
        else:
            return after(campaign, "upload")
    context = {
        "campaign": campaign,
        "back": back_from(campaign, "upload"),
        "form": form,
        "columns": _columns(request.practice),
    }
    return render(request, "campaigns/upload.jinja", context)


def _columns(practice: Practice) -> list[dict[str, object]]:
    """The columns that this practice's file may have, and whether each must be there."""
    required = columns.REQUIRED[practice.clinical_system]
    optional = [columns.Column.PATIENT_NAME] if len(required) > 1 else []
    return [
        {
            "name": columns.DEFINITIONS[column].name,
            "example": columns.DEFINITIONS[column].example,
            "required": required_,
        }
        for found, required_ in ((required, True), (optional, False))
        for column in found
    ]


@page
@wizard_step("patients")
def patients(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Who can be sent to and who cannot, and why; Continue agrees to it."""
    patient_list = campaign.patient_list
    assert patient_list is not None  # the upload step is done
    fault = ""
    if request.method == "POST":
        try:
            services.agree_list(campaign=campaign, by=request.user)
        except services.CannotSend as refusal:
            fault = refusal.reasons[0]
        else:
            return after(campaign, "patients")
    done, total = queries.progress(patient_list)
    context = {
        "campaign": campaign,
        "back": back_from(campaign, "patients"),
        "patient_list": patient_list,
        "done": done,
        "total": total,
        "fault": fault,
    }
    if not patient_list.is_ready:
        return render(request, "campaigns/looking-up.jinja", context)
    counts = queries.verdict_counts(patient_list)
    shown = _shown(request, counts)
    context |= {
        "counts": counts,
        "reasons": queries.reason_counts(patient_list),
        "shown": shown,
        "page": _rows(request, patient_list, shown),
    }
    return render(request, "campaigns/patients.jinja", context)


def _shown(request: StaffRequest, counts: queries.VerdictCounts) -> str:
    asked = request.GET.get("show")
    if asked in (Verdict.CAN, Verdict.CANNOT):
        return asked
    return Verdict.CANNOT if counts.cannot else Verdict.CAN


def _rows(request: StaffRequest, patient_list: PatientList, shown: str) -> Page[Recipient]:
    rows = patient_list.recipients.filter(verdict=shown).order_by("row_number")
    return Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))


@page
@wizard_step("summary")
def summary(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Everything about the batch on one page, and Send."""
    patient_list = campaign.patient_list
    assert patient_list is not None  # the upload step is done
    longest = queries.longest_name(patient_list)
    faults: list[str] = []
    if request.method == "POST":
        try:
            services.start(campaign=campaign, longest_name=longest, by=request.user)
        except services.CannotSend as refusal:
            faults = refusal.reasons
        else:
            return redirect("campaigns:progress", campaign.id)
    counts = queries.verdict_counts(patient_list)
    preview = texts.preview(campaign.message, practice=campaign.practice, name=longest or texts.SAMPLE_NAME)
    context = {
        "campaign": campaign,
        "back": back_from(campaign, "summary"),
        "counts": counts,
        "preview": preview,
        "faults": faults,
        "free": _free_slots(request, campaign),
        "change": {step.name: address(campaign, step.name) for step in STEPS},
    }
    return render(request, "campaigns/summary.jinja", context)


def _free_slots(request: StaffRequest, campaign: Campaign) -> int | None:
    """Free slots of the batch's type, or None when the clinical system cannot be asked: that stops nobody."""
    try:
        return slot_types.free(request.practice, request.user, campaign.slot_type)
    except (ClinicalError, NotConnected):
        return None
