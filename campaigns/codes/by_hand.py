"""A batch's coded entries that are not in the record yet: for staff to file by hand, or still on their way there.

The clinical system refused the first kind, did not keep them, or could not be asked; nothing of ours files them any
more. The second kind may still be filed by us, so staff must not.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from campaigns.codes import services as codes
from campaigns.models import Campaign, Invitation
from core.wording import local, nhs_date
from integrations.models.outbox import CodedEntry, GatewayOutage
from integrations.models.states import FOR_A_PERSON, CodeState
from patients.lists.downloads import PATIENT_HEADERS, csv_lines, patient_cells
from patients.models import Recipient
from practices.audit import trail as audit
from practices.models import User

LATE_AFTER = timedelta(hours=1)
"""How long after its event an entry is shown as on its way: most are filed within seconds."""

NOT_YET = "Not in the record yet"
HEADERS = [*PATIENT_HEADERS, "Code", "EMIS code", "Date to give it", "In the record?", "Reason"]

_ON_THE_WAY = [CodeState.DUE, CodeState.STARTED, CodeState.UNCONFIRMED]
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry with its patient."""

    entry: CodedEntry
    recipient: Recipient
    stopped: str = ""
    """Why nobody should file it now, in place of why we did not."""

    @property
    def reason(self) -> str:
        """What staff must know about it."""
        return self.stopped or self.entry.reason

    @property
    def name(self) -> str:
        """The patient's name as far as the list has it."""
        return f"{self.recipient.given_name} {self.recipient.family_name}".strip() or "Name not in your list"

    @property
    def day(self) -> str:
        """The day of the event, in London: the date that the entry must have in the record."""
        assert self.entry.happened_at is not None  # it has happened, or there would be nothing to file
        return nhs_date(local(self.entry.happened_at).date(), weekday=False)


def for_staff(campaign: Campaign, until: datetime | None = None) -> QuerySet[CodedEntry]:
    """The entries that only a person will put in the record, the oldest event first; those settled until then."""
    entries = _of(campaign).filter(state__in=FOR_A_PERSON).order_by("happened_at", "id")
    return entries if until is None else entries.filter(settled_at__lte=until)


def late(campaign: Campaign) -> QuerySet[CodedEntry]:
    """The entries that should be in the record by now, and that we still try to file or read back."""
    before = timezone.now() - LATE_AFTER
    return _of(campaign).filter(state__in=_ON_THE_WAY, happened_at__lte=before).order_by("happened_at", "id")


def by_hand_count(campaign: Campaign) -> int:
    """How many entries staff have filed."""
    return _of(campaign).filter(state=CodeState.BY_HAND).count()


def away_since(campaign: Campaign) -> datetime | None:
    """Since when the practice's record gateway has not answered, if it does not."""
    outage = GatewayOutage.objects.filter(practice_id=campaign.practice_id).first()
    return outage.since if outage else None


def _of(campaign: Campaign) -> QuerySet[CodedEntry]:
    return CodedEntry.objects.filter(practice_id=campaign.practice_id, campaign_id=campaign.id)


def listed(entries: Sequence[CodedEntry]) -> list[Listed]:
    """These entries with their patients, in their order."""
    stopped = codes.stop_filing(entries)
    invitations = Invitation.objects.select_related("recipient").in_bulk([entry.subject_id for entry in entries])
    return [Listed(entry, invitations[entry.subject_id].recipient, stopped.get(entry.id, "")) for entry in entries]


def csv(campaign: Campaign, until: datetime) -> Iterator[str]:
    """The entries for staff that were settled until then, as the lines of a CSV to file them by."""
    return csv_lines(HEADERS, map(_cells, _all(for_staff(campaign, until))))


def _all(entries: QuerySet[CodedEntry]) -> Iterator[Listed]:
    """Every entry, however many there are, some at a time."""
    ids = list(entries.values_list("id", flat=True))
    for start in range(0, len(ids), _CHUNK):
        by_id = CodedEntry.objects.in_bulk(ids[start : start + _CHUNK])
        yield from listed([by_id[entry_id] for entry_id in ids[start : start + _CHUNK]])


def _cells(row: Listed) -> list[str]:
    return [
        *patient_cells(row.recipient),
        # SNOMED's own way to write a concept. Spreadsheets spoil the digits of a bare number (snomed-ct#identifiers).
        f"{row.entry.concept_id} |{row.entry.term}|",
        f"{row.entry.local_scheme} {row.entry.local_code}".strip(),
        row.day,
        NOT_YET,
        row.reason,
    ]


@transaction.atomic
def mark_filed(
    *, campaign: Campaign, by: User, entries: Collection[UUID] | None = None, until: datetime | None = None
) -> int:
    """Staff have filed these entries, or all that were settled until then, by hand. How many that moved.

    An entry that somebody else has marked, or that never was for staff, stays as it is.
    """
    rows = for_staff(campaign, until) if entries is None else for_staff(campaign).filter(id__in=entries)
    ids = list(rows.order_by("id").select_for_update().values_list("id", flat=True))
    CodedEntry.objects.filter(id__in=ids).update(state=CodeState.BY_HAND, by_hand_by=by, settled_at=timezone.now())
    if ids:
        audit.record(
            "campaign.codes_by_hand",
            practice=campaign.practice,
            actor=by,
            object_id=campaign.id,
            count=len(ids),
            all=entries is None,
        )
    return len(ids)


def moment_of(value: str) -> datetime | None:
    """An aware moment that a form or session holds; None for anything else."""
    try:
        moment = parse_datetime(value)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
