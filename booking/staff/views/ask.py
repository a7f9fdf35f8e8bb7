"""Asking before something is done about an invitation, and doing it: what all such pages have in common."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render

from booking.staff.patient.forms import CallerForm, NothingToSay
from booking.staff.patient.offers import Offer
from booking.staff.patient.refusals import CannotDo
from booking.staff.views.show import offered_to
from campaigns.models import Invitation
from practices.access import StaffRequest

NOT_NOW = "This cannot be done any more. The page shows how things stand now."
DONE_BEFORE = "This was done already. Nothing has been changed again."


@dataclass(frozen=True, slots=True)
class Question:
    """One page that asks: its heading, what to know first, and its button's words.

    `caller`: only for a patient whom the staff member has checked. `hidden` is what the page was about, by field name,
    so that pressing the button on an old page does nothing else. `done` is said afterwards.
    """

    title: str
    says: tuple[str, ...]
    button: str
    done: str
    warning: bool = False
    caller: bool = False
    hidden: dict[str, str] = field(default_factory=dict)


def ask(
    request: StaffRequest,
    invitation: Invitation,
    offer: Offer | None,
    question: Question,
    act: Callable[[], bool],
) -> HttpResponse:
    """Show the question, or do what it asks once the button is pressed. Then show the patient's page.

    `act` is False when it had been done before. With `offer` the question is put only while that can be done.
    """
    pressed = request.method == "POST"
    if not pressed and offer is not None and offer not in offered_to(request, invitation):
        messages.info(request, NOT_NOW)
        return to_patient(invitation)
    kind: type[Form] = CallerForm if question.caller else NothingToSay
    form = kind(request.POST if pressed else None)
    if not form.is_valid():
        context = {"invitation": invitation, "recipient": invitation.recipient, "question": question, "form": form}
        return render(request, "booking/staff/ask.jinja", context)
    say(request, act, question.done)
    return to_patient(invitation)


def say(request: StaffRequest, act: Callable[[], bool], done: str) -> None:
    """Do it, and have the next page say what came of it."""
    try:
        if act():
            messages.success(request, done)
        else:
            messages.info(request, DONE_BEFORE)
    except CannotDo as error:
        messages.warning(request, error.sentence)


def to_patient(invitation: Invitation) -> HttpResponse:
    """On to the patient's page."""
    return redirect("staff:patient", invitation.id)
