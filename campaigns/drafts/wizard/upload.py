"""The wizard's upload step, and the guides on how to make a list."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.drafts import services
from campaigns.drafts.wizard.list_forms import UploadForm
from campaigns.drafts.wizard.steps import address, after, back_from, wizard_step
from campaigns.models import Campaign
from core.http import posted
from integrations.clinical.profile import SystemProfile
from integrations.clinical.registry import SYSTEMS, profile_of
from patients.files.guides import column_help
from patients.lists.services import display_name
from patients.models import ListState
from patients.tables.faults import FileFault
from practices.access import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@wizard_step("upload")
def upload(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Upload the patient list. A file that cannot be used is refused whole, with the remedy.

    What shows at a glance is said at once; what a worker finds on reading the file is said when staff come back.
    """
    patient_list = campaign.patient_list
    refused = patient_list if patient_list is not None and patient_list.state == ListState.REFUSED else None
    form, not_used = UploadForm(posted(request), request.FILES or None), ""
    if request.method != "POST" and refused:
        form, not_used = UploadForm.refused(refused.fault), refused.file_name
    elif form.is_valid():
        file = form.cleaned_data["file"]
        try:
            services.upload_list(campaign=campaign, file=file, by=request.user)
        except FileFault as fault:
            form.add_error("file", fault.message)
            not_used = display_name(file.name)
        else:
            return after(campaign, "upload")
    system = request.practice.clinical_system
    context = {
        "campaign": campaign,
        "back": back_from(campaign, "upload"),
        "form": form,
        "not_used": not_used,
        "in_use": None if refused else patient_list,
        "columns": [column for column in column_help(system) if column.required],
        "profile": profile_of(system),
        "systems": _own_first(system),
    }
    return render(request, "campaigns/upload.jinja", context)


def _own_first(system: str) -> list[SystemProfile]:
    """The clinical systems, the practice's own one first."""
    return sorted(SYSTEMS.values(), key=lambda name: name.key != system)


@require_safe
@wizard_step("upload")
def guide(request: StaffRequest, campaign: Campaign, system: str) -> HttpResponse:
    """How to make a list in one clinical system, and what it may have in it."""
    if system not in SYSTEMS:
        raise Http404
    context = {
        "campaign": campaign,
        "back": address(campaign, "upload"),
        "system": profile_of(system),
        "columns": column_help(system),
        "others": [name for name in SYSTEMS.values() if name.key != system],
    }
    return render(request, "campaigns/guide.jinja", context)
