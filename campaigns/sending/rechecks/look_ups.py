"""Looking patients up before their invitations: claims, calls, and what finds the work that a crash left behind.

A batch is claimed as one piece of work, and a practice has one claim at a time: that keeps to the number of calls at
once that its clinical system is asked for. A worker that dies leaves a claim that runs out. Results are written chunk
by chunk, and only under the claim that they were read under: nothing but the chunk in hand is asked again, and nothing
is written twice. No database connection is held while the clinical system is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Wave
from campaigns.models.rechecks import CheckRun, RecordCheck
from campaigns.sending import waves
from campaigns.sending.rechecks import clearance, settling
from campaigns.sending.rechecks.settling import settle
from core.claims import is_held
from core.hints import hint
from integrations import record_reading
from integrations.connections import NotConnected
from patients.models import Pause, Recipient
from practices.models import Practice

BATCH = 320
"""Patients in one run of the task: then other practices' work has its turn."""

HINT_AGAIN = timedelta(seconds=30)
"""A worker is not asked for again while the last asking may wait in a queue."""

_PATIENTS_PER_CALLER = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to look these patients of a batch up for a while. `id` is what its run is claimed by."""

    id: UUID
    campaign: Campaign
    rows: Sequence[Recipient]


def check(campaign_id: UUID) -> None:
    """Look up some of a batch's patients, and ask for another run when there are more. Harmless at any time."""
    claimed = claim(campaign_id)
    if claimed is None:
        return
    campaign = claimed.campaign
    assert campaign.started_by is not None  # a started campaign has a starter, by constraint
    try:
        with record_reading.reader(campaign.practice, campaign.started_by) as reader:
            goes_on = _look_up(claimed, reader)
    except NotConnected:
        goes_on = settling.wait(campaign.id, claimed.id, Pause.NOT_AUTHORISED, None)
    if goes_on:
        settling.release(campaign.id, claimed.id)
    ask_for(campaign.practice)


def _look_up(claim: Claim, reader: record_reading.Reader) -> bool:
    """Chunk after chunk; False when there is a reason to stop."""
    size = settings.LOOKUPS_AT_ONCE * _PATIENTS_PER_CALLER
    for start in range(0, len(claim.rows), size):
        chunk, today = claim.rows[start : start + size], timezone.localdate()
        until = clearance.until(claim.campaign, today)
        answers = call(reader, chunk, today, until)
        if not settle(claim.campaign.id, claim.id, chunk, answers, until):
            return False
        if not start:
            hint("campaigns.issue_invitations", claim.campaign.id)  # the first texts need not wait for the others
    hint("campaigns.issue_invitations", claim.campaign.id)
    return True


@transaction.atomic
def claim(campaign_id: UUID) -> Claim | None:
    """Some patients to look up, for a while nobody else's; None while there are none or it is not our turn."""
    rows = Campaign.objects.select_for_update(of=("self",)).select_related("practice", "patient_list", "started_by")
    campaign, now = rows.get(id=campaign_id), timezone.now()
    wave = clearance.wave_in_turn(campaign, now)
    if wave is None or not clearance.is_needed(campaign, now):
        return None
    # A lock that rows which refer to the practice do not wait for: one worker claims for a practice at a time.
    Practice.objects.select_for_update(no_key=True).get(id=campaign.practice_id)
    run, _ = CheckRun.objects.get_or_create(campaign=campaign, defaults={"practice": campaign.practice, "due_at": now})
    of_practice = CheckRun.objects.filter(practice=campaign.practice_id, claim__isnull=False)
    if run.due_at > now or is_held(of_practice, now):
        CheckRun.objects.filter(campaign=campaign).update(hinted_at=None)  # asked again when the other is done
        return None
    of_practice.update(claim=None, claimed_until=None)
    chosen = _rows(campaign, wave)
    if chosen:
        run.claim, run.claimed_until = uuid4(), now + record_reading.LASTS
    else:
        run.claim = run.claimed_until = None
        run.due_at = _next_try(campaign) or now
    run.hinted_at = None
    run.save(update_fields=["claim", "claimed_until", "hinted_at", "due_at"])
    return Claim(run.claim, campaign, chosen) if run.claim else None


def call(
    reader: record_reading.Reader, rows: Sequence[Recipient], today: date, until: date | None
) -> Sequence[record_reading.Answer]:
    """What the clinical system says of some claimed patients, and up to a day of their appointments, in their order."""
    return reader.read([record_reading.Question(row.nhs_number, until) for row in rows], today)


def _rows(campaign: Campaign, wave: Wave) -> list[Recipient]:
    now = timezone.now()
    wanted = clearance.still_wanted(campaign, wave, now, BATCH)
    return list(waves.in_order(campaign, clearance.to_look_up(campaign, now))[:wanted])


def _next_try(campaign: Campaign) -> datetime | None:
    """When the first of those is tried again who could not be read; None when there are none."""
    waiting = RecordCheck.objects.filter(recipient__in=waves.waiting(campaign).order_by().values("id"))
    again_at: datetime | None = waiting.aggregate(again_at=Min("again_at"))["again_at"]
    return again_at


def ask(campaign_id: UUID) -> None:
    """Have a worker look up the patients of a batch, if there are any to look up and nobody has been asked just now."""
    _ask(Campaign.objects.filter(id=campaign_id))


def ask_for(practice: Practice) -> None:
    """Ask for each of a practice's batches that has patients to look up now, whoever has waited longest first."""
    _ask(Campaign.objects.filter(practice=practice))


def sweep() -> None:
    """Ask again for every batch whose patients are to be looked up now: a hint was lost, or a worker died."""
    _ask(Campaign.objects.all())


@transaction.atomic
def _ask(batches: QuerySet[Campaign]) -> None:
    """Ask for those of these batches that are in turn: in a few statements, however many there are."""
    now = timezone.now()
    in_turn = clearance.with_patients_to_look_up(batches, now)
    in_turn = in_turn.order_by(F("check_run__hinted_at").asc(nulls_first=True), "id")
    practices = dict(in_turn.values_list("id", "practice_id"))
    if not practices:
        return
    runs = CheckRun.objects.filter(campaign_id__in=practices)
    begun = set(runs.values_list("campaign_id", flat=True))
    new = [campaign_id for campaign_id in practices if campaign_id not in begun]
    CheckRun.objects.bulk_create(
        (CheckRun(campaign_id=one, practice_id=practices[one], due_at=now, hinted_at=now) for one in new),
        ignore_conflicts=True,
    )
    idle = runs.filter(due_at__lte=now).filter(Q(claimed_until=None) | Q(claimed_until__lte=now))
    idle = idle.filter(Q(hinted_at=None) | Q(hinted_at__lte=now - HINT_AGAIN)).order_by("campaign_id")
    again = set(idle.select_for_update(skip_locked=True).values_list("campaign_id", flat=True))
    CheckRun.objects.filter(campaign_id__in=again).update(hinted_at=now)
    for campaign_id in practices:
        if campaign_id in again or campaign_id not in begun:
            hint("campaigns.check_patients", campaign_id)
