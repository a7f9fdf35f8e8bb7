"""Following a booking: on its way, made, moved or cancelled. These pages change nothing."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.appointments import change
from booking.appointments.calendar_file import calendar_file
from booking.appointments.shown import Shown, shown_to
from booking.appointments.texts import places
from booking.models import Booking, BookingState
from booking.views.guards import page, see_other, show
from booking.visits.links import Standing, standing_of
from booking.visits.session import Visit
from campaigns.models import Invitation
from patients.opt_outs import services as opt_outs
from practices.holds import services as holds

FRESH = timedelta(hours=1)
"""For so long the page tells of what has just happened. Later on it tells what is."""


@require_safe
@page(Standing.OPEN, Standing.USED_TO_BOOK)
def done(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """What became of the booking, as far as it is known. It says "booked" only once the clinical system has it."""
    shown = shown_to(invitation)
    if shown is None:
        return see_other(request, "booking:times")
    booking, happening = shown.booking, _happening(shown)
    if happening in ("booked", "moved", "not_moved") and shown.in_clinic:
        happening = "clinic"
    return show(
        request,
        "booking/done.jinja",
        invitation.practice,
        booking=booking,
        kept=shown.kept,
        tried=shown.tried if shown.tried and _is_fresh(shown.tried) else None,
        happening=happening,
        fresh=_is_fresh(booking),
        place=next(iter(places(booking.slot, invitation.practice)), ""),
        change_until=change.ends_at(booking),
        may_change=change.may_change(booking),
        may_move=change.may_move(booking, invitation) and not invitation.record_fault,
        must_phone=bool(invitation.record_fault),
        must_wait=booking.state in _LEAVES_LATER and holds.is_held(booking.practice_id),
        may_choose=standing_of(invitation) == Standing.OPEN,
        no_texts=opt_outs.hold_for(invitation.recipient_id),
    )


_LEAVES_LATER = frozenset({BookingState.PENDING, BookingState.CANCELLING})
"""What has not left yet, and does not while the practice is on hold."""


def _is_fresh(booking: Booking) -> bool:
    return booking.settled_at is not None and timezone.now() - booking.settled_at < FRESH


def _happening(shown: Shown) -> str:
    """Which of the page's headings fits: a booking's state, or what it means for an appointment that is moved."""
    booking = shown.booking
    if booking.state == BookingState.BOOKED:
        if booking.starts_at <= timezone.now():
            return "past"
        if shown.tried and _is_fresh(shown.tried):
            return "not_moved"
        return "moved" if booking.replaces_id and _is_fresh(booking) else "booked"
    if booking.state in (BookingState.PENDING, BookingState.STARTED):
        return "moving" if shown.kept else "booking"
    return booking.state


@require_safe
@page(Standing.USED_TO_BOOK)
def calendar(request: HttpRequest, visit: Visit, invitation: Invitation) -> HttpResponse:
    """The appointment as a file for the patient's own calendar; only once it is booked."""
    shown = shown_to(invitation)
    if shown is None or shown.booking.state != BookingState.BOOKED:
        return see_other(request, "booking:done")
    response = HttpResponse(calendar_file(shown.booking), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response
