"""When a batch has closed: nothing more can happen with it (retention#closing).

All of its links' days are over, its plan has nobody left to invite, no appointment is to come, and no text, code or
booking is due. What staff must still
do about it does not keep it open: they have the practice's days for that.
"""

from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, Exists, F, Max, Model, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Greatest
from django.utils import timezone

from booking.models import Booking
from campaigns.models import LONGEST_GAP, Campaign, CampaignQuerySet, CampaignState, Invitation, Reminder
from integrations.models.outbox import CodedEntry, Message
from practices.models import Practice

OVER = (CampaignState.FINISHED, CampaignState.CANCELLED, CampaignState.PAUSED)
"""A batch that staff paused and forgot closes as well: when its links' days are over."""

PLAN_WAITS = timedelta(days=LONGEST_GAP)
"""One with a plan that still has somebody to invite stays open for so much longer: staff may resume it."""


def _latest(rows: QuerySet[Model], field: str, batch: str = "campaign_id") -> Subquery:
    """The latest moment of a column among a batch's rows."""
    own = rows.filter(**{batch: OuterRef("pk")}).order_by().values(batch)
    return Subquery(own.annotate(latest=Max(field)).values("latest"), output_field=DateTimeField())


def note() -> int:
    """Write for each batch when it closed, and take it back where something may happen again; how many changed.

    A few statements for all batches that are not erased, whatever their number.
    """
    return _write(Campaign.objects.started().filter(erasing_at=None))


def note_one(campaign: Campaign) -> datetime | None:
    """The same of one batch that the caller has locked: when it closed, None where it has not."""
    _write(Campaign.objects.filter(pk=campaign.pk))
    campaign.refresh_from_db(fields=["closed_at"])
    return campaign.closed_at


def _write(batches: CampaignQuerySet) -> int:
    now = timezone.now()
    due = Q(due_at__isnull=False)
    mine = Q(campaign_id=OuterRef("pk"))
    bookings = Booking.objects.filter(invitation__campaign=OuterRef("pk"))
    open_now = (
        Exists(Message.objects.filter(mine & due, held=False))
        | Exists(CodedEntry.objects.filter(mine & due))
        | Exists(bookings.filter(due_at__isnull=False))
        | Exists(Reminder.objects.filter(mine, written_at=None, campaign__state=CampaignState.FINISHED))
    )
    last = Greatest(
        F("started_at"),
        F("changed_at"),
        _latest(Invitation.objects.all(), "expires_at"),
        _latest(Booking.objects.live(), "ends_at", "invitation__campaign"),
        _latest(Message.objects.all(), "settled_at"),
        _latest(CodedEntry.objects.all(), "settled_at"),
    )
    plan_goes_on = Q(next_invitation_at__isnull=False)
    rows = batches.annotate(
        last=last,
        closes=Case(
            When(~Q(state__in=OVER) | open_now, then=None),
            When(plan_goes_on, then=F("last") + PLAN_WAITS),
            default=F("last"),
            output_field=DateTimeField(),
        ),
    )
    computed = dict(rows.values_list("pk", "closes"))
    before = dict(batches.values_list("pk", "closed_at"))
    changed = []
    for pk, closes in computed.items():
        closed_at = closes if closes is not None and closes <= now else None
        if before.get(pk) != closed_at:
            changed.append(Campaign(pk=pk, closed_at=closed_at))
    return Campaign.objects.bulk_update(changed, ["closed_at"], batch_size=500) if changed else 0


def due(practice: Practice) -> CampaignQuerySet:
    """A practice's batches whose time is over, and those whose erasure was begun."""
    today = timezone.localdate()
    until = timezone.now() - timedelta(days=practice.retention_days)
    over = Q(closed_at__lte=until) & (Q(keep_until=None) | Q(keep_until__lt=today))
    return (
        Campaign.objects.of(practice).filter(over | Q(erasing_at__isnull=False), erased_at=None).order_by("closed_at")
    )
