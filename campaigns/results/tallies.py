"""What else of a batch is counted for reports, and stays when its patients are erased (retention#what-stays).

Outcomes by age and channel are in `campaigns.results.outcomes`. Here is what a patient adds beside them: that the link
was opened, fragments that were paid for. Rooms above count what only they know, and add it the same way.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from campaigns.models import BatchTally, Campaign, Invitation, InvitationState, Measure
from campaigns.results.delivery_routes import PAID
from integrations.models.outbox import Message


class Tally(NamedTuple):
    """What is counted; `days` is for Measure.BOOKED_AFTER."""

    measure: str
    days: int = 0


Tallies = dict[UUID, Counter[Tally]]
"""The counts of each batch, by its id."""


def of_batches(campaigns: Iterable[Campaign], invitation_ids: Collection[UUID] | None = None) -> Tallies:
    """What the invitations of these batches, or those of them that are named, add up to: two queries for all."""
    ids = [batch.id for batch in campaigns]
    results: Tallies = {batch_id: Counter() for batch_id in ids}
    for batch_id, opened, elsewhere in _answers(ids, invitation_ids):
        results[batch_id] += Counter({Tally(Measure.OPENED): opened, Tally(Measure.ELSEWHERE): elsewhere})
    for batch_id, fragments in _fragments(ids, invitation_ids):
        results[batch_id] += Counter({Tally(Measure.FRAGMENTS): fragments})
    return results


def _answers(ids: list[UUID], invitation_ids: Collection[UUID] | None) -> QuerySet[Invitation, tuple[UUID, int, int]]:
    invitations = Invitation.objects.filter(campaign__in=ids).order_by()
    if invitation_ids is not None:
        invitations = invitations.filter(id__in=invitation_ids)
    counts = {
        "opened": Count("opened_at"),
        "elsewhere": Count("elsewhere_at", filter=Q(state=InvitationState.OPEN)),
    }
    return invitations.values("campaign").annotate(**counts).values_list("campaign", *counts)


def _fragments(ids: list[UUID], invitation_ids: Collection[UUID] | None) -> QuerySet[Message, tuple[UUID, int]]:
    messages = Message.objects.filter(PAID, campaign_id__in=ids).order_by()
    if invitation_ids is not None:
        messages = messages.filter(subject_id__in=invitation_ids)
    return messages.values("campaign_id").annotate(paid=Sum("fragments")).values_list("campaign_id", "paid")


_ADD = """
INSERT INTO campaigns_batchtally (campaign_id, measure, days, count) VALUES (%s, %s, %s, %s)
ON CONFLICT (campaign_id, measure, days) DO UPDATE SET count = campaigns_batchtally.count + EXCLUDED.count
"""


def add(campaign: Campaign, counts: Mapping[Tally, int]) -> None:
    """Add to a batch's tallies, in the caller's transaction, which has locked the batch."""
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, [(campaign.id, *tally, count) for tally, count in sorted(counts.items()) if count])


def stored(campaigns: Iterable[Campaign]) -> Tallies:
    """The stored tallies of these batches: one query for all."""
    ids = [batch.id for batch in campaigns]
    results: Tallies = {batch_id: Counter() for batch_id in ids}
    rows = BatchTally.objects.filter(campaign__in=ids).order_by()
    for batch_id, measure, days, count in rows.values_list("campaign", "measure", "days", "count"):
        results[batch_id][Tally(measure, days)] += count
    return results
