"""Writing down what came of looking patients up before their invitations, under the claim that it was read under.

A patient who is not to be texted any more is held back with the reason, as one is whom the check of the list refused:
each row stays in the batch's counts and downloads, under one heading.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from campaigns.messages import texts
from campaigns.models import Campaign
from campaigns.models.rechecks import CheckRun, RecordCheck
from campaigns.models.states import CampaignState
from campaigns.results import followed_up
from campaigns.sending.rechecks import booked, clearance, records
from integrations import record_reading
from integrations.clinical import errors
from patients.lists import screening
from patients.models import Pause, Recipient, Verdict
from patients.reasons import NOTHING_TO_DO, Reason
from patients.records import pauses, rechecks

logger = logging.getLogger(__name__)

RETRY = timedelta(minutes=10)
"""Between looks at one patient whose record or appointments alone cannot be read."""

LATE = timedelta(hours=24)
"""After so long such a patient is held back, and staff contact them in another way."""

UNREADABLE_PAUSES = 3
"""When a whole chunk is unreadable the system may be failing: it is asked this often before patients wait singly."""


@dataclass(slots=True)
class _Outcome:
    """What a chunk's answers mean: rows to change, what to remember of each, and who has another mobile now."""

    changed: list[Recipient] = field(default_factory=list)
    notes: list[RecordCheck] = field(default_factory=list)
    with_new_mobile: list[UUID] = field(default_factory=list)
    to_contact: bool = False


def settle(
    campaign_id: UUID,
    claim: UUID,
    rows: Sequence[Recipient],
    answers: Sequence[record_reading.Answer],
    until: date | None,
) -> bool:
    """Write down a chunk. `until`: up to which day appointments were read. False when the run is to stop.

    It stops when the claim has run out, the batch has, or the system does not answer: then it says why it waits.
    """
    system_error = _system_error(campaign_id, answers)
    with transaction.atomic():
        campaign, run = _locked(campaign_id, claim)
        if campaign is None or run is None:
            return False
        outcome = _outcome(campaign, rows, answers, until, is_failing=isinstance(system_error, errors.UnreadableAnswer))
        _write(campaign, outcome)
        run.claimed_until = timezone.now() + record_reading.LASTS
        if outcome.notes:
            run.waits_for, run.failures = Pause.NONE, 0
        run.save(update_fields=["claimed_until", "waits_for", "failures"])
        goes_on = campaign.state in clearance.UNDER_WAY
        if not goes_on:
            _give_back(run)
    logger.info("patients looked up", extra={"campaign_id": str(campaign_id), "count": len(outcome.notes)})
    if goes_on and system_error is not None:
        return wait(campaign_id, claim, pauses.pause_for(system_error), system_error)
    return goes_on


def _locked(campaign_id: UUID, claim: UUID) -> tuple[Campaign | None, CheckRun | None]:
    """The batch and its run, locked; none when the claim is not ours any more, or the batch is a draft again."""
    related = ("patient_list", "practice")
    campaign = Campaign.objects.select_for_update(of=("self",)).select_related(*related).get(id=campaign_id)
    run = CheckRun.objects.select_for_update().filter(campaign=campaign_id, claim=claim).first()
    if run is None or campaign.state not in (*clearance.UNDER_WAY, CampaignState.PAUSED):
        logger.info("a look-up came too late", extra={"campaign_id": str(campaign_id)})
        return None, None
    return campaign, run


def _system_error(campaign_id: UUID, answers: Sequence[record_reading.Answer]) -> errors.ClinicalError | None:
    """The error that speaks of the whole system, if there is one among the answers."""
    refusals = [answer for answer in answers if isinstance(answer, errors.ClinicalError)]
    for error in refusals:
        if isinstance(error, record_reading.SYSTEM_WIDE) and error is not record_reading.NOT_ASKED:
            return error
    all_unreadable = len(refusals) == len(answers) > 1 and all(
        isinstance(error, errors.UnreadableAnswer) for error in refusals
    )
    if all_unreadable and CheckRun.objects.filter(campaign=campaign_id, failures__lt=UNREADABLE_PAUSES).exists():
        return refusals[0]
    return None


