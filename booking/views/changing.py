"""Change of mind: cancelling an appointment, or moving it to another time."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from booking import cancelling, changing
from booking.answers import NotOpen
from booking.appointments import shown_to
from booking.changing import NothingToChange, TooLate
from booking.links import Standing
from booking.models import Booking
from booking.session import Visit
from booking.texts import places
from booking.views import choosing
from booking.views.choosing import Way
from booking.visits import elsewhere, page, see_other, show
from campaigns.models import Invitation

MOVING = Way(
    "booking:move", "booking:move_check", changing, "booking/move-no-times.jinja", "booking/move-unavailable.jinja"
)


def _booking(invitation: Invitation) -> Booking | None:
    """The appointment, while it may be changed."""
    shown = shown_to(invitation)
    return shown.booking if shown is not None and changing.may_change(shown.booking) else None


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.USED_TO_BOOK)
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
        may_move=changing.may_move(booking, invitation),
    )


def _cancel(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """Cancel the appointment that the page named: another may have taken its place since, in another tab."""
    try:
        named = UUID(request.POST.get("booking", ""))
        cancelling.cancel(booking_id=invitation.bookings.get(id=named).id)
    except NotOpen as closed:
        return elsewhere(request, visit, invitation, closed.standing)
    except (ValueError, Booking.DoesNotExist, NothingToChange, TooLate):
        # The page of the booking says what can be done.
        pass
    return see_other(request, "booking:done")


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.USED_TO_BOOK)
def move(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """The free times, for an appointment that stays as it is until another one is booked."""
    booking = _booking(invitation)
    if booking is None or not changing.may_move(booking, invitation):
        return see_other(request, "booking:done")
    try:
        return choosing.show_times(request, visit, invitation, MOVING, booking)
    except (NothingToChange, TooLate):
        return see_other(request, "booking:done")


@require_http_methods(["GET", "HEAD", "POST"])
@page(Standing.USED_TO_BOOK)
def move_check(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """The appointment, and the time that it is to be moved to. Nothing moves before the button is pressed."""
    booking = _booking(invitation)
    if booking is None or not changing.may_move(booking, invitation):
        return see_other(request, "booking:done")
    try:
        return choosing.show_check(request, visit, invitation, MOVING, booking)
    except (NothingToChange, TooLate):
        return see_other(request, "booking:done")
