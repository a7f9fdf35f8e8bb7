"""What has changed of a batch's patients since their list was checked, counted for its page and found for its lists."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value

from campaigns.models import Campaign
from campaigns.models.rechecks import RecordCheck
from core.wording import nhs_date
from patients.models import OptOut, Recipient, RecipientQuerySet, Verdict
from patients.reasons import Reason, explain
from patients.records.rechecks import NEW_MOBILE

_HELD_BACK = Q(recipient__verdict=Verdict.CANNOT, recipient__invitation=None) & ~Q(change=NEW_MOBILE)
_NEW_NUMBER = Q(recipient__verdict=Verdict.CAN, change=NEW_MOBILE)
# Whom staff invited all the same has an appointment still, and that is no news.
_INVITED = Q(recipient__invitation__isnull=False) & ~Q(change__in=[NEW_MOBILE, Reason.ALREADY_BOOKED])


@dataclass(frozen=True, slots=True)
class Change:
    """What has changed of some patients. `code` is safe in an address."""

    code: str
    label: str
    count: int


def changes(campaign: Campaign) -> list[Change]:
    """What has changed of how many patients, most frequent first. One query."""
    noted = _noted(campaign).values("change").annotate(patients=Count("id"))
    refusals = opted_out(campaign).annotate(change=Value(Reason.OPTED_OUT.value))
    counted = noted.union(refusals.values("change").annotate(patients=Count("id")), all=True)
    listed = [Change(row["change"], _label(campaign, row["change"]), row["patients"]) for row in counted]
    return sorted((change for change in listed if change.count), key=lambda change: (-change.count, change.label))


def of_change(campaign: Campaign, code: str) -> RecipientQuerySet:
    """The rows of a batch's list of which this has changed."""
    if code == Reason.OPTED_OUT:
        return opted_out(campaign)
    return Recipient.objects.filter(id__in=_noted(campaign).filter(change=code).values("recipient"))


def _noted(campaign: Campaign) -> QuerySet[RecordCheck, RecordCheck]:
    of_batch = RecordCheck.objects.filter(campaign=campaign).exclude(change="").order_by()
    return of_batch.filter(_HELD_BACK | _NEW_NUMBER | _INVITED)


def opted_out(campaign: Campaign) -> RecipientQuerySet:
    """The rows held back because their patients, or somebody with their phone, opted out after Send was pressed."""
    since = campaign.started_at or campaign.created_at
    later = OptOut.objects.live().filter(practice=campaign.practice_id, created_at__gt=since)
    rows = Recipient.objects.cannot().filter(
        patient_list=campaign.patient_list_id, invitation=None, reasons__contains=[Reason.OPTED_OUT]
    )
    numbers = later.filter(nhs_number=OuterRef("nhs_number")).exclude(nhs_number="")
    phones = later.filter(mobile=OuterRef("mobile")).exclude(mobile="")
    return rows.filter(Exists(numbers) | Exists(phones)).order_by()


def _system(campaign: Campaign) -> str:
    return campaign.patient_list.get_system_display() if campaign.patient_list is not None else ""


def _label(campaign: Campaign, code: str) -> str:
    """A change as staff read it, with the clinical system's name."""
    if code == NEW_MOBILE:
        return f"New mobile number in {_system(campaign)}: we text the new one"
    if code == Reason.ALREADY_BOOKED:
        return "Already has an appointment of this type"
    return explain(code, system=_system(campaign)).title


def remarks(campaign: Campaign, rows: Sequence[Recipient]) -> dict[object, str]:
    """What there is to say of such changes beside what their reasons say, by row: one query."""
    noted = RecordCheck.objects.filter(campaign=campaign, recipient__in=[row.id for row in rows])
    noted = noted.select_related("recipient").annotate(is_invited=Exists(_invitations()))
    made = {note.recipient_id: _remark(campaign, note) for note in noted.filter(_NEW_NUMBER | ~Q(change=""))}
    return {row: remark for row, remark in made.items() if remark}


def _invitations() -> QuerySet[Recipient, Recipient]:
    return Recipient.objects.filter(id=OuterRef("recipient"), invitation__isnull=False)


def _remark(campaign: Campaign, note: RecordCheck) -> str:
    if note.change == NEW_MOBILE:
        return f"The mobile number is new: {_system(campaign)} had another when the list was checked."
    if note.change == Reason.ALREADY_BOOKED:
        return f"The appointment is on {nhs_date(note.booked_on)}." if note.booked_on else ""
    is_invited: bool = getattr(note, "is_invited", False)
    return f"Not reminded. {explain(note.change, system=_system(campaign)).sentence}" if is_invited else ""
