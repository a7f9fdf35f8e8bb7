"""The staff's pages about patients that belong to no batch: who wants no texts, and the sample lists."""

import io
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core import links, searches
from integrations.clinical.registry import SYSTEMS
from patients.files.guides import SAMPLE_ROWS
from patients.files.samples import write_sample
from patients.models import OptOut, OptOutSource
from patients.opt_outs import digests
from patients.opt_outs import services as opt_outs
from patients.opt_outs.forms import OptOutForm, SearchForm
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission

page = require_http_methods(["GET", "HEAD", "POST"])

ON_A_PAGE = 50
_PLACE = "opt-outs"


@page
@allowed(Permission.SEE_PATIENTS)
def opt_out_list(request: StaffRequest) -> HttpResponse:
    """Who wants no texts from this practice. The search is posted, and kept in the session."""
    form = SearchForm(
        request.POST if request.method == "POST" else None, initial={"term": searches.term(request, _PLACE)}
    )
    if form.is_valid():
        searched = "" if "clear" in request.POST else form.cleaned_data["term"]
        digests.revive_typed(request.practice, searched)
        searches.keep(request, _PLACE, searched)
        return redirect("patients:opt-outs")
    term = searches.term(request, _PLACE)
    live = OptOut.objects.live().filter(practice=request.practice).select_related("created_by")
    shown = Paginator(_search(live, term), ON_A_PAGE).get_page(request.GET.get("page"))
    audit.looked(practice=request.practice, actor=request.user, patient_ids=[opt_out.id for opt_out in shown])
    context = {
        "form": form,
        "term": term,
        "page": shown,
        "sharing": opt_outs.sharing(request.practice, [opt_out.mobile for opt_out in shown if opt_out.mobile]),
        "erased": digests.of_practice(request.practice, ON_A_PAGE),
        "back": links.address("home"),
    }
    return render(request, "patients/opt-outs.jinja", context)


def _search(live: QuerySet[OptOut], term: str) -> QuerySet[OptOut]:
    """The opt-outs whose number has the digits of a term in it; all of them without a term."""
    live = live.order_by("-created_at", "id")
    if not term:
        return live
    digits = "".join(c for c in term if c.isascii() and c.isdigit())
    if not digits:
        return live.none()
    return live.filter(Q(nhs_number__contains=digits) | Q(mobile__contains=_as_stored(digits)))


def _as_stored(digits: str) -> str:
    """The digits of a mobile, or of a part of one, as they stand in E.164: 07700 is found in +447700…"""
    return digits.removeprefix("0044").removeprefix("0") or digits


@page
@allowed(Permission.CHANGE_OPT_OUTS)
def opt_out_add(request: StaffRequest) -> HttpResponse:
    """Add somebody who wants no texts. Adding them twice changes nothing."""
    form = OptOutForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        opt_outs.add(
            practice=request.practice,
            by=request.user,
            source=OptOutSource.STAFF,
            nhs_number=form.cleaned_data["nhs_number"],
            mobile=form.cleaned_data["mobile"],
        )
        messages.success(request, "Opt-out added. We will send no texts there.")
        return redirect("patients:opt-outs")
    return render(request, "patients/opt-out-add.jinja", {"form": form, "back": reverse("patients:opt-outs")})


@page
@allowed(Permission.CHANGE_OPT_OUTS)
def opt_out_remove(request: StaffRequest, opt_out_id: UUID) -> HttpResponse:
    """Ask, then end an opt-out: the patient may be texted again. It stays on record that there was one."""
    own = OptOut.objects.filter(practice=request.practice).select_related("created_by")
    opt_out = get_object_or_404(own, id=opt_out_id)
    if opt_out.ended_at is not None:
        return redirect("patients:opt-outs")  # somebody else was quicker: it is gone, as asked
    if request.method == "POST":
        opt_outs.end(opt_out=opt_out, by=request.user)
        messages.success(request, "Opt-out removed. We can send texts there again.")
        return redirect("patients:opt-outs")
    audit.looked(practice=request.practice, actor=request.user, patient_ids=[opt_out.id])
    return render(request, "patients/opt-out-remove.jinja", {"opt_out": opt_out, "back": reverse("patients:opt-outs")})


@require_safe
@allowed(Permission.SEE_BATCHES)
def sample(request: StaffRequest, system: str) -> HttpResponse:
    """A short made-up list, laid out as a clinical system lays out its own."""
    if system not in SYSTEMS:
        raise Http404
    text = io.StringIO(newline="")
    text.write("\ufeff")  # tells Excel that the file is UTF-8
    write_sample(system=system, rows=SAMPLE_ROWS, file=text)
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{system}-sample.csv"'},
    )
