"""Choosing a time with a patient on the phone, and reading it back to them before it is booked, or moved to."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from booking.appointments.texts import places
from booking.models import SlotHold
from booking.slots import free_list
from booking.slots import offered as slots
from booking.slots.described import places_apart, with_whom
from booking.staff.patient import answer_for
from booking.staff.patient.forms import CallerForm
from booking.staff.patient.offers import Offer
from booking.staff.patient.refusals import CannotDo
from booking.staff.views.ask import NOT_NOW, to_patient
from booking.staff.views.show import asked_for, current_of, offered_to
from campaigns.drafts import left_out
from campaigns.models import Invitation
from practices.access import StaffRequest, allowed
from practices.roles import Permission

DAYS_ON_A_PAGE = 7

page = require_http_methods(["GET", "HEAD", "POST"])


@page
@allowed(Permission.FOLLOW_UP)
def times(request: StaffRequest, invitation_id: UUID, way: Offer) -> HttpResponse:
    """The free times; pressing one keeps it for the patient. `way` is to book, or to move."""
    invitation = asked_for(request, invitation_id)
    if way not in offered_to(request, invitation):
        messages.info(request, NOT_NOW)
        return to_patient(invitation)
    try:
        if request.method == "POST":
            return _hold(request, invitation, way)
        offered = slots.available(invitation)
    except slots.Unavailable:
        messages.warning(request, "We cannot read your appointment book now. Book there, or try again in a minute.")
        return to_patient(invitation)
    days = Paginator(slots.by_day(offered), DAYS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        **_about(invitation, way),
        "days": days,
        "places": places_apart(offered),
        "left_out": _left_out(invitation),
    }
    return render(request, "booking/staff/times.jinja", context)


def _left_out(invitation: Invitation) -> list[str]:
    """What there is to tell of slots that could not be used, in the list that has just been read."""
    listed = free_list.held(invitation.campaign).listed
    return left_out.sentences(dict(listed.left_out), listed.unmarked, invitation.practice) if listed else []


def _hold(request: StaffRequest, invitation: Invitation, way: Offer) -> HttpResponse:
    slot_id = request.POST.get("slot", "")
    try:
        answer_for.hold(invitation=invitation, slot_id=slot_id, moving=way == Offer.MOVE, by=request.user)
    except CannotDo as error:
        messages.warning(request, error.sentence)
        return redirect(f"staff:{way}", invitation.id)
    return redirect(f"staff:{way}-check", invitation.id)


@page
@allowed(Permission.FOLLOW_UP)
def check(request: StaffRequest, invitation_id: UUID, way: Offer) -> HttpResponse:
    """Read the time back, then book it or move there."""
    invitation = asked_for(request, invitation_id)
    form = CallerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _confirm(request, invitation, way)
    if way not in offered_to(request, invitation):
        messages.info(request, NOT_NOW)
        return to_patient(invitation)
    held = SlotHold.objects.filter(invitation=invitation).first()
    if held is None:
        messages.warning(request, answer_for.RUN_OUT)
        return redirect(f"staff:{way}", invitation.id)
    context = {
        **_about(invitation, way),
        "form": form,
        "slot": slots.from_json(held.slot),
        "with_whom": with_whom(slots.from_json(held.slot)),
        "place": next(iter(places(held.slot, invitation.practice)), ""),
        "hold_minutes": settings.SLOT_HOLD_MINUTES,
    }
    return render(request, "booking/staff/check.jinja", context)


def _confirm(request: StaffRequest, invitation: Invitation, way: Offer) -> HttpResponse:
    """Ask for the time that the page was about."""
    slot_id, moving = request.POST.get("slot", ""), way == Offer.MOVE
    try:
        answer_for.confirm(invitation=invitation, slot_id=slot_id, moving=moving, by=request.user)
    except CannotDo as error:
        messages.warning(request, error.sentence)
        if error.sentence in (answer_for.TAKEN, answer_for.RUN_OUT):
            return redirect(f"staff:{way}", invitation.id)
    return to_patient(invitation)


def _about(invitation: Invitation, way: Offer) -> dict[str, Any]:
    return {
        "invitation": invitation,
        "campaign": invitation.campaign,
        "recipient": invitation.recipient,
        "way": way,
        "current": current_of(invitation) if way == Offer.MOVE else None,
    }
