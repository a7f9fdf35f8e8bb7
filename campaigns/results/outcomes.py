"""What became of patients, counted by age band and channel, for when they themselves are erased (retention#what-stays).

Small numbers stay as they are: a count says of nobody who they were, and batches are small.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Case, CharField, Count, F, FloatField, Func, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import GreaterThanOrEqual

from campaigns.models import BatchOutcome, Campaign
from campaigns.results.delivery_routes import DELIVERY
from core.wording import LONDON
from integrations.models.outbox import Message, Purpose
from patients.models import Recipient, RecipientQuerySet, Verdict

NOT_INVITED, CANNOT = "not_invited", "cannot"
"""What became of those without an invitation: they could have been sent one, or could not."""

UNDER_16 = "under 16"
_FROM = (85, 75, 65, 55, 45, 35, 25, 16)
BANDS = (
    UNDER_16,
    *(f"{since} to {until - 1}" for since, until in zip(_FROM[:0:-1], _FROM[-2::-1], strict=True)),
    f"{_FROM[0]} or over",
    "",
)
"""Every age band, the youngest first; empty where the date of birth is not known."""

OUTCOMES = {
    "booked": "Booked",
    "cancelled": "Booked, then cancelled",
    "booking": "Booking",
    "declined": "Declined",
    "open": "No answer",
    "withdrawn": "Withdrawn",
    NOT_INVITED: "Not invited",
    CANNOT: "Could not be sent a text",
}
"""Every outcome in words, in the order in which pages show them."""


class Key(NamedTuple):
    """What patients are counted by."""

    age_band: str
    channel: str
    outcome: str


def of_batch(campaign: Campaign, rows: RecipientQuerySet | None = None) -> Counter[Key]:
    """Each patient of a batch, or of some `rows` of it, counted once: one query."""
    counts = of_batches([campaign], rows)
    return counts[campaign.id]


def of_batches(campaigns: Iterable[Campaign], rows: RecipientQuerySet | None = None) -> dict[UUID, Counter[Key]]:
    """Each patient of these batches who is not erased, or of some `rows` of theirs, counted once: one query for all."""
    every = list(campaigns)
    lists = {batch.patient_list_id: batch.id for batch in every if batch.patient_list_id}
    patients = Recipient.objects.all() if rows is None else rows
    invited = Message.objects.filter(subject_id=OuterRef("invitation__id"), purpose=Purpose.INVITATION)
    channel = invited.annotate(delivery=DELIVERY).values("delivery")[:1]
    none = Case(When(verdict=Verdict.CAN, then=Value(NOT_INVITED)), default=Value(CANNOT), output_field=CharField())
    counted = (
        patients.filter(patient_list__in=list(lists))
        .order_by()
        .annotate(
            band=_band(),
            channel=Coalesce(Subquery(channel), Value(""), output_field=CharField()),
            outcome=Coalesce(F("invitation__state"), none, output_field=CharField()),
        )
        .values_list("patient_list", "band", "channel", "outcome")
        .annotate(patients=Count("id"))
    )
    results: dict[UUID, Counter[Key]] = {batch.id: Counter() for batch in every}
    for list_id, band, place, outcome, count in counted:
        results[lists[list_id]][Key(band, place, outcome)] = count
    return results


def _band() -> Case:
    """The age band of a row, by its age on the day of Send. Who was born on 29 February is a year older on 1 March."""
    names = dict(zip(_FROM, BANDS[-2:0:-1], strict=True))
    batch = "patient_list__campaign__"
    day = TruncDate(Coalesce(f"{batch}started_at", f"{batch}created_at"), tzinfo=LONDON)
    years = Func(
        day,
        F("date_of_birth"),
        template="date_part('year', age(%(expressions)s))",
        arg_joiner="::timestamp, ",
        output_field=FloatField(),
    )
    older = [When(GreaterThanOrEqual(years, since), then=Value(names[since])) for since in _FROM]
    return Case(When(date_of_birth=None, then=Value("")), *older, default=Value(UNDER_16), output_field=CharField())


_ADD = """
INSERT INTO campaigns_batchoutcome (campaign_id, age_band, channel, outcome, patients)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (campaign_id, age_band, channel, outcome)
DO UPDATE SET patients = campaigns_batchoutcome.patients + EXCLUDED.patients
"""


def add(campaign: Campaign, counts: Mapping[Key, int]) -> None:
    """Add to a batch's outcomes, in the caller's transaction, which has locked the batch."""
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, [(campaign.id, *key, count) for key, count in sorted(counts.items())])


def stored(campaigns: Iterable[Campaign]) -> dict[UUID, Counter[Key]]:
    """The stored outcomes of these batches, of patients who were erased: one query for all."""
    every = [batch.id for batch in campaigns]
    results: dict[UUID, Counter[Key]] = {batch_id: Counter() for batch_id in every}
    rows = BatchOutcome.objects.filter(campaign__in=every).order_by()
    for batch_id, *key, count in rows.values_list("campaign", "age_band", "channel", "outcome", "patients"):
        results[batch_id][Key(*key)] += count
    return results


def table(campaign: Campaign) -> list[tuple[str, dict[str, int]]]:
    """The stored outcomes of a batch for its page: for each age band with patients, how many came to what."""
    by_band: dict[str, Counter[str]] = {}
    for row in BatchOutcome.objects.filter(campaign=campaign):
        by_band.setdefault(row.age_band, Counter())[row.outcome] += row.patients
    return [(band, dict(by_band[band])) for band in BANDS if band in by_band]


def by_channel(campaign: Campaign) -> list[tuple[str, dict[str, int]]]:
    """The same by channel, in the order of Delivery; without those who were not invited."""
    by_place: dict[str, Counter[str]] = {}
    for row in BatchOutcome.objects.filter(campaign=campaign).exclude(channel=""):
        by_place.setdefault(row.channel, Counter())[row.outcome] += row.patients
    return [(place, dict(counts)) for place, counts in sorted(by_place.items())]
