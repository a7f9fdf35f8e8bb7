"""The wizard's page on who can be sent to and who cannot, and what staff decide there."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.drafts import readiness, services, versions
from campaigns.drafts.wizard.list_forms import AgreeForm, ColumnsForm, IncludeForm, UploadForm
from campaigns.drafts.wizard.steps import address, after, back_from, wizard_step
from campaigns.messages import texts
from campaigns.models import Campaign
from campaigns.results import channel_forecast
from campaigns.sending import screening
from campaigns.sending.rechecks import wording
from core.http import posted
from patients.lists import column_report, progress, queries, questions, rows
from patients.models import ListState, PatientList
from patients.opt_outs.forms import SearchForm
from patients.values.corrections import TIDYING
from practices.access import StaffRequest
from practices.audit import trail as audit

FIRST_ROWS = 5
OTHERS_SHOWN = 20
OTHERS_ON_A_PAGE = 50
PLAIN_NAMES_SHOWN = 10
_ANOTHER_LIST = "Another list has been uploaded since you opened that page. This page shows it: look at it, then go on."


_OTHER_CHOICES = (
    "Somebody has changed who can be sent to since you opened that page. This page shows it: look, then go on."
)


@require_http_methods(["GET", "HEAD", "POST"])
@wizard_step("patients")
def patients(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Who can be sent to and who cannot, and why; Continue agrees to it. Until that is known: how far it has come."""
    patient_list = _list_of(campaign)
    if not patient_list.is_ready:
        return _wait(request, campaign)
    used_today = _used_today(patient_list)
    form = AgreeForm(posted(request), warned=bool(used_today))
    reasons = [_ANOTHER_LIST] if _is_about_another(request, patient_list) else []
    if not reasons and form.is_valid():
        try:
            services.agree_list(campaign=campaign, by=request.user, same_file=form.cleaned_data.get("same_file", False))
        except readiness.CannotSend as error:
            reasons = error.reasons
        except versions.ChangedMeanwhile:
            campaign.refresh_from_db()
            if not _list_of(campaign).is_ready:
                return _wait(request, campaign)
            reasons = [_OTHER_CHOICES]
        else:
            return after(campaign, "patients")
    return _results(request, campaign, form=form, reasons=reasons, used_today=used_today)


def _list_of(campaign: Campaign) -> PatientList:
    assert campaign.patient_list is not None  # the upload step is done
    return campaign.patient_list


def _is_about_another(request: StaffRequest, patient_list: PatientList) -> bool:
    """Whether what was posted is about a former list of the batch: somebody, or another tab, has replaced it since."""
    return request.POST.get("list", str(patient_list.id)) != str(patient_list.id)


