"""Every patient of a batch: a page at a time, chosen and searched, and as files."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from booking.staff.batch import recipients
from booking.staff.batch.downloads import DOWNLOADS
from campaigns.models import Campaign
from campaigns.results import erasure
from campaigns.results.funnel import funnel
from core import searches
from core.http import whole_number
from core.web.exports import as_csv
from patients.opt_outs.forms import SearchForm
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission


@require_safe
@allowed(Permission.SEE_PATIENTS)
def patients(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """The batch's patients: those that `show` names, or those of the session's search where `search` says there is one.

    `after` and `before` are row numbers of the list. That somebody looked is put on record.
    """
    campaign = _sent(request, campaign_id)
    if campaign.is_erased:
        return _without_patients(request, campaign)
    term = searches.term(request, _place(campaign)) if "search" in request.GET else ""
    return _page(request, campaign, SearchForm(initial={"term": term}), term)


@require_POST
@allowed(Permission.SEE_PATIENTS)
def search(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Search the patients. Whom for is personal: it is posted, kept in the session, and stands in no address."""
    campaign = _sent(request, campaign_id)
    if campaign.is_erased:
        return _without_patients(request, campaign)
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, form, "")
    term = "" if "clear" in request.POST else form.cleaned_data["term"]
    searches.keep(request, _place(campaign), term)
    response = redirect("staff:recipients", campaign.id)
    if term:
        audit.record("patients.searched", practice=request.practice, actor=request.user, campaign_id=str(campaign.id))
        response["Location"] += "?search=on"
    return response


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
def download(request: StaffRequest, campaign_id: UUID, what: str) -> HttpResponseBase:
    """One of the files, as it is written. That somebody took it is put on record."""
    campaign = _sent(request, campaign_id)
    if campaign.is_erased:
        return _without_patients(request, campaign)
    if request.method == "GET":
        audit.downloaded(what, practice=request.practice, actor=request.user, campaign_id=campaign.id)
    return as_csv(lambda: DOWNLOADS[what](campaign), f"{what}.csv")


def _without_patients(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """To the batch's page, where a batch has no patients any more: it says why, and has the figures."""
    messages.warning(request, erasure.NO_PATIENTS)
    return redirect("campaigns:progress", campaign.id)


def _sent(request: StaffRequest, campaign_id: UUID) -> Campaign:
    """One of the practice's batches that are no longer drafts. Raises Http404."""
    started = Campaign.objects.of(request.practice).started().select_related("patient_list")
    return get_object_or_404(started, id=campaign_id)


def _place(campaign: Campaign) -> str:
    """The name that a batch's search is kept under."""
    return f"batch {campaign.id}"


def _page(request: StaffRequest, campaign: Campaign, form: SearchForm, term: str) -> HttpResponse:
    requested = request.GET.get("show", "")
    choices = recipients.choices(campaign, funnel(campaign), requested)
    choice = next((option for option in choices if option.value == requested), choices[0])
    rows = recipients.chosen(campaign, choice.value)
    rows = recipients.searched(rows, term) if term else rows
    page = recipients.page(campaign, rows, after=_row(request, "after"), before=_row(request, "before"))
    seen = [line.recipient.id for line in page.lines]
    audit.looked(practice=request.practice, actor=request.user, patient_ids=seen, campaign_id=campaign.id)
    context = {
        "campaign": campaign,
        "choices": choices,
        "choice": choice,
        "form": form,
        "term": term,
        "page": page,
    }
    return render(request, "booking/staff/recipients.jinja", context)


def _row(request: StaffRequest, name: str) -> int:
    """A row number of the address; 0 for none, and for one that no list has."""
    return whole_number(request.GET.get(name, "")) or 0
