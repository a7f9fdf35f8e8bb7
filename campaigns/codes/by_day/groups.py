"""Codes that staff file for many patients at once: NHS numbers by code and day (record-gateway#without-a-gateway).

Only entries that are for a person are here: nothing of ours files those any more. One whose record has to be looked at
first is counted and on no list, and neither is a code that nobody answers for now.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from campaigns.codes import services as codes
from campaigns.models import Campaign
from core.wording import LONDON, nhs_date
from integrations.clinical.profile import CodeRow
from integrations.clinical.registry import profile_of
from integrations.models.outbox import CodedEntry
from integrations.models.states import FOR_A_PERSON, CodeState
from patients.lists.downloads import csv_lines
from practices.audit import trail as audit
from practices.models import Practice, User

_MEANING = ("concept_id", "term", "local_scheme", "local_code")
_TO_FILE = Q(look_first=False)


@dataclass(frozen=True, slots=True)
class Group:
    """One code and day of a practice: what staff give all these patients in one go.

    `patients` are those on the list; `codes` all entries, of which `look_first` are to be filed one by one. `stopped`:
    why nobody should file it now; empty where they should.
    """

    concept_id: str
    term: str
    local_scheme: str
    local_code: str
    day: date
    patients: int
    codes: int
    look_first: int
    stopped: str = ""

    @property
    def key(self) -> str:
        """Its place in addresses: the code and the day, and nothing about a patient."""
        says = "\x1f".join([self.term, self.local_scheme, self.local_code])
        return f"{self.concept_id}-{self.day:%Y%m%d}-{hashlib.sha256(says.encode()).hexdigest()[:8]}"

    @property
    def date(self) -> str:
        """The date that its entries must have in the record, in words."""
        return nhs_date(self.day, weekday=False)

    @property
    def local(self) -> str:
        """The clinical system's own code for it, where it is known."""
        return f"{self.local_scheme} {self.local_code}".strip()


def groups(practice: Practice) -> list[Group]:
    """What a practice's staff have to file, the latest day first: two queries, however many entries there are."""
    counted = (
        all_open(practice)
        .values(*_MEANING, day=TruncDate("happened_at", tzinfo=LONDON))
        .annotate(
            patients=Count("nhs_number", distinct=True, filter=_TO_FILE),
            codes=Count("id"),
            looks=Count("id", filter=~_TO_FILE),
        )
        .order_by("-day", "term", *_MEANING)
    )
    rows = list(counted)
    samples = [CodedEntry(practice=practice, **{name: row[name] for name in _MEANING}) for row in rows]
    stopped = codes.stop_filing(samples)
    return [
        Group(
            **{name: row[name] for name in (*_MEANING, "day", "patients", "codes")},
            look_first=row["looks"],
            stopped=stopped.get(sample.id, ""),
        )
        for row, sample in zip(rows, samples, strict=True)
    ]


def group(practice: Practice, key: str) -> Group | None:
    """The group of a key, if there is anything of it left to file."""
    return next((group for group in groups(practice) if group.key == key), None)


def has_been(practice: Practice, key: str) -> bool:
    """Whether a key is that of a code and day of which staff have filed entries, so that nothing may be left."""
    concept_id, _, rest = key.partition("-")
    try:
        day = datetime.strptime(rest[:8], "%Y%m%d").date()
    except ValueError:
        return False
    batches = Campaign.objects.of(practice).started().values("id")
    filed = CodedEntry.objects.filter(campaign_id__in=batches, state=CodeState.BY_HAND, concept_id=concept_id)
    return filed.filter(_on(day)).exists()


def open_entries(practice: Practice, group: Group) -> QuerySet[CodedEntry]:
    """The entries of a group that staff have not filed yet, those to look at first among them."""
    return _of(all_open(practice), group)


def to_file(practice: Practice, group: Group, until: datetime) -> QuerySet[CodedEntry]:
    """The entries that are on a group's list: those that were given to staff until then. None of a stopped code."""
    entries = open_entries(practice, group).filter(_TO_FILE, settled_at__lte=until)
    return entries.none() if group.stopped else entries


def in_the_record(practice: Practice, group: Group) -> QuerySet[CodedEntry]:
    """The entries of a group that are in the record already, whoever put them there."""
    batches = Campaign.objects.of(practice).started().values("id")
    states = [CodeState.FILED, CodeState.BY_HAND]
    return _of(CodedEntry.objects.filter(practice=practice, campaign_id__in=batches, state__in=states), group)


def numbers(practice: Practice, group: Group, until: datetime) -> list[str]:
    """The NHS numbers of a group's list, each once, in their order."""
    found = to_file(practice, group, until).order_by("nhs_number").values_list("nhs_number", flat=True)
    return list(found.distinct())


def csv(practice: Practice, group: Group, until: datetime) -> Iterator[str]:
    """A group's list as a CSV with the columns that the practice's clinical system takes, line by line."""
    columns = profile_of(practice.clinical_system).many_codes.columns
    rows = (CodeRow(number, group.day) for number in numbers(practice, group, until))
    return csv_lines(list(columns), ([write(row) for write in columns.values()] for row in rows))


def look_first_by_batch(practice: Practice, group: Group) -> list[tuple[Campaign, int]]:
    """The batches with entries of a group that must be looked at first, and how many each has."""
    entries = open_entries(practice, group).exclude(_TO_FILE).order_by()
    counts = dict(entries.values_list("campaign_id").annotate(count=Count("id")))
    batches = Campaign.objects.of(practice).filter(id__in=counts).select_related("patient_list").order_by("-started_at")
    return [(batch, counts[batch.id]) for batch in batches]


@transaction.atomic
def mark_filed(
    *,
    practice: Practice,
    group: Group,
    by: User,
    entries: Collection[UUID] | None = None,
    until: datetime | None = None,
) -> int:
    """Staff have filed these entries of a group, or its whole list as it was then. How many that moved.

    An entry that somebody else has marked, that is of another group or was never for staff, stays as it is.
    """
    if entries is None:
        rows = to_file(practice, group, until or timezone.now())
    else:
        rows = open_entries(practice, group).filter(id__in=entries)
    locked = dict(_locked(rows))
    CodedEntry.objects.filter(id__in=locked).update(state=CodeState.BY_HAND, by_hand_by=by, settled_at=timezone.now())
    for campaign_id, count in Counter(locked.values()).items():
        audit.record(
            "campaign.codes_by_hand",
            practice=practice,
            actor=by,
            object_id=campaign_id,
            batch_id=campaign_id,
            count=count,
            all=entries is None,
            concept_id=group.concept_id,
            day=group.day.isoformat(),
        )
    return len(locked)


def _locked(rows: QuerySet[CodedEntry]) -> Mapping[UUID, UUID]:
    """The batch of each of these entries, by its id; nobody else can settle them until the transaction ends."""
    return dict(rows.order_by("id").select_for_update().values_list("id", "campaign_id"))


def all_open(practice: Practice) -> QuerySet[CodedEntry]:
    """Every entry of a practice that is for staff."""
    return CodedEntry.objects.filter(practice=practice, state__in=FOR_A_PERSON)


def _on(day: date) -> Q:
    """Events of a day in London: the date that their entries must have in the record."""
    start, end = (datetime.combine(each, time(), LONDON) for each in (day, day + timedelta(days=1)))
    return Q(happened_at__gte=start, happened_at__lt=end)


def _of(entries: QuerySet[CodedEntry], group: Group) -> QuerySet[CodedEntry]:
    return entries.filter(_on(group.day), **{name: getattr(group, name) for name in _MEANING})
