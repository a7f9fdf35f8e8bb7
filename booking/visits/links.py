"""From a link's token to the invitation behind it, and what that invitation may still be used for."""

import re
from enum import StrEnum
from uuid import UUID

from booking.slots import outages
from campaigns.models import Invitation, InvitationState
from core.database import Joined
from integrations.links import digest

_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
"""All that a token can hold. Text message apps take more into a link than is meant: the full stop or the bracket behind
it, what cannot be seen, even the next word. The patient did press the right link, so what is around it is left off."""


class Standing(StrEnum):
    """What an invitation may be used for now."""

    OPEN = "open"
    USED_TO_BOOK = "used_to_book"
    DECLINED = "declined"
    EXPIRED = "expired"
    LOCKED = "locked"
    WITHDRAWN = "withdrawn"


_BOOKED = (InvitationState.BOOKING, InvitationState.BOOKED, InvitationState.CANCELLED)
"""An appointment was made, whatever became of it: the link leads to what did."""


def standing_of(invitation: Invitation) -> Standing:
    """Where an invitation stands. A lock comes first; an answer outlives the link's last day."""
    if invitation.locked_at is not None:
        return Standing.LOCKED
    if invitation.state in _BOOKED:
        return Standing.USED_TO_BOOK
    if invitation.state == InvitationState.DECLINED:
        return Standing.DECLINED
    if invitation.state == InvitationState.WITHDRAWN:
        return Standing.WITHDRAWN
    if invitation.is_expired and not outages.spares(invitation):
        return Standing.EXPIRED
    return Standing.OPEN


_RELATED = ("practice", "campaign")
_BY_TOKEN = Joined(Invitation, *_RELATED, where="token_digest = %s")
_BY_ID = Joined(Invitation, *_RELATED, "recipient", where='"campaigns_invitation"."id" = %s')


def by_token(token: str) -> Invitation | None:
    """The invitation of a token as it stands in a link; None when it is not one of ours.

    Every text is hashed and looked up, so that the answer takes as long whatever it looks like (inputs#damaged-links).
    """
    match = _TOKEN.search(token)
    invitation: Invitation | None = _BY_TOKEN.first(digest(match[0] if match else ""))
    return invitation


def by_id(invitation_id: UUID) -> Invitation | None:
    """The invitation of a visit."""
    invitation: Invitation | None = _BY_ID.first(invitation_id)
    return invitation
