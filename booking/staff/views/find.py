"""Finding a patient. Whom staff look for is personal: it is posted, kept in the session, and stands in no address."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from booking.staff.patient.find import FindForm, SearchResult, find
from core import searches
from practices.access import StaffRequest, allowed
from practices.roles import Permission

_PLACE = "patients"


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEE_PATIENTS)
def find_patient(request: StaffRequest) -> HttpResponse:
    """Ask whom, and show whom that finds."""
    if request.method == "POST":
        return _asked(request)
    term = searches.term(request, _PLACE) if "found" in request.GET else ""
    result = find(practice=request.practice, term=term, by=request.user) if term else None
    return _page(request, FindForm(initial={"term": term}), term, result)


def _asked(request: StaffRequest) -> HttpResponse:
    if "clear" in request.POST:
        searches.keep(request, _PLACE, "")
        return redirect("staff:find")
    form = FindForm(request.POST)
    if not form.is_valid():
        return _page(request, form, "", None)
    searches.keep(request, _PLACE, form.cleaned_data["term"])
    response = redirect("staff:find")
    response["Location"] += "?found=yes"
    return response


def _page(request: StaffRequest, form: FindForm, term: str, result: SearchResult | None) -> HttpResponse:
    context = {"form": form, "term": term, "found": result}
    return render(request, "booking/staff/find.jinja", context)
