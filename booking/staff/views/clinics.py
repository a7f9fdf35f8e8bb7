"""A clinic falls out: choose a day and what of it, look who booked into it, and follow until everybody knows."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.clinics import parts, progress, services
from booking.clinics.parts import WHOLE_DAY, Part
from booking.clinics.progress import Progress
from booking.models import CancelledClinic
from booking.staff.views.ask import DONE_BEFORE
from campaigns.follow_up.entries import Kind, name_of
from campaigns.results import followed_up
from campaigns.workspace import figures
from core.http import posted
from patients.opt_outs import services as opt_outs
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.roles import Permission

ON_A_PAGE = 50
NOBODY = "Nobody is booked into that any more."


class CancelClinicForm(forms.Form):
    """When the old appointments are cancelled in the book."""

    LATER, AT_ONCE = "later", "at_once"
    when = forms.ChoiceField(
        label="When should we cancel the old appointments in your book?",
        choices=[
            (LATER, "When the patient has chosen another time, and that is in your book"),
            (AT_ONCE, "Now, all of them"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose when we cancel the old appointments"},
    )


def _clinics(request: StaffRequest) -> QuerySet[CancelledClinic]:
    return CancelledClinic.objects.filter(practice=request.practice).select_related("practice", "created_by")


@require_safe
@allowed(Permission.SEE_PATIENTS)
def clinics(request: StaffRequest) -> HttpResponse:
    """The days for which patients have booked through us, and the clinics that were cancelled."""
    cancelled = list(_clinics(request)[:ON_A_PAGE])
    counts = progress.counts(cancelled)
    context = {
        "days": parts.days(request.practice),
        "clinics": [(clinic, counts[clinic.id].total(), progress.untold(counts[clinic.id])) for clinic in cancelled],
    }
    return render(request, "booking/staff/clinics.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEE_PATIENTS, post=Permission.FOLLOW_UP)
def day(request: StaffRequest, on: str) -> HttpResponse:
    """Who booked into a day, a session of it or a clinician's; and the button that cancels it."""
    chosen = _date(on)
    options = parts.parts(request.practice, chosen)
    if not options:
        raise Http404
    key = request.POST.get("what", "") or request.GET.get("what", "")
    part = next((option for option in options if option.key == key), None)
    form = CancelClinicForm(posted(request))
    if request.method == "POST" and part is None:
        messages.info(request, NOBODY if key else "Choose what cannot go ahead.")
        return redirect("staff:clinic-day", on)
    if part is not None and form.is_valid():
        return _cancel(request, chosen, part, at_once=form.cleaned_data["when"] == CancelClinicForm.AT_ONCE)
    context = {"day": chosen, "options": options, "part": part, "form": form, "whole_day": WHOLE_DAY}
    return render(
        request, "booking/staff/clinic-day.jinja", context | (_preview(request, chosen, part) if part else {})
    )


def _date(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Http404 from None


def _preview(request: StaffRequest, day: date, part: Part) -> dict[str, Any]:
    """Whom it would be about. That somebody looked is put on record."""
    bookings = parts.within(request.practice, day, part).select_related("invitation__recipient", "invitation__campaign")
    page = Paginator(bookings, ON_A_PAGE).get_page(request.GET.get("page"))
    people = [booking.invitation.recipient for booking in page]
    audit.looked(practice=request.practice, actor=request.user, patient_ids=[person.id for person in people])
    stopped = opt_outs.stopped_phones(request.practice, {person.mobile for person in people})
    stopped_numbers = opt_outs.stopped_patients(request.practice, {person.nhs_number for person in people})
    lines = [
        (
            booking,
            name_of(booking.invitation.recipient),
            services.why_phone(
                booking,
                booking.invitation,
                is_stopped=booking.invitation.recipient.mobile in stopped
                or booking.invitation.recipient.nhs_number in stopped_numbers,
            ),
        )
        for booking in page
    ]
    return {"page": page, "lines": lines, "before": bookings.filter(clinics__isnull=False).count()}


def _cancel(request: StaffRequest, day: date, part: Part, *, at_once: bool) -> HttpResponse:
    try:
        clinic = services.cancel(practice=request.practice, day=day, part=part, at_once=at_once, by=request.user)
    except services.NobodyBooked:
        messages.info(request, NOBODY)
        return redirect("staff:clinics")
    messages.success(request, "The clinic is cancelled. We are texting the patients whom we can text.")
    return redirect("staff:clinic", clinic.id)


@require_safe
@allowed(Permission.SEE_PATIENTS)
def clinic(request: StaffRequest, clinic_id: UUID) -> HttpResponse:
    """Who knows, who has chosen another time, and whom to phone."""
    shown = get_object_or_404(_clinics(request), id=clinic_id)
    counts = progress.counts([shown])[shown.id]
    page = Paginator(progress.patients(shown), ON_A_PAGE).get_page(request.GET.get("page"))
    seen = [row.booking.invitation.recipient_id for row in page]
    audit.looked(practice=request.practice, actor=request.user, patient_ids=seen)
    context = {
        "clinic": shown,
        "part": Part(session=shown.session, clinician=shown.clinician),
        "counts": [(Progress(one).label, counts[one]) for one in Progress],
        "total": counts.total(),
        "untold": progress.untold(counts),
        "page": page,
        "lines": [(row, name_of(row.booking.invitation.recipient), Progress(row.progress)) for row in page],
        "why": {row.id: progress.why_phone(row) for row in page if row.progress == Progress.TO_PHONE},
        "may_be_phoned": MAY_BE_PHONED,
    }
    return render(request, "booking/staff/clinic.jinja", context)


MAY_BE_PHONED = (Progress.TO_PHONE, Progress.ON_THE_WAY, Progress.TEXTED)
"""Staff may have reached these themselves."""


@require_POST
@allowed(Permission.FOLLOW_UP)
def phoned(request: StaffRequest, clinic_id: UUID) -> HttpResponse:
    """Note that staff have reached a patient of the clinic."""
    shown = get_object_or_404(_clinics(request), id=clinic_id)
    try:
        named = UUID(request.POST.get("patient", ""))
    except ValueError:
        return redirect("staff:clinic", shown.id)
    rows = progress.patients(shown).select_related("booking__invitation__campaign__practice")
    row = rows.filter(id=named, progress__in=MAY_BE_PHONED).first()
    if row is None:
        messages.info(request, DONE_BEFORE)
    else:
        invitation = row.booking.invitation
        followed_up.mark(
            campaign=invitation.campaign, invitation=invitation, kind=Kind.CLINIC, about=row.id, by=request.user
        )
        figures.counted_anew(invitation.campaign)
        messages.success(request, "Noted: the patient knows.")
    return redirect("staff:clinic", shown.id)


@require_POST
@allowed(Permission.FOLLOW_UP)
def reopen(request: StaffRequest, clinic_id: UUID) -> HttpResponse:
    """Offer the clinic's free times again."""
    shown = get_object_or_404(_clinics(request), id=clinic_id)
    if services.reopen(clinic=shown, by=request.user):
        messages.success(request, "Its free times are offered again. Phone the patients who were told.")
    else:
        messages.info(request, DONE_BEFORE)
    return redirect("staff:clinic", shown.id)
