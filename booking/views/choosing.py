"""Choosing a time, checking it and following the booking."""

from enum import StrEnum

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking import answers, slots
from booking.answers import HoldGone, NotOpen, SlotUnavailable
from booking.links import Standing
from booking.models import Booking, SlotHold
from booking.session import Visit
from booking.texts import places
from booking.visits import elsewhere, page, see_other, show
from campaigns.models import Invitation
from patients import opt_outs

DAYS_ON_A_PAGE = 7


class Notice(StrEnum):
    """Why the patient is back at the times."""

    TAKEN = "taken"
    RUN_OUT = "run-out"


def _times(notice: Notice) -> HttpResponse:
    return see_other("booking:times", notice=notice)


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN)
def times(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """The free times by day, next first; pressing one keeps it for the patient."""
    try:
        if request.method == "POST":
            return _hold(request, visit, invitation)
        offered = slots.available(invitation)
    except slots.Unavailable:
        return _unavailable(request, invitation)
    days = Paginator(slots.by_day(offered), DAYS_ON_A_PAGE).get_page(request.GET.get("page"))
    return show(
        request,
        "booking/times.jinja" if offered else "booking/no-times.jinja",
        invitation.practice,
        campaign=invitation.campaign,
        days=days,
        locations=sorted({slot.location for slot in offered if slot.location}),
        notice=request.GET.get("notice"),
    )


def _hold(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Keep the pressed time. Fifty who press the same one get as many slots as there are at that time."""
    equal = slots.at_time_of(invitation, request.POST.get("slot", ""))
    try:
        answers.hold_first_of(invitation_id=invitation.id, slots=equal)
    except SlotUnavailable:
        return _times(Notice.TAKEN)
    except NotOpen as closed:
        return elsewhere(request, visit, invitation, closed.standing)
    return see_other("booking:check")


def _unavailable(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    response = show(
        request, "booking/unavailable.jinja", invitation.practice, status=503, expires_at=invitation.expires_at
    )
    response["Retry-After"] = "60"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN)
def check(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Is this the right time and place? Nothing is booked before the button is pressed."""
    if request.method == "POST":
        return _confirm(request, visit, invitation)
    held = SlotHold.objects.filter(invitation=invitation).first()
    if held is None:
        return _times(Notice.RUN_OUT)
    slot = slots.from_json(held.slot)
    if slot.start <= timezone.now():
        return _times(Notice.TAKEN)
    return show(
        request,
        "booking/check.jinja",
        invitation.practice,
        slot=slot,
        place=next(iter(places(held.slot, invitation.practice)), ""),
        hold_minutes=settings.SLOT_HOLD_MINUTES,
    )


def _confirm(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    try:
        answers.confirm(invitation_id=invitation.id)
    except HoldGone:
        return _times(Notice.RUN_OUT)
    except SlotUnavailable:
        return _times(Notice.TAKEN)
    except NotOpen as closed:
        return elsewhere(request, visit, invitation, closed.standing)
    return see_other("booking:done")


@require_safe
@page(Standing.OPEN, Standing.USED_TO_BOOK)
def done(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """What became of the booking, as far as it is known. It says "booked" only once the clinical system has it."""
    booking = Booking.objects.filter(invitation=invitation).first()
    if booking is None:
        return see_other("booking:times")
    place = next(iter(places(booking.slot, invitation.practice)), "")
    return show(
        request,
        "booking/done.jinja",
        invitation.practice,
        booking=booking,
        place=place,
        no_texts=opt_outs.hold_for(invitation.recipient),
    )
