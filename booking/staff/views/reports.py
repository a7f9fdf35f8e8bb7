"""Reports: what came of one batch, beside its former ones, and of all batches of a practice."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from booking.staff.reports import attendance as attendances
from booking.staff.reports import downloads
from booking.staff.reports.costs import spent
from booking.staff.reports.practice import Batches, alone, batches_of, former_beside, title_of
from campaigns.messages.costs import price_of
from campaigns.models import Campaign
from campaigns.results.outcomes import OUTCOMES
from core.web.exports import as_csv
from practices.access import StaffRequest, allowed
from practices.roles import Permission


@require_safe
@allowed(Permission.SEE_BATCHES)
def practice(request: StaffRequest) -> HttpResponse:
    """Every batch of the practice, or those of a `programme` and a `month`: together, by month and by programme."""
    every = batches_of(request.practice)
    programme, month = _choice(request, every)
    chosen = every.chosen(programme, month)
    report = chosen.report
    context = {
        "every": every,
        "chosen": chosen,
        "programme": programme,
        "month": month,
        "report": report,
        "spent": spent(report, price_of(request.practice.id)),
        "outcomes": OUTCOMES,
    }
    return render(request, "booking/staff/reports/practice.jinja", context)


@require_safe
@allowed(Permission.SEE_BATCHES)
def practice_csv(request: StaffRequest) -> HttpResponseBase:
    """The same batches as a file: a line for each."""

    def lines() -> Iterable[str]:
        every = batches_of(request.practice)
        return downloads.of_batches(every.chosen(*_choice(request, every)).all, price)

    price = price_of(request.practice.id)
    return as_csv(lines, "reports.csv")


def _choice(request: StaffRequest, every: Batches) -> tuple[str, str]:
    """The programme and the month of the address; empty for all, and for one that the practice has no batch of."""
    programme, month = request.GET.get("programme", ""), request.GET.get("month", "")
    programmes, months = ({row.value for row in rows} for rows in (every.programmes, every.months))
    return programme if programme in programmes else "", month if month in months else ""


@require_safe
@allowed(Permission.SEE_BATCHES)
def batch(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """What came of a batch, and its former ones beside it."""
    campaign = _sent(request, campaign_id)
    beside = former_beside(campaign)
    report = beside.all[0].report
    context = {
        "campaign": campaign,
        "title": f"Report: {title_of(campaign)}",
        "beside": beside,
        "report": report,
        "spent": spent(report, price_of(campaign.practice_id)),
        "outcomes": OUTCOMES,
    }
    return render(request, "booking/staff/reports/batch.jinja", context)


@require_safe
@allowed(Permission.SEE_BATCHES)
def batch_csv(request: StaffRequest, campaign_id: UUID) -> HttpResponseBase:
    """The same as a file: a line for the batch, for each age band, and for each channel."""
    campaign = _sent(request, campaign_id)
    price = price_of(campaign.practice_id)
    return as_csv(lambda: downloads.of_batch(alone(campaign), price), "report.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.FOLLOW_UP)
def attendance(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Ask how many came, and store it."""
    campaign = _sent(request, campaign_id)
    if request.method != "POST":
        form = attendances.AttendanceForm(initial=attendances.initial(campaign))
        return _ask_attendance(request, campaign, form)
    form = attendances.AttendanceForm(request.POST)
    if not form.is_valid():
        return _ask_attendance(request, campaign, form)
    counts = {name: form.cleaned_data[name] or 0 for name in ("attended", "missed")}
    try:
        attendances.enter(campaign, by=request.user, **counts)
    except attendances.TooMany as error:
        form.add_error("attended", str(error))
        return _ask_attendance(request, campaign, form)
    messages.success(request, "How many patients came was saved.")
    return redirect("staff:report", campaign.id)


def _ask_attendance(request: StaffRequest, campaign: Campaign, form: attendances.AttendanceForm) -> HttpResponse:
    context = {"campaign": campaign, "form": form, "named": title_of(campaign)}
    return render(request, "booking/staff/reports/attendance.jinja", context)


def _sent(request: StaffRequest, campaign_id: UUID) -> Campaign:
    """One of the practice's batches that were sent. Raises Http404."""
    own = Campaign.objects.of(request.practice).started().select_related("practice")
    return get_object_or_404(own, id=campaign_id)
