"""What became of patients, counted by age band and channel, for when they themselves are erased (retention#what-stays).

Small numbers stay as they are: a count says of nobody who they were, and batches are small.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Case, CharField, Count, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.models import BatchOutcome, Campaign
from campaigns.results.delivery_routes import invitations_of
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
    patients = Recipient.objects.filter(patient_list=campaign.patient_list_id) if rows is None else rows
    channel = invitations_of(campaign).filter(subject_id=OuterRef("invitation__id")).values("delivery")[:1]
    none = Case(When(verdict=Verdict.CAN, then=Value(NOT_INVITED)), default=Value(CANNOT), output_field=CharField())
    counted = (
        patients.order_by()
        .annotate(
            band=_band(timezone.localdate(campaign.started_at or campaign.created_at)),
            channel=Coalesce(Subquery(channel), Value(""), output_field=CharField()),
            outcome=Coalesce(F("invitation__state"), none, output_field=CharField()),
        )
        .values_list("band", "channel", "outcome")
        .annotate(patients=Count("id"))
    )
    return Counter({Key(band, channel, outcome): count for band, channel, outcome, count in counted})


def _band(on: date) -> Case:
    """The age band of a row, by its age on a day."""
    names = dict(zip(_FROM, BANDS[-2:0:-1], strict=True))
    older = [When(date_of_birth__lte=_years_before(on, since), then=Value(names[since])) for since in _FROM]
    return Case(When(date_of_birth=None, then=Value("")), *older, default=Value(UNDER_16), output_field=CharField())


def _years_before(on: date, years: int) -> date:
    """The latest birthday of whoever is so old on a day. Who was born on 29 February is a year older on 1 March."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, month=3, day=1) - timedelta(days=1)


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
