"""Change of mind: cancelling an appointment, or moving it to another time."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from booking.appointments import cancel as appointments_cancel
from booking.appointments import change
from booking.appointments.change import NothingToChange, TooLate
from booking.appointments.services import NotOpen
from booking.appointments.shown import shown_to
from booking.appointments.texts import places
from booking.models import Booking
from booking.views import choose
from booking.views.choose import Way
from booking.views.guards import elsewhere, page, see_other, show
from booking.visits.forms import CancelForm
from booking.visits.links import Standing
from booking.visits.session import Visit
from campaigns.models import Invitation

MOVING = Way(
    "booking:move", "booking:move_check", change, "booking/move-no-times.jinja", "booking/move-unavailable.jinja"
)


def _booking(invitation: Invitation) -> Booking | None:
    """The appointment, while it may be changed."""
    shown = shown_to(invitation)
    return shown.booking if shown is not None and change.may_change(shown.booking) else None


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.USED_TO_BOOK, unless_held=True)
def cancel(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Which appointment it is, another time instead, and the button that cancels it."""
    if request.method == "POST":
        return _cancel(request, visit, invitation)
    booking = _booking(invitation)
    if booking is None:
        return see_other(request, "booking:done")
    return show(
        request,
        "booking/cancel.jinja",
        invitation.practice,
        booking=booking,
        place=next(iter(places(booking.slot, invitation.practice)), ""),
        may_move=change.may_move(booking, invitation),
        form=CancelForm(),
    )


def _cancel(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Cancel the appointment that the page named: another may have taken its place since, in another tab."""
    try:
        named = UUID(request.POST.get("booking", ""))
        booking = invitation.bookings.get(id=named)
        appointments_cancel.cancel(booking_id=booking.id, reason=CancelForm(request.POST).answer)
    except NotOpen as closed:
        return elsewhere(request, visit, invitation, closed.standing)
    except (ValueError, Booking.DoesNotExist, NothingToChange, TooLate):
        # The page of the booking says what can be done.
        pass
    return see_other(request, "booking:done")


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.USED_TO_BOOK, unless_held=True)
def move(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """The free times, for an appointment that stays as it is until another one is booked."""
    booking = _booking(invitation)
    if booking is None or not change.may_move(booking, invitation):
        return see_other(request, "booking:done")
    try:
        return choose.show_times(request, visit, invitation, MOVING, booking)
    except (NothingToChange, TooLate):
        return see_other(request, "booking:done")


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.USED_TO_BOOK, unless_held=True)
def move_check(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """The appointment, and the time that it is to be moved to. Nothing moves before the button is pressed."""
    booking = _booking(invitation)
    if booking is None or not change.may_move(booking, invitation):
        return see_other(request, "booking:done")
    try:
        return choose.show_check(request, visit, invitation, MOVING, booking)
    except (NothingToChange, TooLate):
        return see_other(request, "booking:done")
