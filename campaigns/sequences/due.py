"""Who is due which invitation of a batch's plan, and who may still be.

A plan goes on for patients who have not answered, and for those whose booking came to nothing. It has ended for whoever
staff have seen to themselves, whose record says that they are not to be texted, and whose last text did not go: staff
are told of each. What counts is the latest text that invited them: only once that has left does the next one follow.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from campaigns.models import (
    Campaign,
    FollowedUp,
    Invitation,
    InvitationQuerySet,
    InvitationState,
    RecordCheck,
    Reminder,
    ReminderWait,
)
from campaigns.results.funnel import LEFT
from campaigns.sequences import askable
from campaigns.sequences.plans import Plan, Step, plan_of
from core.hooks import Hook
from core.sociable_hours import LONDON
from core.working_days import is_working_day
from integrations.models.outbox import INVITATIONS, Message, Purpose
from integrations.models.states import MessageState
from patients.records.rechecks import NEW_MOBILE

TO_CHOOSE_AGAIN = timedelta(days=2)
"""From when a booking came to nothing: so long its patient may choose another time before they are invited again."""

MOST_TRIES = 10
"""Days on which a patient's record alone could not be read: then the plan goes on without them."""

UNANSWERED = (InvitationState.OPEN, InvitationState.CANCELLED)
"""Also whose appointment was cancelled after their link's last day: the next invitation opens it again."""

_LEFT = sorted(map(str, LEFT))


@dataclass(frozen=True, slots=True)
class Bookings:
    """What a room above says of a batch's bookings, each as the ids of invitations.

    `lost_since`: whose booking came to nothing on a day or later. `over`: whose patient cancelled and said that they
    have had it, or do not want it. `to_come`: whose appointment is to come, or is being made: it may be lost yet.
    """

    lost_since: Callable[[Campaign, date], QuerySet[Any]]
    over: Callable[[Campaign], QuerySet[Any]]
    to_come: Callable[[Campaign], QuerySet[Any]]


bookings: Hook[Bookings] = Hook(
    "plan booking", "say whose booking came to nothing lately or for good, and whose still may"
)


def due(
    campaign: Campaign, step: Step, day: date, at: datetime, only: Collection[UUID] | None = None
) -> InvitationQuerySet:
    """Whom an invitation of the plan is for on a day. Whoever was texted shortly before `at` waits for the next day.

    Read them in `whole_sets`, unless it is asked of a few (`only` these). One whose days are working days goes on
    working days alone.
    """
    if step.working_days and not is_working_day(day):
        return Invitation.objects.none()
    left_before = datetime.combine(step.left_by(day) + timedelta(days=1), time(), LONDON)
    reached = invited(campaign, only).filter(number=step.number - 1, left_at__lt=left_before)
    rows = may_be_invited(campaign).filter(id__in=reached.values("subject_id"))
    if only is not None:
        rows = rows.filter(id__any_of=only)
    for room in bookings:
        rows = rows.exclude(id__in=room.lost_since(campaign, day - TO_CHOOSE_AGAIN + timedelta(days=1)))
    rows = rows.exclude(id__in=_unreadable(campaign, step.number))
    return rows.exclude(askable.texted_lately(campaign, at, askable.APART_BY_ITSELF))


def due_for(reminder: Reminder, campaign: Campaign, only: Collection[UUID] | None = None) -> InvitationQuerySet:
    """Whom a day's invitation of the plan is still to be written for."""
    assert reminder.invitation is not None  # the database has a number and a day for each of a plan
    assert reminder.day is not None
    return due(campaign, plan_of(campaign).step(reminder.invitation), reminder.day, reminder.asked_at, only)


def still_in_plan(campaign: Campaign) -> InvitationQuerySet:
    """The invitations without an answer that staff have not ended, seen to, or been told not to text.

    A link that has run out by itself is none of these.
    """
    rows = Invitation.objects.filter(
        campaign=campaign, state__in=UNANSWERED, locked_at=None, elsewhere_at=None, ended_at=None
    )
    changed = RecordCheck.objects.filter(campaign=campaign).exclude(change__in=("", NEW_MOBILE))
    rows = rows.exclude(id__in=seen_to(campaign)).exclude(recipient__in=changed.values("recipient"))
    for room in bookings:
        rows = rows.exclude(id__in=room.over(campaign))
    return rows


def may_be_invited(campaign: Campaign) -> InvitationQuerySet:
    """Those of them who want texts, and are not booked by another link or waiting to hear of more times."""
    return askable.left_out(campaign, askable.without_opt_outs(campaign, still_in_plan(campaign)))


def seen_to(campaign: Campaign) -> QuerySet[Any]:
    """The ids of invitations whose patients staff have followed up, otherwise than by a link to choose another time."""
    sent_link = Message.objects.filter(
        subject_id=OuterRef("invitation"),
        purpose=Purpose.REBOOK,
        created_at__gt=OuterRef("at") - timedelta(minutes=1),
        created_at__lte=OuterRef("at"),
    )
    done = FollowedUp.objects.filter(campaign=campaign, invitation__isnull=False).exclude(Exists(sent_link))
    return done.values("invitation")


def invited(campaign: Campaign, only: Collection[UUID] | None = None) -> QuerySet[Any]:
    """Each patient whose latest invitation has left, as `subject_id`, `number` and `left_at`; or of `only` a few.

    `number` is the last of the plan that was written for them. A text that was withdrawn counts as written, but not as
    the latest: nobody has had it.
    """
    texts = Message.objects.of_batch(campaign.id).filter(purpose__in=INVITATIONS).order_by().values("subject_id")
    if only is not None:
        texts = texts.filter(subject_id__any_of=only)
    went = ~Q(state=MessageState.WITHDRAWN)
    return texts.annotate(
        number=Coalesce(Max("step", filter=Q(purpose=Purpose.NEXT_INVITATION)), 1),
        latest=Max("created_at", filter=went),
        latest_left=Max("created_at", filter=Q(state__in=_LEFT)),
        left_at=Max(Coalesce("sent_at", "in_app_at"), filter=Q(state__in=_LEFT)),
    ).filter(latest_left=F("latest"))


def _unreadable(campaign: Campaign, number: int) -> QuerySet[Any]:
    """The ids of invitations whose patients could not be read on so many days, while others could."""
    waits = ReminderWait.objects.filter(
        reminder__campaign=campaign, reminder__invitation=number, again_at__isnull=False
    ).order_by()
    return waits.values("invitation").annotate(days=Count("id")).filter(days__gte=MOST_TRIES).values("invitation")


def is_over(campaign: Campaign, plan: Plan) -> bool:
    """Whether nobody of a batch is, or may still become, due a further invitation.

    It is not over while there are patients who have not had the last one, and whose latest has left, whose link works,
    so that their text may be sent again, or whose appointment is to come, so that it may be lost.
    """
    had_last = Message.objects.of_batch(campaign.id).filter(purpose=Purpose.NEXT_INVITATION, step__gte=plan.last)
    others = Invitation.objects.filter(campaign=campaign).exclude(id__in=had_last.values("subject_id"))
    waiting = invited(campaign).filter(number__lt=plan.last)
    may_be = may_be_invited(campaign).filter(id__in=waiting.values("subject_id"))
    for step in plan.further:
        may_be = may_be.exclude(id__in=_unreadable(campaign, step.number))
    return not (
        may_be.exists()
        or others.answerable().exists()
        or any(others.filter(id__in=room.to_come(campaign)).exists() for room in bookings)
    )
