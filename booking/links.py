"""From a link's token to the invitation behind it, and what that invitation may still be used for."""

from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from campaigns.models import Invitation, InvitationState
from integrations.links import digest

_SURROUNDINGS = ".,;:!?)>]}'\"\u2019\u201d\u2026/ "
"""What text message apps add to the end of a link that they found in a sentence. None of it can be in a token."""


class Standing(StrEnum):
    """What an invitation may be used for now."""

    OPEN = "open"
    USED_TO_BOOK = "used_to_book"
    DECLINED = "declined"
    EXPIRED = "expired"
    LOCKED = "locked"
    WITHDRAWN = "withdrawn"


def standing_of(invitation: Invitation) -> Standing:
    """Where an invitation stands. A lock comes first; an answer outlives the link's last day."""
    if invitation.locked_at is not None:
        return Standing.LOCKED
    if invitation.state in (InvitationState.BOOKING, InvitationState.BOOKED):
        return Standing.USED_TO_BOOK
    if invitation.state == InvitationState.DECLINED:
        return Standing.DECLINED
    if invitation.state == InvitationState.WITHDRAWN:
        return Standing.WITHDRAWN
    return Standing.EXPIRED if invitation.is_expired else Standing.OPEN


def _invitations() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("practice", "campaign")


def by_token(token: str) -> Invitation | None:
    """The invitation of a token as it stands in a link; None when it is not one of ours.

    Every text is hashed and looked up, so that the answer takes as long whatever it looks like (safety 2b).
    """
    return _invitations().filter(token_digest=digest(token.rstrip(_SURROUNDINGS))).first()


def by_id(invitation_id: UUID) -> Invitation | None:
    """The invitation of a visit."""
    return _invitations().filter(id=invitation_id).first()
