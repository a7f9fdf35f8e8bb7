"""The staff's pages about codes that are not in the record yet."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.codes import by_hand
from campaigns.codes.by_hand import Listed, moment_of
from campaigns.models import Campaign
from core.wording import nhs_number, plural
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission

ON_A_PAGE = 25

_SETTLING = timedelta(seconds=10)
"""Longer than a worker takes to commit what it has settled: nothing may join a file's entries once it is made."""


class _AnyOf(forms.TypedMultipleChoiceField):
    """Ids that were on the page when it was made. They need not be any more: somebody else may have been quicker."""

    def valid_value(self, value: Any) -> bool:
        """Whether this is an id at all."""
        try:
            return bool(UUID(value))
        except ValueError:
            return False


class FiledForm(forms.Form):
    """Which entries a person has filed."""

    entries = _AnyOf(
        label="Which codes have you filed?",
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick the codes that you have filed",
            "invalid_choice": "Tick the codes that you have filed",
        },
    )

    def __init__(self, *args: Any, shown: list[Listed], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entries"].choices = [  # type: ignore[attr-defined] # a field of choices
            (str(row.entry.id), f"{row.name}, NHS number {nhs_number(row.entry.nhs_number)}") for row in shown
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEE_PATIENTS, post=Permission.FOLLOW_UP)
def codes(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """The entries that staff must file, a page at a time, and those that we still try; staff tick what they filed."""
    campaign = _sent(request, campaign_id)
    page = Paginator(by_hand.for_staff(campaign), ON_A_PAGE).get_page(request.GET.get("page"))
    shown = by_hand.listed(list(page))
    form = FiledForm(request.POST if request.method == "POST" else None, shown=shown)
    if form.is_valid():
        count = by_hand.mark_filed(campaign=campaign, by=request.user, entries=form.cleaned_data["entries"])
        _say_marked(request, count)
        return redirect("campaigns:codes", campaign.id)
    waiting = by_hand.late(campaign)
    late = by_hand.listed(list(waiting[:ON_A_PAGE]))
    seen = [row.recipient.id for row in [*shown, *late]]
    audit.looked(practice=request.practice, actor=request.user, patient_ids=seen, campaign_id=campaign.id)
    context = {
        "campaign": campaign,
        "form": form,
        "page": page,
        "hints": {str(row.entry.id): _hint(row) for row in shown},
        "late": late,
        "late_count": waiting.count(),
        "away_since": by_hand.away_since(campaign),
        "by_hand_count": by_hand.by_hand_count(campaign),
    }
    return render(request, "campaigns/codes.jinja", context)


def _hint(row: Listed) -> str:
    entry = row.entry
    with_local = f" {entry.local_scheme} code: {entry.local_code}." if entry.local_code else ""
    code = f"Code: {entry.term} ({entry.concept_id}).{with_local}"
    return f"{by_hand.NOT_YET}. {code} Date to give it: {row.day}. {row.reason}"


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.FOLLOW_UP)
def codes_all(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Ask, then mark as filed all entries that were in the person's file; without a file, all until now."""
    campaign = _sent(request, campaign_id)
    until = moment_of(request.POST.get("until", ""))
    if request.method == "POST" and until:
        _say_marked(request, by_hand.mark_filed(campaign=campaign, by=request.user, until=until))
        return redirect("campaigns:codes", campaign.id)
    asked = _asked_about(request, campaign)
    if not asked["count"]:
        return redirect("campaigns:codes", campaign.id)
    return render(request, "campaigns/codes-all.jinja", {"campaign": campaign, **asked})


def _asked_about(request: StaffRequest, campaign: Campaign) -> dict[str, Any]:
    """The entries of the person's file that are still open; all that are open when they have none, or filed it."""
    downloaded = moment_of(request.session.get(_file(campaign), ""))
    if downloaded and (count := by_hand.for_staff(campaign, downloaded).count()):
        return {"until": downloaded, "downloaded": True, "count": count}
    until = timezone.now() - _SETTLING
    return {"until": until, "downloaded": False, "count": by_hand.for_staff(campaign, until).count()}


@require_safe
@allowed(Permission.DOWNLOAD_PATIENTS)
def codes_csv(request: StaffRequest, campaign_id: UUID) -> StreamingHttpResponse:
    """The entries for staff as a CSV. When it was made is kept, so that exactly its entries can be marked as filed."""
    campaign = _sent(request, campaign_id)
    until = timezone.now() - _SETTLING
    if request.method == "GET":
        request.session[_file(campaign)] = until.isoformat()
        audit.downloaded("codes-to-file", practice=request.practice, actor=request.user, campaign_id=campaign.id)
    return StreamingHttpResponse(
        by_hand.csv(campaign, until),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="codes-to-file.csv"'},
    )


def _sent(request: StaffRequest, campaign_id: UUID) -> Campaign:
    """One of the practice's batches that are no longer drafts. Raises Http404."""
    return get_object_or_404(Campaign.objects.of(request.practice).started(), id=campaign_id)


def _file(campaign: Campaign) -> str:
    """The session's name for when a batch's file was last made."""
    return f"codes file {campaign.id}"


def _say_marked(request: StaffRequest, count: int) -> None:
    if count:
        messages.success(request, f"{plural(count, 'code')} marked as filed by hand.")
    else:
        messages.info(request, "Somebody has marked these codes as filed already.")
