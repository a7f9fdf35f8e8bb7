"""The rows of a batch's list, behind the figures: chosen, searched, and a page at a time."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST, require_safe

from campaigns.drafts.wizard.steps import address, wizard_step
from campaigns.models import Campaign
from core import searches
from patients.lists import rows
from patients.models import PatientList, Recipient, RecipientQuerySet
from patients.opt_outs.forms import SearchForm
from patients.values.corrections import TIDYING
from practices.access import StaffRequest
from practices.audit import trail as audit

ROWS_ON_A_PAGE = 25


@require_safe
@wizard_step("patients")
def patient_rows(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """The rows that `show` names; those of the session's search where `search` says that there is one."""
    place = _place(campaign)
    term = searches.term(request, place) if "search" in request.GET else ""
    return _page(request, campaign, SearchForm(initial={"term": term}), term)


@require_POST
@wizard_step("patients")
def search(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Search the rows. What for is personal, so it is posted, kept in the session, and never part of an address."""
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, form, "")
    term = "" if "clear" in request.POST else form.cleaned_data["term"]
    searches.keep(request, _place(campaign), term)
    return redirect(address(campaign, "patient-rows") + ("?search=on" if term else ""))


def _place(campaign: Campaign) -> str:
    """The name that a list's search is kept under."""
    return f"list {campaign.patient_list_id}"


class _Counted(Paginator[Recipient]):
    """Pages of rows whose number is known already, so that they are not counted again."""

    def __init__(self, recipients: RecipientQuerySet, count: int | None) -> None:
        super().__init__(recipients, ROWS_ON_A_PAGE)
        self._known = count

    @cached_property
    def count(self) -> int:
        """How many rows there are on all pages."""
        return super().count if self._known is None else self._known


def _page(request: StaffRequest, campaign: Campaign, form: SearchForm, term: str) -> HttpResponse:
    patient_list = campaign.patient_list
    assert patient_list is not None  # the upload step is done
    if not patient_list.is_ready:
        return redirect(address(campaign, "patients"))
    overview = rows.overview(patient_list)
    choice = overview.choice(request.GET.get("show", ""))
    page = _pages(patient_list, choice, term).get_page(request.GET.get("page"))
    seen = [row.id for row in page]
    audit.looked(practice=request.practice, actor=request.user, patient_ids=seen, campaign_id=campaign.id)
    context = {
        "campaign": campaign,
        "back": address(campaign, "patients"),
        "patient_list": patient_list,
        "choices": overview.choices,
        "choice": choice,
        "form": form,
        "term": term,
        "page": page,
        "tidying": TIDYING,
    }
    return render(request, "campaigns/patient-rows.jinja", context)


def _pages(patient_list: PatientList, choice: rows.RowGroup, term: str) -> _Counted:
    recipients = rows.chosen(patient_list, choice.value)
    return _Counted(rows.matching(recipients, term), None) if term else _Counted(recipients, choice.count)
