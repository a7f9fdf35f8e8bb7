"""Deciding how many patients of a batch are invited now: one row, and one wave of exactly so many.

The book is read first, with no lock held. Then the batch is locked, and its practice, so that of two batches that share
their times the second sees the first one's wave; what our own patients have taken since the book was read is counted
anew. A second worker waits for the lock and then has nothing to decide; the database holds one decision an hour
(pacing#decision).
"""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, PacingDecision
from campaigns.models.states import CampaignState, move
from campaigns.pacing.decision import decide
from campaigns.pacing.forecast import forecast
from campaigns.pacing.known import Decision, Reason
from campaigns.sending import inviting_hours, schedule, waves
from campaigns.sending.paced.book import Book, BookUnreadable, Count, the_book
from campaigns.sending.paced.facts import Facts, facts, known_of, sharing, stored
from core.hints import hint
from core.sociable_hours import LONDON
from integrations.outbox.messages import stoppages
from practices.holds import services as holds
from practices.models import Practice

logger = logging.getLogger(__name__)

AGAIN = timedelta(minutes=5)
"""When it is tried again while nothing can be decided."""

_DECIDES = (CampaignState.SCHEDULED, CampaignState.STARTING, CampaignState.RUNNING)


def due(now: datetime) -> list[UUID]:
    """The batches whose next decision is due, in one query."""
    waiting = Campaign.objects.filter(next_decision_at__lte=now, state__in=_DECIDES)
    return list(waiting.order_by("next_decision_at").values_list("id", flat=True))


def sweep() -> None:
    """Ask a worker for each decision that is due."""
    for campaign_id in due(timezone.now()):
        hint("campaigns.decide_invitations", campaign_id)


def decide_now(campaign_id: UUID) -> PacingDecision | None:
    """Decide for a batch whose decision is due; None when there is nothing to decide now. Harmless at any time.

    While the book cannot be read, the text account does not work or the practice is on hold, nothing is decided, and it
    is tried again in a few minutes (pacing#nothing-known-nothing-decided).
    """
    waiting = Campaign.objects.filter(id=campaign_id, next_decision_at__lte=timezone.now(), state__in=_DECIDES)
    campaign = waiting.select_related("practice", "started_by").first()
    if campaign is None:
        return None
    if not inviting_hours.is_open(campaign, timezone.now()):
        _put_off(campaign, inviting_hours.next_open(campaign, timezone.now()))
        return None
    try:
        book = the_book()
        count = book.read(campaign)
    except BookUnreadable:
        logger.info("nothing decided: the book cannot be read", extra={"campaign_id": str(campaign_id)})
        _put_off(campaign, timezone.now() + AGAIN)
        return None
    decision = _decide(campaign_id, book, count)
    if decision is None:
        return None
    logger.info("invitations decided", extra={"campaign_id": str(campaign_id), "count": decision.number})
    decision.forecast = asdict(forecast(known_of(decision)))
    decision.save(update_fields=["forecast"])
    return decision


@transaction.atomic
def _decide(campaign_id: UUID, book: Book, count: Count) -> PacingDecision | None:
    """One decision and its wave, under the locks of the batch and of its practice."""
    campaign, now = lock(campaign_id), timezone.now()
    if campaign.next_decision_at is None or campaign.next_decision_at > now or campaign.state not in _DECIDES:
        return None
    if not holds.may_leave(campaign.practice_id) or stoppages.stops_texts(campaign.practice):
        _put_off(campaign, now + AGAIN)
        return None
    slot = inviting_hours.slot_of(now)
    if campaign.decisions.filter(slot=slot).exists():
        _put_off(campaign, inviting_hours.next_hour(campaign, now))
        return None
    waves.lapse(campaign)
    batches = sharing(campaign)
    answers = book.answers(campaign.practice_id, campaign.slot_type, batches)
    known = facts(campaign, count(), answers, batches)
    decision = decide(known.known)
    row = _store(campaign, known, decision, slot)
    _go_on(campaign, decision, now)
    return row


def lock(campaign_id: UUID) -> Campaign:
    """The batch, and nobody else decides for its practice until the transaction ends."""
    rows = Campaign.objects.select_for_update(of=("self",)).select_related("practice", "patient_list")
    campaign = rows.get(id=campaign_id)
    Practice.objects.select_for_update(no_key=True).get(id=campaign.practice_id)
    return campaign


def _put_off(campaign: Campaign, until: datetime) -> None:
    """Try again then, unless another worker has decided or staff have stopped it meanwhile."""
    Campaign.objects.filter(id=campaign.id, next_decision_at=campaign.next_decision_at).update(next_decision_at=until)


def _store(campaign: Campaign, known: Facts, decision: Decision, slot: datetime) -> PacingDecision:
    """The decision, with its wave where anybody is invited."""
    low, high = decision.uptake_range
    return PacingDecision.objects.create(
        campaign=campaign,
        slot=slot,
        at=timezone.now(),
        free=known.known.free,
        left=known.known.left,
        booked=known.known.booked,
        open=known.known.open,
        waiting=known.known.waiting,
        declined=known.known.declined,
        phoned=known.known.phoned,
        known=stored(known),
        number=decision.number,
        reason=decision.reason.value,
        will_book=decision.will_book,
        uptake=decision.uptake,
        uptake_low=low,
        uptake_high=high,
        sure=decision.sure,
        wave=waves.add(campaign, decision.number) if decision.number else None,
    )


def _go_on(campaign: Campaign, decision: Decision, now: datetime) -> None:
    """Say when it is decided next, and have the wave made."""
    is_done = decision.reason == Reason.ALL_INVITED
    campaign.next_decision_at = None if is_done else inviting_hours.next_hour(campaign, now)
    if decision.number:
        if campaign.state == CampaignState.RUNNING:
            move(campaign, CampaignState.STARTING)
        if campaign.reminder_days:
            day = now.astimezone(LONDON).date() + timedelta(days=campaign.reminder_days[0])
            first = schedule.reminder_time(day)
            campaign.next_reminder_at = min(campaign.next_reminder_at or first, first)
        hint("campaigns.issue_invitations", campaign.id)
    campaign.save(update_fields=["state", "next_decision_at", "next_reminder_at", "changed_at"])
