"""A batch's further invitations on their days: looked at once a day, in the hours in which practices answer phones.

`Campaign.next_invitation_at` says when it is next seen who is due. Then a row (`Reminder.invitation`) is made for each
invitation of the plan that anybody is due for, one a day by constraint, and written as reminders are. Whoever could not
be read on one day is due again on the next, so nobody is lost to a clinical system that is down. A batch is looked at
each day while anybody may become due: also a booking that is cancelled weeks later goes back into the plan.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from campaigns.models import Campaign, Reminder
from campaigns.sending.schedule import reminder_time
from campaigns.sequences import due
from campaigns.sequences.askable import GOING
from campaigns.sequences.plans import Step, plan_of
from core.claims import WORKED_ON
from core.database import whole_sets
from core.hints import hint
from core.sociable_hours import LONDON
from practices.audit import trail as audit
from practices.models import Hold


def sweep() -> None:
    """Begin the invitations of plans whose time has come.

    A paused batch's wait until it is resumed, those of a practice on hold until it is let go, and those of a batch that
    has a reminder or an invitation being written until that is done.
    """
    unwritten = Reminder.objects.filter(campaign=OuterRef("id"), written_at=None)
    holds = Hold.objects.filter(Q(practice=None) | Q(practice=OuterRef("practice")))
    batches = Campaign.objects.filter(next_invitation_at__lte=timezone.now(), state__in=GOING)
    batches = batches.exclude(Exists(unwritten)).exclude(Exists(holds)).order_by("next_invitation_at")
    for campaign_id in batches.values_list("id", flat=True)[:WORKED_ON]:
        begin(campaign_id)


@transaction.atomic
def begin(campaign_id: UUID) -> None:
    """Make today's invitations of a batch's plan, and say when to look again. The batch's lock keeps others out."""
    now = timezone.now()
    campaign = _locked(campaign_id, now)
    if campaign is None or campaign.reminders.filter(written_at=None).exists():
        return  # one that is being written goes first: its patients are not due then
    plan = plan_of(campaign)
    made = sum(_make(campaign, step, now) for step in plan.further)
    with whole_sets():
        is_over = not made and due.is_over(campaign, plan)
    # Not `save`: a look that finds nobody is no change of the batch.
    Campaign.objects.filter(id=campaign.id).update(next_invitation_at=None if is_over else next_look(now))


def _locked(campaign_id: UUID, now: datetime) -> Campaign | None:
    """The batch, if it is still to be looked at and nobody else has it."""
    rows = Campaign.objects.select_for_update(of=("self",), skip_locked=True).select_related("practice")
    return rows.filter(id=campaign_id, next_invitation_at__lte=now, state__in=GOING).first()


def next_look(now: datetime) -> datetime:
    """When batches are looked at next: today, where that is still to come, or tomorrow."""
    today = now.astimezone(LONDON).date()
    at = reminder_time(today)
    return at if at > now else reminder_time(today + timedelta(days=1))


def _make(campaign: Campaign, step: Step, now: datetime) -> bool:
    """Make one of the plan's invitations for today, if anybody is due for it."""
    day = now.astimezone(LONDON).date()
    with whole_sets():
        patients = due.due(campaign, step, day, now).count()
    if not patients or campaign.reminders.filter(invitation=step.number, day=day).exists():
        return False
    number = campaign.reminders.count() + 1
    made = Reminder.objects.create(
        campaign=campaign, number=number, invitation=step.number, day=day, asked_at=now, patients=patients
    )
    audit.record(
        "campaign.invited_again",
        practice=campaign.practice,
        actor=None,
        object_id=campaign.id,
        invitation=step.number,
        patients=patients,
    )
    hint("campaigns.write_reminders", made.id)
    return True
