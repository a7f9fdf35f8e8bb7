"""What reports count of the patients of batches while they are there, and what is stored of them when they go."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.models import Campaign, Invitation, Measure
from campaigns.results import outcomes, tallies
from campaigns.results.tallies import Tallies, Tally
from patients.models import RecipientQuerySet

# From the day on which the invitation went, by the calendar in London, to that of the first booking: moving it later is
# no new booking. A patient whom staff booked before their text counts as the same day (reports#days-to-book).
_BOOKED_AFTER = """
SELECT
    invited.campaign_id,
    GREATEST(
        0,
        (booked.at AT TIME ZONE 'Europe/London')::date
        - (COALESCE(texted.at, invited.created_at) AT TIME ZONE 'Europe/London')::date
    ) AS days,
    count(*)
FROM campaigns_invitation AS invited
CROSS JOIN LATERAL (
    SELECT min(made.created_at) AS at FROM booking_booking AS made WHERE made.invitation_id = invited.id
) AS booked
CROSS JOIN LATERAL (
    SELECT LEAST(min(gone.in_app_at), min(gone.sent_at)) AS at
    FROM integrations_message AS gone WHERE gone.subject_id = invited.id AND gone.purpose = 'invitation'
) AS texted
WHERE invited.campaign_id = ANY(%(batches)s) AND invited.state = 'booked' AND booked.at IS NOT NULL
    AND (%(everybody)s OR invited.id = ANY(%(invitations)s))
GROUP BY invited.campaign_id, days
"""


def of_batches(campaigns: Iterable[Campaign], invitation_ids: Collection[UUID] | None = None) -> Tallies:
    """The tallies of these batches' patients who are not erased, or of the named invitations: three queries."""
    every = list(campaigns)
    results = tallies.of_batches(every, invitation_ids)
    values: dict[str, Any] = {
        "batches": [batch.id for batch in every],
        "everybody": invitation_ids is None,
        "invitations": list(invitation_ids or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED_AFTER, values)
        for batch_id, days, count in cursor.fetchall():
            results[batch_id] += Counter({Tally(Measure.BOOKED_AFTER, days): count})
    return results


def keep(campaign: Campaign, rows: RecipientQuerySet | None = None) -> None:
    """Store what became of a batch's patients, or of some `rows` of its list, who are about to be erased.

    In the caller's transaction, which has locked the batch.
    """
    outcomes.add(campaign, outcomes.of_batch(campaign, rows))
    invitation_ids = None
    if rows is not None:
        invitation_ids = list(Invitation.objects.filter(recipient__in=rows).values_list("id", flat=True))
    tallies.add(campaign, of_batches([campaign], invitation_ids)[campaign.id])