def _outcome(
    campaign: Campaign,
    rows: Sequence[Recipient],
    answers: Sequence[record_reading.Answer],
    until: date | None,
    *,
    is_failing: bool,
) -> _Outcome:
    now = timezone.now()
    outcome, look = _Outcome(), records.Look(campaign, now)
    # What staff or the patient did while we asked comes first: only who can still be sent a text is settled.
    locked = Recipient.objects.select_for_update(of=("self",)).order_by("id")
    waiting = locked.filter(verdict=Verdict.CAN, invitation=None)
    current = {row.id: row for row in waiting.filter(id__any_of=[row.id for row in rows])}
    known = {note.recipient_id: note for note in RecordCheck.objects.filter(recipient__in=list(current))}
    for row, answer in zip(rows, answers, strict=True):
        if row.id not in current or isinstance(answer, record_reading.SYSTEM_WIDE):
            continue
        if is_failing and isinstance(answer, errors.UnreadableAnswer):
            continue
        note = known.get(row.id) or RecordCheck(recipient_id=row.id, campaign=campaign)
        if until is not None:
            answer = booked.conclusive(answer, campaign.slot_type, until)
        _look(outcome, look, current[row.id], note, answer, until)
    return outcome


def _look(
    outcome: _Outcome,
    look: records.Look,
    row: Recipient,
    note: RecordCheck,
    answer: record_reading.Answer,
    until: date | None,
) -> None:
    """What one patient's answer means."""
    if records.says_nothing(answer) and not _is_given_up(note, look.now):
        note.unread_since, note.again_at = note.unread_since or look.now, look.now + RETRY
        outcome.notes.append(note)
        return
    change = look.compare(row, answer)
    note.read_at, note.unread_since, note.again_at = look.now, None, None
    note.change = change.what or note.change
    present = change.row
    if change.can and isinstance(answer, record_reading.Reading) and until is not None:
        note.booked_on = booked.day_of(answer.appointments, look.campaign.slot_type, until)
        if note.booked_on is not None and not note.included:
            present.verdict, present.reasons = Verdict.CANNOT, [Reason.ALREADY_BOOKED]
            note.change = Reason.ALREADY_BOOKED
    if present.given_name != row.given_name and _is_too_long(look.campaign, present.given_name):
        present.given_name = ""  # staff saw how long the texts may be, and they were asked about this one
    if present.verdict == Verdict.CANNOT and not NOTHING_TO_DO.intersection(present.reasons):
        outcome.to_contact = True
    if change.what == rechecks.NEW_MOBILE and present.verdict == Verdict.CAN:
        outcome.with_new_mobile.append(present.id)
    outcome.changed.append(present)
    outcome.notes.append(note)


def _is_given_up(note: RecordCheck, now: datetime) -> bool:
    return note.unread_since is not None and now - note.unread_since >= LATE


def _is_too_long(campaign: Campaign, name: str) -> bool:
    return texts.preview(campaign.message, practice=campaign.practice, name=name).too_long


def _write(campaign: Campaign, outcome: _Outcome) -> None:
    assert campaign.patient_list is not None  # a batch that was sent has one, by constraint
    Recipient.objects.bulk_update(outcome.changed, rechecks.FROM_RECORD)
    records.remember(outcome.notes)
    held_back = 0
    if outcome.with_new_mobile:
        # Whoever has that phone may have asked for no texts, and it may have failed before.
        new = Recipient.objects.filter(id__in=outcome.with_new_mobile)
        held_back = screening.screen(campaign.patient_list, only=new)
    if outcome.to_contact or held_back:
        followed_up.reopen_list(campaign)


@transaction.atomic
def wait(campaign_id: UUID, claim: UUID, reason: Pause, error: errors.ClinicalError | None) -> bool:
    """Leave the others for later, and say why: nobody is guessed about. Always False."""
    Campaign.objects.select_for_update(of=("self",)).get(id=campaign_id)
    run = CheckRun.objects.filter(campaign=campaign_id, claim=claim).first()
    if run is not None:
        run.due_at = timezone.now() + pauses.wait(reason, run.failures, error)
        run.waits_for, run.failures = reason, min(run.failures + 1, 1000)
        run.save(update_fields=["due_at", "waits_for", "failures"])
        _give_back(run)
        extra = {"campaign_id": str(campaign_id), "reason": reason.value, "detail": getattr(error, "detail", "")}
        logger.warning("looking patients up waits", extra=extra)
    return False


@transaction.atomic
def release(campaign_id: UUID, claim: UUID) -> None:
    """Give a claim on a batch's run back before its time, so that another worker may go on at once."""
    for run in CheckRun.objects.filter(campaign=campaign_id, claim=claim):
        _give_back(run)


def _give_back(run: CheckRun) -> None:
    CheckRun.objects.filter(campaign=run.campaign_id, claim=run.claim).update(claim=None, claimed_until=None)
