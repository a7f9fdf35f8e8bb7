"""What the room has to say about texts that are about to go."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from campaigns.models import Invitation
from integrations.outbox.models import Message, Purpose
from patients import opt_outs
from practices.models import Practice


def stop_texts(practice: Practice, texts: Sequence[Message]) -> dict[UUID, str]:
    """The texts about an invitation whose patient has opted out since it was made, with the reason (safety H16).

    By NHS number; the phone's own opt-outs are asked about by the room below.
    """
    numbers = opt_outs.live_of(practice).exclude(nhs_number="").values("nhs_number")
    invitations = Invitation.objects.filter(
        id__any_of={text.subject_id for text in texts}, practice=practice, recipient__nhs_number__in=numbers
    )
    stopped = set(invitations.values_list("id", flat=True))
    return {text.id: opt_outs.STOPPED for text in texts if text.subject_id in stopped}


LATE = timedelta(hours=1)
"""A text that goes this long after it was written gives its link the time back."""


def restart_links(practice: Practice, texts: Sequence[Message]) -> None:
    """Count the lifetime of links in invitations that have waited, for the morning or a pause, from now (safety B120).

    A patient must not get a link that has expired, or has only hours left. Links that are about to go in time are not
    even looked at.
    """
    now = timezone.now()
    late = [text.subject_id for text in texts if text.purpose == Purpose.INVITATION and now - text.created_at > LATE]
    if not late:
        return
    invitations = list(Invitation.objects.filter(id__in=late, practice=practice).select_related("campaign"))
    for invitation in invitations:
        whole = now + timedelta(days=invitation.campaign.link_lifetime_days)
        invitation.expires_at = max(invitation.expires_at, whole)
    Invitation.objects.bulk_update(invitations, ["expires_at"])
