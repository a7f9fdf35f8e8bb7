"""What is known when it is decided, from the database and a reading of the book.

Batches of one practice and slot type share the times, and so their invitations and answers are counted together, and
tell of each other: none invites into times that another's patients are about to take (pacing#shared-times).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, Q, Sum
from django.utils import timezone

from campaigns.models import Campaign, Invitation, InvitationState, PacingDecision, Wave
from campaigns.models.states import CampaignState
from campaigns.pacing.known import Care, Known, Past
from campaigns.sending import inviting_hours, waves
from campaigns.sending.paced.book import Answers
from core.sociable_hours import LONDON

_S = CampaignState
_GOING = (_S.SCHEDULED, _S.STARTING, _S.RUNNING, _S.PAUSED)
_CAME = (InvitationState.BOOKED, InvitationState.CANCELLED)
_DAY_ENDS = time(18)
PAST_FOR = timedelta(days=730)
MOST_STRENGTH = 6.0
"""What earlier batches say weighs as much as so many answers: this one may be unlike them."""

Days = Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision is made from, and the counts by day by which the next one sees what went by phone."""

    known: Known
    free: Days
    taken: Days


def sharing(campaign: Campaign) -> list[UUID]:
    """The batches that have patients who may book the same times, this one among them."""
    same = Campaign.objects.filter(practice=campaign.practice_id, slot_type=campaign.slot_type)
    open_links = Invitation.objects.answerable().filter(campaign=OuterRef("id"))
    going = Q(state__in=_GOING) | Q(state=_S.CANCELLED) & Q(Exists(open_links))
    return list(same.filter(going).order_by().values_list("id", flat=True))


def facts(campaign: Campaign, free: Days, answers: Answers, batches: Sequence[UUID]) -> Facts:
    """All that is known of a locked batch now. `answers` are those of the `batches` that share its times."""
    now = timezone.now()
    first_at = Invitation.objects.filter(campaign__in=batches).aggregate(at=Min("created_at"))["at"]
    former = campaign.decisions.order_by("-at").first()
    begun = campaign.decisions.aggregate(at=Min("at"))["at"]
    open_hours = dict(answers.open_hours)
    if to_come := _to_be_made(campaign, batches, now):
        open_hours[0] = open_hours.get(0, 0) + to_come
    known = Known(
        free=sum(free.values()),
        left=waves.waiting(campaign).count(),
        booked=answers.booked,
        waiting=answers.waiting,
        declined=answers.declined,
        lapsed=answers.lapsed,
        open_hours=open_hours,
        answer_hours=answers.answer_hours,
        hours_since_first=_hours(now - first_at) if first_at else 0,
        hours_left=_hours_left(campaign, free, now),
        link_hours=campaign.link_lifetime_days * 24,
        phoned=(former.phoned if former else 0) + _vanished(former, free, answers.taken, now),
        watched_days=(now - begun) / timedelta(days=1) if begun else 0.0,
        past=past(campaign),
        care=Care(campaign.care),
        most=_most(campaign, now),
    )
    return Facts(known, free, answers.taken)


def past(campaign: Campaign) -> Past:
    """What the practice's finished batches of this slot type say of the share that comes, in one query."""
    since = timezone.now() - PAST_FOR
    finished = Campaign.objects.filter(
        practice=campaign.practice_id, slot_type=campaign.slot_type, state=_S.FINISHED, started_at__gte=since
    ).exclude(id=campaign.id)
    invited = Invitation.objects.filter(campaign__in=finished)
    counts = invited.aggregate(all=Count("id"), came=Count("id", filter=Q(state__in=_CAME)))
    unknown = Past()
    strength = counts["all"] + unknown.strength
    uptake = (counts["came"] + unknown.uptake * unknown.strength) / strength
    return Past(uptake, min(MOST_STRENGTH, strength))


def _most(campaign: Campaign, now: datetime) -> int | None:
    """How many more may be invited today."""
    if campaign.most_a_day is None:
        return None
    today = Invitation.objects.filter(campaign=campaign, created_at__gte=inviting_hours.midnight(now)).count()
    return max(0, campaign.most_a_day - today)


def _to_be_made(campaign: Campaign, batches: Sequence[UUID], now: datetime) -> int:
    """Invitations of the other batches that are decided, and about to be made."""
    others = Wave.objects.filter(campaign__in=batches, issued_at=None, due_at__lte=now).exclude(campaign=campaign)
    others = others.filter(campaign__state__in=(_S.SCHEDULED, _S.STARTING))
    return others.aggregate(left=Sum(F("size") - F("made")))["left"] or 0


def _hours_left(campaign: Campaign, free: Days, now: datetime) -> int:
    """Until the evening of the last day that has times; without any, until the last day that patients may book on."""
    days = [day for day, count in free.items() if count]
    horizon = timedelta(days=campaign.horizon_days or settings.BOOKING_HORIZON_DAYS)
    last = max(days, default=now.astimezone(LONDON).date() + horizon)
    return max(1, _hours(datetime.combine(last, _DAY_ENDS, LONDON) - now))


def _vanished(former: PacingDecision | None, free: Days, taken: Days, now: datetime) -> int:
    """The times that have gone since the former decision, and not to patients of ours.

    Only of days of which nothing is too soon to be booked yet: there times go by themselves.
    """
    if former is None:
        return 0
    before_free, before_taken = (by_day(former.known[name]) for name in ("free", "taken"))
    soonest = (now + timedelta(minutes=settings.BOOKING_NOTICE_MINUTES)).astimezone(LONDON).date()
    return sum(
        max(0, count + before_taken.get(day, 0) - free.get(day, 0) - taken.get(day, 0))
        for day, count in before_free.items()
        if day > soonest
    )


def _hours(time: timedelta) -> int:
    return max(0, int(time / timedelta(hours=1)))


def stored(facts: Facts) -> dict[str, Any]:
    """The facts that a decision's row has no columns for, as JSON: counts alone."""
    known = facts.known
    return {
        "free": {day.isoformat(): count for day, count in facts.free.items()},
        "taken": {day.isoformat(): count for day, count in facts.taken.items()},
        "lapsed": known.lapsed,
        "open_hours": {str(hours): count for hours, count in known.open_hours.items()},
        "answer_hours": {str(hours): count for hours, count in known.answer_hours.items()},
        "hours_since_first": known.hours_since_first,
        "hours_left": known.hours_left,
        "link_hours": known.link_hours,
        "watched_days": round(known.watched_days, 3),
        "past": [known.past.uptake, known.past.strength],
        "care": known.care.value,
        "most": known.most,
    }


def known_of(decision: PacingDecision) -> Known:
    """What was known when a decision was made: given to `decide` again, it comes to the same."""
    stored = decision.known
    return Known(
        free=decision.free,
        left=decision.left,
        booked=decision.booked,
        waiting=decision.waiting,
        declined=decision.declined,
        lapsed=stored.get("lapsed", 0),
        open_hours={int(hours): count for hours, count in stored["open_hours"].items()},
        answer_hours={int(hours): count for hours, count in stored["answer_hours"].items()},
        hours_since_first=stored["hours_since_first"],
        hours_left=stored["hours_left"],
        link_hours=stored["link_hours"],
        phoned=decision.phoned,
        watched_days=stored["watched_days"],
        past=Past(*stored["past"]),
        care=Care(stored["care"]),
        most=stored["most"],
    )


def by_day(stored: Mapping[str, int]) -> dict[date, int]:
    """Counts by day, from JSON."""
    return {date.fromisoformat(day): count for day, count in stored.items()}
