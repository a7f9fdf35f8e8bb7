"""The staff's pages about SNOMED CT codes: find one, ask for one, and be the second person who approves it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.codes import search as code_search
from campaigns.codes import services as codes
from campaigns.codes.forms import ApproveForm, AskForm, FindForm
from campaigns.codes.search import Standing
from campaigns.models import SnomedCode
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from core.http import posted
from practices.access import StaffRequest, allowed
from practices.models import Practice, User
from practices.models.same_person import Relation
from practices.roles import Permission, may

ON_A_PAGE = 25


@require_safe
@allowed(Permission.SEE_BATCHES)
def code_list(request: StaffRequest) -> HttpResponse:
    """The codes by term, id, kind and state; the terms of the loaded release; and what waits for a second person."""
    form = FindForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"q": "", "kind": "", "standing": ""}
    if not form.is_valid():
        form = FindForm()  # an address that no form of ours made: everything is listed
    search_text = asked["q"]
    matches = code_search.codes(
        request.practice, search_text=search_text, kind=asked["kind"], standing=asked["standing"]
    )
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "searched": any(asked.values()),
        "words": search_text,
        "page": Paginator(matches, ON_A_PAGE).get_page(request.GET.get("page")),
        "start": f"?{query.urlencode()}&page=" if query else "?page=",
        "standing": Standing.of,
        "waiting": code_search.codes(request.practice, standing=Standing.WAITING).count(),
        "for_administrator": _for_administrator(request.practice),
        "release": SnomedRelease.current(),
        "terms": code_search.terms(search_text, request.practice) if search_text else [],
        "most": code_search.MOST_TERMS,
        "back": reverse("campaigns:home"),
    }
    return render(request, "campaigns/code-list.jinja", context)


def _for_administrator(practice: Practice) -> int:
    """How many of a practice's own codes wait for an administrator."""
    return code_search.codes(practice, standing=Standing.ADMINISTRATOR).filter(practice=practice).count()


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.ASK_FOR_CODES)
def ask(request: StaffRequest) -> HttpResponse:
    """Ask for a code. Nobody can choose it until a second person has looked at it."""
    form = AskForm(posted(request), practice=request.practice, initial=_from_release(request.GET.get("id", "")))
    if form.is_valid():
        wanted = form.code
        try:
            codes.write(code=wanted, by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, f"You have asked for the code. {_who_approves(wanted)}")
            return redirect("campaigns:code", wanted.concept_id)
    context = {"form": form, "release": SnomedRelease.current(), "back": reverse("campaigns:code-list")}
    return render(request, "campaigns/code-ask.jinja", context)


def _who_approves(wanted: SnomedCode) -> str:
    if reason := codes.needs_administrator(wanted):
        return f"An administrator has to approve it: {reason}."
    return "A manager or administrator has to approve it."


def _from_release(concept_id: str) -> dict[str, Any]:
    term = SnomedTerm.objects.filter(pk=concept_id[:18]).first()
    return {"concept_id": term.concept_id, "term": term.term} if term else {}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEE_BATCHES, post=Permission.APPROVE_CODES)
def code(request: StaffRequest, concept_id: str) -> HttpResponse:
    """One concept as the practice has it, and for a second person the way to approve it."""
    snomed_code, shared = _versions(request, concept_id)
    standing = Standing.of(snomed_code)
    waits = standing in (Standing.WAITING, Standing.ADMINISTRATOR)
    refused = codes.refusal(snomed_code, request.user) if waits else None
    may_approve = waits and not refused and may(request.membership.role, Permission.APPROVE_CODES)
    form = ApproveForm(posted(request), initial={"seen": codes.fingerprint(snomed_code)}) if may_approve else None
    if request.method == "POST" and not waits:
        raise PermissionDenied
    if request.method == "POST" and form is None:
        _refuse(request, snomed_code)
    elif form and form.is_valid() and _approved(request, form, snomed_code):
        return redirect("campaigns:code", concept_id)
    context = {
        "form": form,
        "code": snomed_code,
        "own": snomed_code.practice_id is not None,
        "shared": shared,
        "standing": standing,
        "shared_standing": Standing.of(shared) if shared else None,
        "needs": codes.needs_administrator(snomed_code) if waits else "",
        "refusal": refused.sentence if refused else "",
        "in_release": SnomedTerm.objects.filter(pk=concept_id).first(),
        "release": SnomedRelease.current(),
        "may_turn_down": waits and codes.may_turn_down(snomed_code, request.user),
        "asked_by": _named(snomed_code.proposed_by, request.practice),
        "approved_by": _named(snomed_code.approved_by, request.practice),
        "mine": snomed_code.proposed_by_id == request.user.pk,
        "back": reverse("campaigns:code-list"),
    }
    status = 403 if request.method == "POST" and refused and refused.why == Relation.SAME else 200
    return render(request, "campaigns/code.jinja", context, status=status)


def _versions(request: StaffRequest, concept_id: str) -> tuple[SnomedCode, SnomedCode | None]:
    """The practice's own code, with everybody's beside it if there is one; else everybody's. Raises Http404."""
    versions = code_search.versions(request.practice, concept_id)
    if not versions:
        raise Http404
    return versions[0], versions[1] if len(versions) > 1 else None


def _refuse(request: StaffRequest, snomed_code: SnomedCode) -> None:
    """Have somebody's try to approve what they may not refused by the service, which puts it in the audit trail."""
    try:
        codes.approve(code_id=snomed_code.pk, seen=request.POST.get("seen", ""), by=request.user)
    except codes.CannotApprove as error:
        messages.error(request, error.reason)


def _named(who: User | None, practice: Practice) -> str:
    """A person, unless they are somebody else's staff; empty for nobody."""
    if who is None:
        return ""
    known = who.is_staff or who.memberships.filter(practice=practice).exists()
    return who.get_full_name() if known else "Somebody at another practice"


def _approved(request: StaffRequest, form: ApproveForm, snomed_code: SnomedCode) -> bool:
    """Whether the approval was taken; the form has an error otherwise."""
    try:
        approved = codes.approve(code_id=snomed_code.pk, seen=form.cleaned_data["seen"], by=request.user)
    except codes.CannotApprove as error:
        form.add_error("compared", error.reason.rstrip("."))
        return False
    if approved.is_approved:
        messages.success(request, "The code is approved. Staff can choose it for a batch.")
    else:
        messages.success(request, "Noted. One more person has to approve it.")
    return True


@require_POST
@allowed(Permission.ASK_FOR_CODES)
def turn_down(request: StaffRequest, concept_id: str) -> HttpResponse:
    """Take a code back that was asked for, or say no to it."""
    snomed_code, _ = _versions(request, concept_id)
    try:
        codes.turn_down(code_id=snomed_code.pk, by=request.user)
    except codes.CannotApprove as error:
        messages.error(request, error.reason)
        return redirect("campaigns:code", concept_id)
    messages.success(request, f"“{snomed_code.term}” is no longer asked for.")
    return redirect("campaigns:code-list")
