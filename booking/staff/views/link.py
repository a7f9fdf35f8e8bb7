"""The pages about a patient's link: unlock, send again, renew, end, show."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from booking.models import Booking
from booking.staff.patient import cancelled, links
from booking.staff.patient.offers import Offer
from booking.staff.patient.refusals import CannotDo
from booking.staff.views.ask import Question, ask, to_patient
from booking.staff.views.show import asked_for
from campaigns.models import lifetime_end
from campaigns.workspace import figures
from core.http import moment, whole_number
from core.wording import nhs_datetime, plural
from practices.access import StaffRequest, allowed
from practices.roles import Permission

page = require_http_methods(["GET", "HEAD", "POST"])


@page
@allowed(Permission.FOLLOW_UP)
def unlock(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Ask, then let a locked link be used again."""
    invitation = asked_for(request, invitation_id)
    question = Question(
        title="Unlock this link?",
        says=(
            "Wrong dates of birth were entered too many times, so the link was locked to keep the patient safe.",
            "If the date of birth above is wrong, the link cannot be used. Correct the record, and book for them.",
        ),
        button="Unlock link",
        done="The link is unlocked.",
        caller=True,
    )
    return ask(
        request,
        invitation,
        Offer.UNLOCK,
        question,
        lambda: links.unlock(invitation_id=invitation.id, by=request.user),
    )


@page
@allowed(Permission.FOLLOW_UP)
def send_again(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Ask, then send the invitation's text again. The page keeps how often that had been done when it was made."""
    invitation = asked_for(request, invitation_id)
    seen = request.POST.get("seen", "")
    days = plural(invitation.campaign.link_lifetime_days, "day")
    question = Question(
        title="Send the text again?",
        says=(
            "The patient gets the same text with the same link, on the mobile number above.",
            f"The link then works for {days} from now.",
        ),
        button="Send text again",
        done="The text is on its way.",
        hidden={"seen": seen or str(links.times_sent_again(invitation))},
    )
    times = whole_number(seen)
    return ask(
        request,
        invitation,
        Offer.SEND_AGAIN,
        question,
        lambda: links.send_again(invitation_id=invitation.id, seen=-1 if times is None else times, by=request.user),
    )


@page
@allowed(Permission.FOLLOW_UP)
def choose_again(request: StaffRequest, invitation_id: UUID, booking_id: UUID) -> HttpResponse:
    """Ask, then text a patient whose appointment came to nothing a link to choose another time."""
    invitation = asked_for(request, invitation_id)
    booking = get_object_or_404(Booking, id=booking_id, invitation=invitation)
    days = plural(invitation.campaign.link_lifetime_days, "day")
    question = Question(
        title="Send a link to choose another time?",
        says=(
            f"The patient has no appointment any more. It was to be on {nhs_datetime(booking.starts_at)}.",
            "They get one text, on the mobile number above, at a time of day when texts go.",
            f"The link then works for {days} from now.",
        ),
        button="Send link",
        done="The text is on its way.",
    )

    def act() -> bool:
        sent = cancelled.send_link(booking_id=booking.id, by=request.user)
        figures.counted_anew(invitation.campaign)
        return sent

    return ask(request, invitation, None, question, act)


@page
@allowed(Permission.FOLLOW_UP)
def renew(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Ask, then let the link live for its batch's lifetime from now. The page keeps its last day as it was."""
    invitation = asked_for(request, invitation_id)
    until = moment(request.POST.get("until", "")) or invitation.expires_at
    question = Question(
        title="Renew this link?",
        says=(
            f"It {'expired' if invitation.is_expired else 'expires'} on {nhs_datetime(invitation.expires_at)}.",
            f"If you renew it, it works until {nhs_datetime(lifetime_end(invitation.campaign))}.",
            "The patient gets no text about that.",
        ),
        button="Renew link",
        done="The link is renewed.",
        hidden={"until": until.isoformat()},
    )
    return ask(
        request,
        invitation,
        Offer.RENEW,
        question,
        lambda: links.renew(invitation_id=invitation.id, until=until, by=request.user),
    )


@page
@allowed(Permission.FOLLOW_UP)
def expire(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Ask, then end the link."""
    invitation = asked_for(request, invitation_id)
    question = Question(
        title="End this link now?",
        says=(
            "Whoever opens it is told that it has expired, and to phone you. You can renew it later.",
            "The patient gets no text about that, and no further invitation of this batch.",
        ),
        button="End link",
        done="The link is ended.",
        warning=True,
    )
    return ask(
        request,
        invitation,
        Offer.END,
        question,
        lambda: links.expire(invitation_id=invitation.id, by=request.user),
    )


@require_POST
@allowed(Permission.FOLLOW_UP)
def show(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """The link itself, to copy. It is posted for, so that no preview or reload shows it without a record."""
    invitation = asked_for(request, invitation_id)
    try:
        link = links.reveal(invitation_id=invitation.id, by=request.user)
    except CannotDo as error:
        messages.warning(request, error.sentence)
        return to_patient(invitation)
    return render(request, "booking/staff/link.jinja", {"invitation": invitation, "link": link})
