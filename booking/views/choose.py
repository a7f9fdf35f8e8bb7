"""Choosing a time and checking it: to book it, or to move an appointment there (`views.changing`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments import services as answers
from booking.appointments.services import HoldGone, NotOpen, SlotUnavailable
from booking.appointments.texts import places
from booking.models import Booking, SlotHold, WaitingPatient
from booking.slots import offered as slots
from booking.slots.described import places_apart
from booking.views.guards import elsewhere, page, see_other, show
from booking.visits.links import Standing
from booking.visits.session import Visit
from campaigns.models import Invitation
from integrations.clinical.port import Slot
from patients.opt_outs import services as opt_outs

DAYS_ON_A_PAGE = 7


class Notice(StrEnum):
    """Why the patient is back at the times."""

    TAKEN = "taken"
    RUN_OUT = "run-out"


class Services(Protocol):
    """What pressing a time and confirming it do: the module `answers`, or `changing`."""

    def hold_first_of(self, *, invitation_id: Any, slots: Sequence[Slot]) -> SlotHold:
        """Hold the first of some equally good slots that is still free. Raises NotOpen, SlotUnavailable."""

    def confirm(self, *, invitation_id: Any, slot_id: str | None) -> Booking:
        """Ask for the time that is kept."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way through these pages: their addresses, what they do, and what is said where there are no times."""

    times: str
    check: str
    services: Services
    no_times: str
    unavailable: str

    def back_to_times(self, request: HttpRequest, notice: Notice) -> HttpResponse:
        """The patient must choose again."""
        return see_other(request, self.times, notice=notice)


BOOKING = Way("booking:times", "booking:check", answers, "booking/no-times.jinja", "booking/unavailable.jinja")


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN, unless_held=True)
def times(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """The free times by day, next first; pressing one keeps it for the patient."""
    return show_times(request, visit, invitation, BOOKING)


def _press(request: HttpRequest, visit: Visit) -> HttpResponse | None:
    """Ask for the time that the page was about, where nothing is in the way."""
    booking = answers.book_at_once(visit.invitation_id, request.POST.get("slot"))
    return see_other(request, "booking:done") if booking else None


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.OPEN, press=_press, unless_held=True)
def check(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Is this the right time and place? Nothing is booked before the button is pressed."""
    return show_check(request, visit, invitation, BOOKING)


def show_times(
    request: HttpRequest, visit: Visit, invitation: Invitation, way: Way, current: Booking | None = None
) -> HttpResponse:
    """The page of times; `current` is the appointment that is to be moved."""
    try:
        if request.method == "POST":
            return _hold(request, visit, invitation, way)
        offered = slots.choices(invitation)
    except slots.Unavailable:
        return _unavailable(request, invitation, way, current)
    if current is not None:
        # The same time with somebody else is no other time to a patient.
        now_at = slots.same_time(slots.from_json(current.slot))
        offered = [time for time in offered if time[:2] != now_at]
    return show(
        request,
        "booking/times.jinja" if offered else way.no_times,
        invitation.practice,
        campaign=invitation.campaign,
        days=Paginator(slots.days_of(offered), DAYS_ON_A_PAGE).get_page(request.GET.get("page")),
        places=places_apart(time.slots[0] for time in offered),
        notice=request.GET.get("notice"),
        way=way,
        current=current,
        **({} if offered else _waiting(invitation)),
    )


def _waiting(invitation: Invitation) -> dict[str, bool]:
    """For the page without times: can the patient be told of more, and have they asked?"""
    return {
        "may_be_texted": not opt_outs.hold_for(invitation.recipient_id),
        "is_waiting": WaitingPatient.objects.filter(invitation=invitation, told_at=None).exists(),
    }


def _hold(request: HttpRequest, visit: Visit, invitation: Invitation, way: Way) -> HttpResponse:
    """Keep the pressed time. Fifty who press the same one get as many slots as there are at that time."""
    equal = slots.at_time_of(invitation, request.POST.get("slot", ""))
    try:
        way.services.hold_first_of(invitation_id=invitation.id, slots=equal)
    except SlotUnavailable:
        return way.back_to_times(request, Notice.TAKEN)
    except NotOpen as closed:
        return elsewhere(request, visit, invitation, closed.standing)
    return see_other(request, way.check)


def _unavailable(request: HttpRequest, invitation: Invitation, way: Way, current: Booking | None) -> HttpResponse:
    response = show(
        request,
        way.unavailable,
        invitation.practice,
        status=503,
        expires_at=invitation.expires_at,
        current=current,
    )
    response["Retry-After"] = "60"
    return response


def show_check(
    request: HttpRequest, visit: Visit, invitation: Invitation, way: Way, current: Booking | None = None
) -> HttpResponse:
    """The page of the time that is kept; `current` is the appointment that is to be moved."""
    if request.method == "POST":
        return confirm(request, visit, way)
    held = SlotHold.objects.filter(invitation=invitation).first()
    if held is None:
        return way.back_to_times(request, Notice.RUN_OUT)
    slot = slots.from_json(held.slot)
    if slot.start <= timezone.now():
        return way.back_to_times(request, Notice.TAKEN)
    return show(
        request,
        "booking/check.jinja",
        invitation.practice,
        slot=slot,
        place=next(iter(places(held.slot, invitation.practice)), ""),
        hold_minutes=settings.SLOT_HOLD_MINUTES,
        way=way,
        current=current,
    )


def confirm(request: HttpRequest, visit: Visit, way: Way) -> HttpResponse:
    """Ask for the time that the page was about: another may have been chosen since, in another tab."""
    try:
        way.services.confirm(invitation_id=visit.invitation_id, slot_id=request.POST.get("slot"))
    except HoldGone:
        return way.back_to_times(request, Notice.RUN_OUT)
    except SlotUnavailable:
        return way.back_to_times(request, Notice.TAKEN)
    except NotOpen as closed:
        return elsewhere(request, visit, Invitation.objects.get(id=visit.invitation_id), closed.standing)
    return see_other(request, "booking:done")
