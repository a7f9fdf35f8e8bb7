"""What plans have to say about their texts that are about to go."""

from collections.abc import Sequence
from uuid import UUID

from campaigns.models import Campaign, Invitation
from campaigns.sequences.due import UNANSWERED, seen_to
from integrations.models.outbox import Message, Purpose
from practices.models import Practice

NO_MORE = "The patient has answered since, or you have seen to them, so this invitation was not sent."
"""Why a further invitation was withdrawn, for staff."""


def not_needed(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """Those further invitations among some texts about to go whose patient has answered, or was seen to by staff.

    A link that has run out is no reason: it has its whole lifetime again once the text leaves. Two queries for each
    batch among them, where there are any.
    """
    about = {text.subject_id for text in rows if text.purpose == Purpose.NEXT_INVITATION}
    if not about:
        return {}
    still = Invitation.objects.filter(
        practice=practice, id__any_of=about, state__in=UNANSWERED, locked_at=None, elsewhere_at=None, ended_at=None
    )
    still = still.exclude(campaign__links_withdrawn=True)
    batches = Campaign.objects.of(practice).filter(id__in={row.campaign_id for row in rows})
    for campaign in batches:
        still = still.exclude(id__in=seen_to(campaign))
    needed = set(still.values_list("id", flat=True))
    return {
        text.id: NO_MORE for text in rows if text.purpose == Purpose.NEXT_INVITATION and text.subject_id not in needed
    }
