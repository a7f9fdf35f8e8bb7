"""The pages about a patient's answer: decline for them, take that back, cancel, and settle by hand."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from booking.models import Booking
from booking.staff.patient import answer_for, by_hand
from booking.staff.patient.offers import Offer
from booking.staff.patient.reverse import reverse_decline as reverse
from booking.staff.views.ask import NOT_NOW, Question, ask, say, to_patient
from booking.staff.views.show import asked_for, current_of, offered_to
from campaigns.models import Invitation
from core.wording import nhs_datetime
from practices.access import StaffRequest, allowed
from practices.roles import Permission

page = require_http_methods(["GET", "HEAD", "POST"])


@page
@allowed(Permission.FOLLOW_UP)
def decline(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Ask, then decline for the patient."""
    invitation = asked_for(request, invitation_id)
    code = invitation.campaign.decline_code
    question = Question(
        title="Decline for this patient?",
        says=(
            f"Tell the patient: {invitation.campaign.decline_message}",
            f"The code “{code.term}” goes into their record. It stays there even if you reverse this." if code else "",
        ),
        button="Decline for the patient",
        done="The patient has declined.",
        warning=True,
        caller=True,
    )

    def act() -> bool:
        answer_for.decline(invitation=invitation, by=request.user)
        return True

    return ask(request, invitation, Offer.DECLINE, question, act)


@page
@allowed(Permission.FOLLOW_UP)
def reverse_decline(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Ask, then let the patient answer anew."""
    invitation = asked_for(request, invitation_id)
    question = Question(
        title="Reverse this decline?",
        says=(
            "The patient can book, or decline again, with the link they have.",
            "The code of the decline stays in their record. If it should not be there, change the record yourself.",
        ),
        button="Reverse decline",
        done="The decline is reversed. Its code stays in the record.",
        caller=True,
    )
    return ask(
        request,
        invitation,
        Offer.REVERSE,
        question,
        lambda: reverse(invitation_id=invitation.id, by=request.user),
    )


@page
@allowed(Permission.FOLLOW_UP)
def cancel(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Ask, then cancel the appointment that the page named."""
    invitation = asked_for(request, invitation_id)
    booking = _named(request, invitation) if request.method == "POST" else current_of(invitation)
    if booking is None:
        messages.info(request, NOT_NOW)
        return to_patient(invitation)
    question = Question(
        title="Cancel this appointment?",
        says=(
            f"{nhs_datetime(booking.starts_at)}.",
            "We cancel it in your appointment book too, and send the patient a text if they get texts.",
        ),
        button="Cancel appointment",
        done="The appointment is being cancelled.",
        warning=True,
        caller=True,
        hidden={"booking": str(booking.id)},
    )

    def act() -> bool:
        answer_for.cancel(invitation=invitation, booking_id=booking.id, by=request.user)
        return True

    return ask(request, invitation, Offer.CANCEL, question, act)


@page
@allowed(Permission.FOLLOW_UP)
def settle(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Is it in the book? One of two buttons says so."""
    invitation = asked_for(request, invitation_id)
    if request.method != "POST":
        if Offer.SETTLE not in offered_to(request, invitation):
            return to_patient(invitation)
        context = {"invitation": invitation, "recipient": invitation.recipient, "booking": current_of(invitation)}
        return render(request, "booking/staff/settle.jinja", context)
    booking = _named(request, invitation)
    if booking is not None and "yes" in request.POST:
        say(request, lambda: by_hand.in_the_book(booking=booking, by=request.user), "The appointment is booked.")
    elif booking is not None and "no" in request.POST:
        done = "There is no appointment. Tell the patient: their link works again, or you can book for them."
        say(request, lambda: by_hand.not_in_the_book(booking=booking, by=request.user), done)
    return to_patient(invitation)


@page
@allowed(Permission.FOLLOW_UP)
def cancelled_by_hand(request: StaffRequest, invitation_id: UUID, booking_id: UUID) -> HttpResponse:
    """Ask, then note that staff have cancelled in their book what we could not."""
    invitation = asked_for(request, invitation_id)
    booking = get_object_or_404(_bookings(invitation), id=booking_id)
    question = Question(
        title="Have you cancelled this appointment?",
        says=(
            f"{nhs_datetime(booking.starts_at)}.",
            f"We could not cancel it. {booking.reason}",
            "Cancel it in your appointment book first. Then press the button: the time is offered to others again.",
        ),
        button="Yes, I have cancelled it",
        done="Noted: you have cancelled the appointment.",
    )

    def act() -> bool:
        answer_for.cancelled_by_hand(booking_id=booking.id, by=request.user)
        return True

    return ask(request, invitation, None, question, act)


def _bookings(invitation: Invitation) -> QuerySet[Booking]:
    return Booking.objects.filter(invitation=invitation)


def _named(request: StaffRequest, invitation: Invitation) -> Booking | None:
    """The booking that a form was about: another may have taken its place since."""
    try:
        named = UUID(request.POST.get("booking", ""))
    except ValueError:
        return None
    return _bookings(invitation).filter(id=named).first()
