"""Links that may be texted yet, and whether the keys that they were made with are still there.

A link that was texted opens whatever keys there are: it is looked up by its digest. But a reminder, a confirmation or a
new text makes it anew from its key, and with another key in that place it would open nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from campaigns.models import Invitation, InvitationState
from integrations.links import NoSuchKey, digest, token_for

RENEWABLE_DAYS = 84
"""So long after its last day a link may still be texted: about an appointment, of which none is later, or as new."""

SAMPLE = 25
"""Links looked at for each key, from both ends in time, where not all are."""


@dataclass(frozen=True)
class LinkKey:
    """A key of links by its number (from 0, the oldest), how many live links have it, and how many it does not make."""

    number: int
    live: int
    wrong: int


def live() -> QuerySet[Invitation]:
    """The invitations whose link may be texted yet."""
    never = (InvitationState.DECLINED, InvitationState.WITHDRAWN)
    return Invitation.objects.filter(
        ~Q(state__in=never), expires_at__gt=timezone.now() - timedelta(days=RENEWABLE_DAYS)
    )


def keys_of_links(*, whole: bool) -> list[LinkKey]:
    """Every key that live links name. `whole`: each link is looked at, otherwise the oldest and newest of each key."""
    counts = dict(live().order_by().values_list("link_key").annotate(Count("pk")))
    return [LinkKey(number, counts[number], _wrong(number, counts[number], whole)) for number in sorted(counts)]


def _wrong(number: int, count: int, whole: bool) -> int:
    """How many links of a number its key does not make: all, if it is not there."""
    if number >= len(settings.LINK_KEYS):
        return count
    rows = live().filter(link_key=number).values_list("id", "token_digest")
    if whole:
        return sum(not _makes(number, *row) for row in rows.iterator(chunk_size=2000))
    ends = [*rows.order_by("created_at")[:SAMPLE], *rows.order_by("-created_at")[:SAMPLE]]
    return sum(not _makes(number, *row) for row in dict(ends).items())


def _makes(number: int, invitation_id: Any, stored: Any) -> bool:
    try:
        return digest(token_for(invitation_id, key_number=number)) == bytes(stored)
    except NoSuchKey:
        return False
