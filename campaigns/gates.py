"""What the room has to say about texts that are about to go."""

from collections.abc import Sequence
from uuid import UUID

from campaigns.models import Invitation
from integrations.outbox.models import Message
from patients import opt_outs
from practices.models import Practice


def stop_texts(practice: Practice, texts: Sequence[Message]) -> dict[UUID, str]:
    """The texts about an invitation whose patient has opted out since it was made, with the reason (safety H16).

    By NHS number; the phone's own opt-outs are asked about by the room below.
    """
    numbers = opt_outs.live_of(practice).exclude(nhs_number="").values("nhs_number")
    invitations = Invitation.objects.filter(
        id__in={text.subject_id for text in texts}, practice=practice, recipient__nhs_number__in=numbers
    )
    stopped = set(invitations.values_list("id", flat=True))
    return {text.id: opt_outs.STOPPED for text in texts if text.subject_id in stopped}
