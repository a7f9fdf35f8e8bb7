"""The audit trail, searched a page at a time, and as a CSV."""

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import Campaign
from core.web.exports import as_csv
from patients.lists.downloads import csv_lines
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.models import AuditEvent, Practice
from practices.roles import Permission
from selfbook.audit_pages import search
from selfbook.audit_pages.forms import SearchForm
from selfbook.audit_pages.search import Traces

ON_A_PAGE = 50
_SESSION_KEY = "audit search"


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEE_AUDIT)
def events(request: StaffRequest) -> HttpResponse:
    """What happened in the practice. The search is posted and kept in the session: it may name a patient."""
    if request.method == "POST":
        return _search(request)
    form = SearchForm(_load_search(request) or None, practice=request.practice)
    return _page(request, form, _wanted(form))


def _search(request: StaffRequest) -> HttpResponse:
    typed = {} if "clear" in request.POST else {name: str(request.POST[name]) for name in request.POST}
    form = SearchForm(typed, practice=request.practice)
    if not form.is_valid():
        return _page(request, form, {})
    typed.pop("csrfmiddlewaretoken", None)
    request.session[_SESSION_KEY] = typed
    if patient := _patient(request.practice, form.cleaned_data):
        audit.record(
            "audit.searched", practice=request.practice, actor=request.user, patient_ids=sorted(patient.ids)
        )  # fmt: skip
    return redirect("audit:events")


def _load_search(request: StaffRequest) -> dict[str, str]:
    return dict(request.session.get(_SESSION_KEY, {}))


def _wanted(form: SearchForm) -> dict[str, Any]:
    """What is searched for; nothing when there is no search, or one that no longer makes sense."""
    return form.cleaned_data if form.is_bound and form.is_valid() else {}


def _patient(practice: Practice, wanted: dict[str, Any]) -> Traces | None:
    number = wanted.get("nhs_number")
    return search.traces(practice, number) if number else None


def _events(practice: Practice, wanted: dict[str, Any]) -> QuerySet[AuditEvent]:
    return search.find_events(practice, wanted, _patient(practice, wanted))


def _page(request: StaffRequest, form: SearchForm, wanted: dict[str, Any]) -> HttpResponse:
    page = Paginator(_events(request.practice, wanted), ON_A_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    context = {
        "form": form,
        "page": page,
        "lines": list(search.lines(shown, search.batches_of(shown, request.practice))),
        "searched": any(wanted.values()),
        "back": reverse("campaigns:home"),
    }
    return render(request, "audit/events.jinja", context)


@require_safe
@allowed(Permission.SEE_AUDIT)
def events_csv(request: StaffRequest) -> StreamingHttpResponse:
    """What the page shows, all of it. The download is an event itself, and not part of what is downloaded."""
    wanted = _wanted(SearchForm(_load_search(request) or None, practice=request.practice))
    audit_events = _events(request.practice, wanted)
    last = audit_events.values_list("id", flat=True).first() or 0
    if request.method == "GET":
        named = sorted(name for name, value in wanted.items() if value)
        audit.record("audit.downloaded", practice=request.practice, actor=request.user, searched_by=named)
    events = audit_events.filter(id__lte=last)
    return as_csv(lambda: csv_lines(search.HEADERS, _rows(request.practice, events)), "audit.csv")


def _rows(practice: Practice, audit_events: QuerySet[AuditEvent]) -> Iterator[list[str]]:
    batches = Campaign.objects.of(practice).in_bulk()
    return map(search.cells, search.lines(audit_events.iterator(chunk_size=2000), batches))