def _wait(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """How far the check, or the look-ups, have come."""
    patient_list = _list_of(campaign)
    context = {"campaign": campaign, "back": back_from(campaign, "patients"), "patient_list": patient_list}
    if patient_list.state == ListState.CHECKING:
        context["rows"] = progress.rows_checked(patient_list.id)
        return render(request, "campaigns/checking.jinja", context)
    context["done"], context["total"] = queries.progress(patient_list)
    return render(request, "campaigns/looking-up.jinja", context)


@dataclass(frozen=True, slots=True)
class _Use:
    """Another upload of the same file today, and the batch it was for."""

    patient_list: PatientList
    campaign: Campaign | None


def _used_today(patient_list: PatientList) -> list[_Use]:
    """The uploads of a file with the same content today, the newest first."""
    lists = queries.same_file_today(patient_list)
    batches = Campaign.objects.of(patient_list.practice).filter(patient_list__in=lists)
    by_list = {batch.patient_list_id: batch for batch in batches}
    return [_Use(upload, by_list.get(upload.id)) for upload in lists]


def _left_out(campaign: Campaign, patient_list: PatientList) -> int:
    """How many patients this message greets without a name because their letters would make it too long."""
    names = queries.names_without_plain_letters(patient_list)
    message, practice = campaign.message, campaign.practice
    return sum(count for name, count in names.items() if texts.leaves_out(message, name=name, practice=practice))


def _results(
    request: StaffRequest,
    campaign: Campaign,
    *,
    form: AgreeForm | None = None,
    include: IncludeForm | None = None,
    columns: ColumnsForm | None = None,
    reasons: list[str] | None = None,
    used_today: list[_Use] | None = None,
) -> HttpResponse:
    patient_list = _list_of(campaign)
    used_today = _used_today(patient_list) if used_today is None else used_today
    choices = screening.choices(campaign)
    asked = questions.asked_columns(patient_list)
    first = {name: list(rows.chosen(patient_list, name)[:FIRST_ROWS]) for name in (rows.CANNOT, rows.CAN)}
    seen = [row.id for some in first.values() for row in some]
    audit.looked(practice=request.practice, actor=request.user, patient_ids=seen, campaign_id=campaign.id)
    context = {
        "campaign": campaign,
        "back": back_from(campaign, "patients"),
        "patient_list": patient_list,
        "overview": rows.overview(patient_list),
        "plain_names": queries.plain_names(patient_list),
        "plain_names_shown": PLAIN_NAMES_SHOWN,
        "left_out": _left_out(campaign, patient_list),
        "first": first,
        "others": patient_list.others.all()[:OTHERS_SHOWN],
        "other_count": patient_list.others.count(),
        "columns_read": column_report.columns_read(patient_list),
        "columns_unread": column_report.columns_unread(patient_list),
        "columns_form": columns or (ColumnsForm(columns=asked) if asked else None),
        "unanswered": questions.is_unanswered(patient_list),
        "about": questions.ABOUT,
        "tidying": TIDYING,
        "form": form or AgreeForm(warned=bool(used_today)),
        "include": include or IncludeForm(campaign=campaign, choices=choices),
        "upload": UploadForm(),
        "search": SearchForm(),
        "reasons": reasons or [],
        "used_today": used_today,
        "thing": channel_forecast.choose_noun(campaign.practice_id),
        "before_sending": wording.before_sending(campaign),
        "versions": _versions(campaign, "include" if include else "answer-columns" if columns else ""),
    }
    return render(request, "campaigns/patients.jinja", context)


def _versions(campaign: Campaign, with_error: str) -> dict[str, str]:
    """The version of each form on the page as it is shown now; a form that comes back with an error keeps its own."""
    own = {step: versions.version(campaign, step) for step in ("upload", "patients", "include", "answer-columns")}
    return own | ({with_error: campaign.shown_version} if with_error else {})


@require_POST
@wizard_step("patients")
def answer_columns(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Who is left out for what the columns of the list say."""
    patient_list = _list_of(campaign)
    if not patient_list.is_ready:
        return redirect(address(campaign, "patients"))
    if _is_about_another(request, patient_list):
        return _results(request, campaign, reasons=[_ANOTHER_LIST])
    form = ColumnsForm(request.POST, columns=questions.asked_columns(patient_list))
    if not form.is_valid():
        return _results(request, campaign, columns=form)
    services.answer_columns(campaign=campaign, answers=form.answers, by=request.user)
    messages.success(request, "Your answers are saved.")
    return redirect(address(campaign, "patients"))


@require_safe
@wizard_step("patients")
def other_rows(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """All rows of the file that are no patients, a page at a time."""
    patient_list = _list_of(campaign)
    if not patient_list.is_ready:
        return redirect(address(campaign, "patients"))
    page = Paginator(patient_list.others.all(), OTHERS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign,
        "back": address(campaign, "patients"),
        "patient_list": patient_list,
        "page": page,
    }
    return render(request, "campaigns/other-rows.jinja", context)


@require_POST
@wizard_step("patients")
def include(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Whether to text those who have been invited, or have booked, already."""
    if not _list_of(campaign).is_ready:
        return redirect(address(campaign, "patients"))
    if _is_about_another(request, _list_of(campaign)):
        return _results(request, campaign, reasons=[_ANOTHER_LIST])
    form = IncludeForm(request.POST, campaign=campaign, choices=screening.choices(campaign))
    if not form.is_valid():
        return _results(request, campaign, include=form)
    services.choose_included(
        campaign=campaign,
        invited=form.cleaned_data.get("invited", campaign.include_invited),
        booked=form.cleaned_data.get("booked", campaign.include_booked),
        booked_within_days=form.cleaned_data.get("within_days", campaign.booked_within_days),
        by=request.user,
    )
    messages.success(request, "Your choice is saved.")
    return redirect(address(campaign, "patients"))
