"""A patient's link in the hands of staff: unlock it, end it, renew it, send it again, look at it.

Each function is one transaction that locks the invitation first and leaves an audit event with its actor. It is False
when there was nothing to do any more, because somebody pressed twice or a colleague was quicker; `CannotDo` says why
something cannot be done at all.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from booking.appointments.link_rules import LOCKED, WITHDRAWN, may_end, why_answered, why_not_again
from booking.appointments.services import locked
from booking.staff.patient.refusals import CannotDo
from booking.visits.links import Standing, standing_of
from campaigns.messages import texts
from campaigns.models import Invitation, InvitationState
from campaigns.sequences.plans import message_of
from integrations.links import NoSuchKey, link_for
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import in_app
from integrations.outbox.queueing import queue
from practices.audit import trail as audit
from practices.models import User


def _record(action: str, invitation: Invitation, by: User) -> None:
    audit.record(
        action,
        practice=invitation.practice,
        actor=by,
        object_id=invitation.id,
        campaign_id=str(invitation.campaign_id),
    )


def _check_unanswered(invitation: Invitation) -> None:
    """Raise CannotDo unless the patient may still answer."""
    if sentence := why_answered(invitation):
        raise CannotDo(sentence)


@transaction.atomic
def unlock(*, invitation_id: UUID, by: User) -> bool:
    """Let a locked link be used again, and count wrong dates of birth from none.

    Only staff can: they must have checked who is asking. Raises CannotDo for a link that was withdrawn.
    """
    invitation = locked(invitation_id)
    if invitation.state == InvitationState.WITHDRAWN:
        raise CannotDo(WITHDRAWN)
    if invitation.locked_at is None:
        return False
    invitation.locked_at, invitation.date_of_birth_failures = None, 0
    invitation.save(update_fields=["locked_at", "date_of_birth_failures"])
    _record("invitation.unlocked", invitation, by)
    return True


@transaction.atomic
def expire(*, invitation_id: UUID, by: User) -> bool:
    """End an unanswered link now: the batch's plan invites its patient no more. Raises CannotDo."""
    invitation = locked(invitation_id)
    _check_unanswered(invitation)
    if not may_end(invitation):
        return False
    invitation.end()
    _record("invitation.expired", invitation, by)
    return True


@transaction.atomic
def renew(*, invitation_id: UUID, until: datetime, by: User) -> bool:
    """Let an unanswered link live for its batch's lifetime from now. Raises CannotDo.

    `until` is the last day that whoever asks has seen: if it is another one by now, a colleague was quicker.
    """
    invitation = locked(invitation_id)
    _check_unanswered(invitation)
    if invitation.expires_at != until:
        return False
    invitation.renew()
    _record("invitation.renewed", invitation, by)
    return True


def times_sent_again(invitation: Invitation) -> int:
    """How often staff have sent the link again."""
    return Message.objects.filter(subject_id=invitation.id, purpose=Purpose.RESENT).count()


@transaction.atomic
def send_again(*, invitation_id: UUID, seen: int, by: User) -> bool:
    """Send the invitation's text again, with the same link, which lives for its whole lifetime from now.

    One that lies unread in the NHS App is texted now, and not again later. `seen` is how often it had been sent again
    when whoever asks looked: if that is more by now, they pressed twice, or a colleague did. The database allows one
    text for each time (docs/architecture.md, "The outbox rule"). Raises CannotDo.
    """
    invitation = locked(invitation_id)
    if times_sent_again(invitation) != seen:
        return False
    if sentence := why_not_again(invitation):
        raise CannotDo(sentence)
    invitation.renew()
    if not in_app.text_at_once(invitation.practice, invitation.id):
        queue(invitation.practice, [_text(invitation, seen)])
    _record("invitation.sent_again", invitation, by)
    return True


def _text(invitation: Invitation, step: int) -> Message:
    """The batch's message to this patient, as it was the last time that they were invited."""
    campaign, recipient, practice = invitation.campaign, invitation.recipient, invitation.practice
    further = Message.objects.filter(subject_id=invitation.id, purpose=Purpose.NEXT_INVITATION)
    number = further.exclude(state=MessageState.WITHDRAWN).aggregate(last=Max("step"))["last"] or 1
    message = message_of(campaign, number)
    whole = texts.preview(message, practice=practice, name=recipient.given_name)
    return Message(
        practice=practice,
        campaign_id=campaign.id,
        subject_id=invitation.id,
        purpose=Purpose.RESENT,
        step=step,
        to=recipient.mobile,
        body=texts.fill(message, name=recipient.given_name, practice=practice),
        link_key=invitation.link_key,
        fragments=whole.measure.fragments,
        any_hour=campaign.any_hour,
    )


@transaction.atomic
def reveal(*, invitation_id: UUID, by: User) -> str:
    """The link itself, for staff to copy; that they saw it is put on record. Raises CannotDo where it is of no use."""
    invitation = locked(invitation_id)
    if sentence := why_no_link(invitation):
        raise CannotDo(sentence)
    try:
        link = link_for(invitation.id, key_number=invitation.link_key)
    except NoSuchKey:
        raise CannotDo("This link was made with a key that is no longer in use. It cannot be shown.") from None
    _record("invitation.link_shown", invitation, by)
    return link


def why_no_link(invitation: Invitation) -> str:
    """Why the link would be of no use to anybody, as a sentence for staff; empty when it would."""
    match standing_of(invitation):
        case Standing.OPEN | Standing.USED_TO_BOOK:
            return ""
        case Standing.LOCKED:
            return LOCKED
        case Standing.EXPIRED:
            return "This link has expired. Renew it first."
        case Standing.WITHDRAWN:
            return WITHDRAWN
    return "The patient has declined: this link does nothing now."
