"""One invitation of one patient: its story, and what can be done about it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.appointments.shown import shown_to
from booking.appointments.texts import places
from booking.models import Booking, BookingState, Decline, WaitingPatient
from booking.slots.described import with_whom
from booking.slots.offered import from_json
from booking.staff.patient.find import bookings_of
from booking.staff.patient.history import story
from booking.staff.patient.offers import Offer, offers, to_cancel_by_hand
from booking.visits.links import standing_of
from campaigns.follow_up import record_faults
from campaigns.models import Invitation
from patients.opt_outs import services as opt_outs
from patients.values.corrections import OF_THE_RECORD, TIDYING, Tidied
from practices.access import StaffRequest, allowed
from practices.audit import trail as audit
from practices.models import AuditEvent
from practices.roles import Permission, may

SAME_LOOK = timedelta(minutes=5)
"""A page that is looked at again within this, by itself or after a button, is put on record once."""

UNDER_WAY = frozenset({BookingState.PENDING, BookingState.STARTED, BookingState.UNKNOWN, BookingState.CANCELLING})


def invitations_of(request: StaffRequest) -> QuerySet[Invitation]:
    """The invitations of the practice whose staff asks: the only way in which these pages reach any."""
    related = ("practice", "campaign__started_by", "campaign__decline_code", "recipient")
    return Invitation.objects.filter(practice=request.practice).select_related(*related)


def asked_for(request: StaffRequest, invitation_id: UUID) -> Invitation:
    """The invitation of an address. Raises Http404 for another practice's as for one that there is not."""
    return get_object_or_404(invitations_of(request), id=invitation_id)


def current_of(invitation: Invitation) -> Booking | None:
    """The patient's booking, if they have one."""
    return invitation.bookings.current().first()


def offered_to(request: StaffRequest, invitation: Invitation) -> frozenset[Offer]:
    """What this staff member may do about it now: nothing where they may only look."""
    if not may(request.membership.role, Permission.FOLLOW_UP):
        return frozenset()
    return offers(invitation, current_of(invitation), request.user)


@require_safe
@allowed(Permission.SEE_PATIENTS)
def patient(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Everything about one invitation. That somebody looked is put on record."""
    invitation = asked_for(request, invitation_id)
    _note_look(request, invitation)
    acts, shown = may(request.membership.role, Permission.FOLLOW_UP), shown_to(invitation)
    current, others = current_of(invitation), _others(request, invitation)
    context: dict[str, Any] = {
        "invitation": invitation,
        "campaign": invitation.campaign,
        "recipient": invitation.recipient,
        "differences": [TIDYING[code] for code in map(Tidied, invitation.recipient.tidied) if code in OF_THE_RECORD],
        "standing": standing_of(invitation),
        "tries": settings.DATE_OF_BIRTH_TRIES,
        "shown": shown,
        "place": next(iter(places(shown.booking.slot, invitation.practice)), "") if shown else "",
        "with_whom": with_whom(from_json(shown.booking.slot)) if shown else "",
        "under_way": shown is not None and shown.booking.state in UNDER_WAY,
        "declined": Decline.objects.filter(invitation=invitation, reversed_at=None).first(),
        "record_fault": record_faults.describe_fault(invitation.record_fault) if invitation.record_fault else None,
        "waiting": WaitingPatient.objects.filter(invitation=invitation, told_at=None).first(),
        "no_texts": opt_outs.hold_for(invitation.recipient_id),
        "story": story(invitation, list(invitation.bookings.all())),
        "others": others,
        "bookings": bookings_of(others),
        "offers": offers(invitation, current, request.user) if acts else frozenset(),
        "by_hand": list(to_cancel_by_hand(invitation)),
    }
    return render(request, "booking/staff/patient.jinja", context)


def _others(request: StaffRequest, invitation: Invitation) -> list[Invitation]:
    """The same patient's invitations in other batches, newest first."""
    same = invitations_of(request).filter(
        recipient__practice=request.practice, recipient__nhs_number=invitation.recipient.nhs_number
    )
    return list(same.exclude(id=invitation.id).order_by("-created_at")[:20])


def _note_look(request: StaffRequest, invitation: Invitation) -> None:
    seen = AuditEvent.objects.filter(
        practice=request.practice, actor=request.user, action="patient.seen", object_id=invitation.id
    )
    if not seen.filter(at__gt=timezone.now() - SAME_LOOK).exists():
        audit.record(
            "patient.seen",
            practice=request.practice,
            actor=request.user,
            object_id=invitation.id,
            campaign_id=str(invitation.campaign_id),
        )
