"""Staff's pages about reports of the whole appointment book. They name no patient: rows go by their number."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from booking.models import AppointmentReport, ReportSource
from booking.reports import outcomes, services
from booking.reports.columns import DEFINITIONS
from booking.reports.forms import ReportForm, SlotTypesForm
from core.http import posted
from patients.tables.faults import FileFault
from practices.access import StaffRequest, allowed
from practices.roles import Permission
from practices.staff import reminder_settings


@require_safe
@allowed(Permission.SEE_BATCHES)
def reports(request: StaffRequest) -> HttpResponse:
    """The last reports, and how patients are reminded by them."""
    context = {
        "form": ReportForm(),
        "reports": services.reports(request.practice),
        "slot_types": services.slot_types(request.practice),
        "steps": [reminder_settings.CHOICES[name] for name in reminder_settings.chosen(request.practice)],
        "columns": DEFINITIONS.values(),
    }
    return render(request, "booking/staff/appointment-reports.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEND_BATCHES)
def upload(request: StaffRequest) -> HttpResponse:
    """Upload a report. A file that cannot be used is refused whole, with the remedy."""
    form = ReportForm(posted(request), request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            stored = services.store(
                practice=request.practice, file=file, name=file.name, source=ReportSource.UPLOAD, by=request.user
            )
        except FileFault as fault:
            form.add_error("file", fault.message)
        else:
            if not stored.is_new:
                messages.info(request, "You have uploaded this file before. Nothing has changed.")
            return redirect("staff:appointment-report", stored.report.id)
    return render(
        request, "booking/staff/appointment-report-upload.jinja", {"form": form, "columns": DEFINITIONS.values()}
    )


@require_safe
@allowed(Permission.SEE_BATCHES)
def report(request: StaffRequest, report_id: UUID) -> HttpResponse:
    """Who of a report can be reminded and who cannot, and what became of the reminders."""
    one = get_object_or_404(AppointmentReport, practice=request.practice, id=report_id)
    verdicts = services.verdicts(one)
    context = {
        "report": one,
        "verdicts": verdicts,
        "reasons": outcomes.reasons(verdicts),
        "outcomes": outcomes.of(one),
        "steps": reminder_settings.chosen(request.practice),
    }
    return render(request, "booking/staff/appointment-report.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.CHANGE_PRACTICE)
def slot_types(request: StaffRequest) -> HttpResponse:
    """Choose the slot types that patients are reminded of."""
    known = services.slot_types(request.practice)
    form = SlotTypesForm(posted(request), known=known)
    if form.is_valid():
        names = form.cleaned_data["slot_types"]
        if services.choose_slot_types(practice=request.practice, names=names, by=request.user):
            messages.success(request, "Saved. Reminders go to patients with appointments of the slot types you ticked.")
        else:
            messages.info(request, "Nothing has changed.")
        return redirect("staff:appointment-reports")
    return render(request, "booking/staff/appointment-report-slot-types.jinja", {"form": form, "known": known})
