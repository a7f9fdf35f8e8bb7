"""Which patients of a batch may have their invitation made now, and which are to be looked up first."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.models import Campaign, Wave
from campaigns.models.rechecks import RecordCheck
from campaigns.models.states import CampaignState
from campaigns.sending import waves
from patients.models import PatientList, Recipient, RecipientQuerySet

LASTS = timedelta(hours=1)
"""For so long a look at the appointment book holds: receptionists book patients all day."""

AHEAD = timedelta(minutes=15)
"""The looks begin so long before a part is due, so that its texts go on time."""

UNDER_WAY = (CampaignState.SCHEDULED, CampaignState.STARTING)
"""The batches whose invitations are being made, or will be."""


def booked_days(campaign: Campaign) -> int:
    """So many days from today an appointment counts as booked already; 0 where the book is not read for it."""
    return min(settings.BOOKED_ALREADY_DAYS, campaign.booked_within_days or settings.BOOKED_ALREADY_DAYS)


def reads_book(campaign: Campaign) -> bool:
    """Whether it matters who is booked: staff may have chosen to invite those, too."""
    return not campaign.include_booked and booked_days(campaign) > 0


def is_old(patient_list: PatientList, now: datetime) -> bool:
    """Whether a list was checked so long ago that its patients are to be looked up again. No check began earlier."""
    return now - patient_list.created_at > _recheck_after()


def _recheck_after() -> timedelta:
    return timedelta(hours=settings.RECHECK_AFTER_HOURS)


def is_needed(campaign: Campaign, now: datetime) -> bool:
    """Whether patients of a batch are looked up before their invitations at all."""
    assert campaign.patient_list is not None  # a batch that was sent has one, by constraint
    return reads_book(campaign) or is_old(campaign.patient_list, now)


def _since(campaign: Campaign, now: datetime) -> datetime:
    """Looks since then hold."""
    return now - (LASTS if reads_book(campaign) else _recheck_after())


def clear(campaign: Campaign, now: datetime) -> RecipientQuerySet:
    """The patients whose invitation may be made: looked up lately, where that is needed."""
    waiting = waves.waiting(campaign)
    return waiting.filter(_looked_up(campaign, now)) if is_needed(campaign, now) else waiting


def to_look_up(campaign: Campaign, now: datetime) -> RecipientQuerySet:
    """The patients who are to be looked up now; not those who could not be read a moment ago."""
    if not is_needed(campaign, now):
        return waves.waiting(campaign).none()
    resting = RecordCheck.objects.filter(recipient=OuterRef("id"), again_at__gt=now)
    return waves.waiting(campaign).exclude(_looked_up(campaign, now)).exclude(Exists(resting))


def _looked_up(campaign: Campaign, now: datetime) -> Exists:
    return Exists(RecordCheck.objects.filter(recipient=OuterRef("id"), read_at__gte=_since(campaign, now)))


def wave_in_turn(campaign: Campaign, now: datetime) -> Wave | None:
    """The part of a batch whose patients are to be looked up: the next one, when it is due or will be in a moment."""
    if campaign.state not in UNDER_WAY:
        return None
    wave = campaign.waves.filter(issued_at=None).order_by("number").first()
    return wave if wave is not None and wave.due_at <= now + AHEAD else None


def still_wanted(campaign: Campaign, wave: Wave, now: datetime, most: int) -> int:
    """How many more patients to look up for a part, up to so many. The last part takes whoever is left."""
    if waves.is_last(wave, campaign):
        return most
    ready = clear(campaign, now).order_by()[: wave.size].count()
    return max(0, min(most, wave.size - wave.made - ready))


def with_patients_to_look_up(batches: QuerySet[Campaign], now: datetime) -> QuerySet[Campaign]:
    """Those of some batches that `still_wanted` and `to_look_up` have patients of now, in one statement for all."""
    recheck_since = now - _recheck_after()
    read = Q(include_booked=False) if settings.BOOKED_ALREADY_DAYS > 0 else Q(pk__in=[])
    part = Wave.objects.filter(campaign=OuterRef("id"), issued_at=None).order_by("number")
    under_way = batches.filter(state__in=UNDER_WAY).annotate(
        looked_since=Case(When(read, then=Value(now - LASTS)), default=Value(recheck_since)),
        part_number=Subquery(part.values("number")[:1]),
        part_due=Subquery(part.values("due_at")[:1]),
        part_left=Subquery(part.annotate(left=F("size") - F("made")).values("left")[:1]),
    )
    needed = under_way.filter(read | Q(patient_list__created_at__lt=recheck_since), part_due__lte=now + AHEAD)
    checks = RecordCheck.objects.filter(recipient=OuterRef("id"))
    looked_up = Exists(checks.filter(read_at__gte=OuterRef(OuterRef("looked_since"))))
    waiting = Recipient.objects.can().filter(patient_list=OuterRef("patient_list"), invitation=None)
    clear = waiting.filter(looked_up).order_by().values("patient_list").annotate(count=Count("id")).values("count")
    last = ~Q(paced=True) & ~Exists(Wave.objects.filter(campaign=OuterRef("id"), number__gt=OuterRef("part_number")))
    wants_more = last | Q(part_left__gt=Coalesce(Subquery(clear), 0))
    unread = waiting.exclude(looked_up).exclude(Exists(checks.filter(again_at__gt=now)))
    return needed.filter(wants_more).filter(Exists(unread))


def until(campaign: Campaign, today: date) -> date | None:
    """The last day for which the book is read; None when it is not."""
    return today + timedelta(days=booked_days(campaign)) if reads_book(campaign) else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many patients of a part have been looked up, of how many. `waits`: why it does not go on now, for staff."""

    done: int
    total: int
    waits: str = ""


def progress(campaign: Campaign) -> Progress | None:
    """How far the looks have come for the part in turn; None when none are to be done for it now."""
    now = timezone.now()
    wave = wave_in_turn(campaign, now)
    if wave is None or not is_needed(campaign, now):
        return None
    left = waves.waiting(campaign).count()
    total = left if waves.is_last(wave, campaign) else min(left, max(0, wave.size - wave.made))
    done = min(total, clear(campaign, now).count())
    if done >= total:
        return None
    return Progress(wave.made + done, wave.made + total, _waits(campaign))


def _waits(campaign: Campaign) -> str:
    run = getattr(campaign, "check_run", None)
    if run is None or not run.waits_for or campaign.patient_list is None:
        return ""
    return str(run.get_waits_for_display()).format(system=campaign.patient_list.get_system_display())
