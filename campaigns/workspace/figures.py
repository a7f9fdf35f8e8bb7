"""A practice's batches in figures, for the page that shows them all: always at once, however many patients there are.

Batches whose lists are short are counted for each look. Those of long lists are shown as they were last counted, and a
worker is asked to count them anew when that was a while ago: nobody waits for 200,000 rows.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.follow_up import entries as follow_up
from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from campaigns.models.workspace import Figures, FollowedUp
from campaigns.results.followed_up import CANNOT
from campaigns.results.funnel import funnels
from core.hints import hint
from patients.lists.queries import to_contact_of

CODES = "codes"
"""The kind of codes that staff must file."""

COUNTED_AT_ONCE = 3_000
"""Rows of lists that are counted while somebody waits for the page: a few milliseconds."""
COUNTED_TOGETHER = 20_000
"""Rows that a worker counts with one set of statements."""

OLD_AFTER = timedelta(seconds=20)
OLD_AFTER_IF_OVER = timedelta(hours=1)
_OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)
_LOCK = 7_243_001
"""The first half of the key of the lock by which one worker counts a practice's batches at a time."""


def of_practice(campaigns: Sequence[Campaign], shown: Sequence[Campaign]) -> dict[UUID, Figures]:
    """The figures of one practice's sent batches; a batch that nobody has counted yet is left out.

    `campaigns` are all, with their lists; `shown` those on the page, which are counted for it while there are few
    rows. A worker is asked for what is old.
    """
    if not campaigns:
        return {}
    now = _few(shown)
    sent = {row.id for row in campaigns}  # one that was undone has figures, and is a draft
    stored = Figures.objects.filter(practice=campaigns[0].practice_id)
    by_batch = {row.campaign_id: row for row in stored if row.campaign_id in sent}
    by_batch |= {row.campaign_id: row for row in count(now)}
    fresh = {row.id for row in now}
    if any(_is_old(row, by_batch.get(row.id)) for row in campaigns if row.id not in fresh):
        hint("campaigns.count_figures", campaigns[0].practice_id)
    return by_batch


def _few(shown: Sequence[Campaign]) -> list[Campaign]:
    """Those of the page's batches, from the first, whose lists have few rows together."""
    room, few = COUNTED_AT_ONCE, []
    for campaign in shown:
        room -= _size(campaign)
        if room >= 0:
            few.append(campaign)
    return few


def _size(campaign: Campaign) -> int:
    return campaign.patient_list.row_count if campaign.patient_list else 0


def _is_old(campaign: Campaign, figures: Figures | None) -> bool:
    after = OLD_AFTER_IF_OVER if campaign.state in _OVER else OLD_AFTER
    return figures is None or figures.counted_at < timezone.now() - after


def count(campaigns: Sequence[Campaign]) -> list[Figures]:
    """Count these batches of one practice, in a fixed number of queries. Nothing is stored."""
    if not campaigns:
        return []
    numbers, needs = funnels(campaigns), needs_of(campaigns)
    return [
        Figures(
            campaign=campaign,
            practice_id=campaign.practice_id,
            can=funnel.can,
            sent=funnel.sent,
            opened=funnel.opened,
            booked=funnel.booked,
            declined=funnel.declined,
            unsent=funnel.unsent and not campaign.is_erased,
            needs=needs[campaign.id]
            | ({CODES: funnel.codes_by_hand} if funnel.codes_by_hand and not campaign.is_erased else {}),
        )
        for campaign in campaigns
        for funnel in [numbers[campaign.id]]
    ]


def needs_of(campaigns: Sequence[Campaign]) -> dict[UUID, dict[str, int]]:
    """How many patients of each of one practice's batches a person must see to, by kind."""
    counts = follow_up.counts(follow_up.Batches.of(*campaigns))
    lists = [campaign.patient_list_id for campaign in campaigns if campaign.patient_list_id]
    done = set(FollowedUp.objects.filter(about__in=counts, kind=CANNOT).values_list("about", flat=True))
    to_contact = to_contact_of(lists)
    needs: dict[UUID, dict[str, int]] = {}
    for campaign in campaigns:
        cannot = to_contact.get(campaign.patient_list_id, 0) if campaign.patient_list_id else 0
        mine = {CANNOT: cannot} if cannot and campaign.id not in done else {}
        needs[campaign.id] = mine | {str(kind): entries for kind, entries in counts[campaign.id].items()}
    return needs


def total(figures: Iterable[Figures]) -> Counter[str]:
    """What the whole practice has to see to, by kind."""
    totals: Counter[str] = Counter()
    for row in figures:
        totals.update(row.needs)
    return totals


def recount(practice_id: UUID) -> int:
    """Count and store what is old of a practice's batches: a worker's part. How many; none while another does so."""
    counted = 0
    for some in _together(_old(practice_id)):
        with transaction.atomic():
            if not _alone(practice_id):
                return counted
            counted += len(some)
            store(count(some))
    return counted


def _old(practice_id: UUID) -> list[Campaign]:
    now = timezone.now()
    fresh = Q(figures__counted_at__gt=now - OLD_AFTER) | Q(
        figures__counted_at__gt=now - OLD_AFTER_IF_OVER, state__in=_OVER
    )
    return list(_sent(practice_id).exclude(fresh))


def _sent(practice_id: UUID) -> QuerySet[Campaign]:
    return Campaign.objects.filter(practice=practice_id).started().select_related("patient_list")


def _together(campaigns: Iterable[Campaign]) -> list[list[Campaign]]:
    """Batches in parts of so many rows that a part is counted in well under a second, if it is more than one batch."""
    parts: list[list[Campaign]] = [[]]
    rows = 0
    for campaign in campaigns:
        if parts[-1] and rows + _size(campaign) > COUNTED_TOGETHER:
            parts.append([])
            rows = 0
        parts[-1].append(campaign)
        rows += _size(campaign)
    return [part for part in parts if part]


def _alone(practice_id: UUID) -> bool:
    """Whether nobody else counts this practice's batches; holds until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, str(practice_id)])
        (alone,) = cursor.fetchone()
    return bool(alone)


def store(figures: Sequence[Figures]) -> None:
    """Keep these figures instead of those before."""
    columns = ["can", "sent", "opened", "booked", "declined", "unsent", "needs", "counted_at"]
    Figures.objects.bulk_create(figures, update_conflicts=True, unique_fields=["campaign"], update_fields=columns)


def counted_anew(campaign: Campaign) -> None:
    """Have what a member of staff just settled show on the next look: at once, or a moment later for a long list."""
    if _size(campaign) <= COUNTED_AT_ONCE:
        store(count([campaign]))
        return
    Figures.objects.filter(campaign=campaign).update(counted_at=timezone.now() - OLD_AFTER_IF_OVER)
    hint("campaigns.count_figures", campaign.practice_id)
