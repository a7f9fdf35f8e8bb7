"""What staff can do about an invitation as it stands: what its page offers, and what its forms still allow."""

from enum import StrEnum

from django.db.models import QuerySet

from booking.appointments import change, link_rules
from booking.appointments.services import standing_for
from booking.models import Booking, BookingState
from booking.staff.patient import links
from booking.visits.links import Standing
from campaigns.models import Invitation, InvitationState
from practices.models import User


class Offer(StrEnum):
    """One thing to do; the value names its page."""

    SETTLE = "settle"
    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
    DECLINE = "decline"
    REVERSE = "reverse-decline"
    UNLOCK = "unlock"
    SEND_AGAIN = "send-again"
    RENEW = "renew"
    END = "end"
    LINK = "link"


def offers(invitation: Invitation, current: Booking | None, by: User) -> frozenset[Offer]:
    """Everything that may be done now. `current` is the patient's booking, if they have one."""
    return frozenset({*_about_answer(invitation, current, by), *_about_link(invitation)})


def _about_answer(invitation: Invitation, current: Booking | None, by: User) -> set[Offer]:
    options: set[Offer] = set()
    match standing_for(invitation, by):
        case Standing.OPEN:
            options.add(Offer.BOOK)
            if invitation.campaign.allow_decline and invitation.campaign.decline_code_id:
                options.add(Offer.DECLINE)
        case Standing.DECLINED if not invitation.campaign.links_withdrawn:
            options.add(Offer.REVERSE)
    if current is not None:
        if current.state == BookingState.CHECK:
            options.add(Offer.SETTLE)
        if change.may_change(current, by):
            options.add(Offer.CANCEL)
        if change.may_move(current, invitation, by):
            options.add(Offer.MOVE)
    return options


def _about_link(invitation: Invitation) -> set[Offer]:
    options: set[Offer] = set()
    if invitation.locked_at is not None and invitation.state != InvitationState.WITHDRAWN:
        options.add(Offer.UNLOCK)
    if not link_rules.why_answered(invitation):
        options.add(Offer.RENEW)
        if link_rules.may_end(invitation):
            options.add(Offer.END)
    if not link_rules.why_not_again(invitation):
        options.add(Offer.SEND_AGAIN)
    if not links.why_no_link(invitation):
        options.add(Offer.LINK)
    return options


def to_cancel_by_hand(invitation: Invitation) -> QuerySet[Booking]:
    """The appointments that we could not cancel and staff must: usually none."""
    return invitation.bookings.filter(state=BookingState.NOT_CANCELLED).order_by("starts_at")
