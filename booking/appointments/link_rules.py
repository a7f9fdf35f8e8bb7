"""Whether a patient's link may be used, sent or renewed once more."""

from campaigns.models import Invitation, InvitationState
from integrations.models.outbox import WITH_LINK, Message
from integrations.models.states import MessageState
from patients.opt_outs import services as opt_outs

ANSWERED = "The patient has answered: this link only shows what they did."
WITHDRAWN = "This link was withdrawn with its batch. Invite the patient with another batch, or by phone."
LOCKED = "This link is locked. Unlock it first."

ERASING = "The data of this batch is being erased. Invite the patient with another batch, or by phone."

_ON_THE_WAY = (MessageState.DUE, MessageState.STARTED, MessageState.UNKNOWN)


def why_answered(invitation: Invitation) -> str:
    """Why nobody can answer with this link, however long it lives, as a sentence for staff; empty when they can.

    An appointment that was cancelled after the link's last day leaves the invitation answered: then the patient may
    answer again once the link is renewed.
    """
    if invitation.campaign.is_erased:
        return ERASING
    if invitation.state == InvitationState.WITHDRAWN:
        return WITHDRAWN
    if invitation.state == InvitationState.CANCELLED:
        return WITHDRAWN if invitation.campaign.links_withdrawn else ""
    return "" if invitation.state == InvitationState.OPEN else ANSWERED


def may_end(invitation: Invitation) -> bool:
    """Whether ending an unanswered link changes anything: it works, or the batch's plan may bring it once more."""
    may_come_again = invitation.campaign.next_invitation_at is not None and invitation.ended_at is None
    return not invitation.is_expired or may_come_again


def why_not_again(invitation: Invitation) -> str:
    """Why the text cannot be sent again now, as a sentence for staff; empty when it can."""
    if sentence := why_answered(invitation):
        return sentence
    if invitation.locked_at is not None:
        return LOCKED
    if opt_outs.hold_for(invitation.recipient_id):
        return opt_outs.STOPPED
    texts_of_link = Message.objects.filter(subject_id=invitation.id, purpose__in=WITH_LINK, state__in=_ON_THE_WAY)
    if texts_of_link.exists():
        return "A message with this link is on its way. Wait until it has gone."
    return ""
