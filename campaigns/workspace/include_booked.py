"""Inviting patients all the same whom a batch left out, because the practice had booked them itself."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Wave
from campaigns.models.rechecks import RecordCheck
from campaigns.models.states import CampaignState, move
from campaigns.reminders import automatic
from campaigns.sending import schedule, waves
from campaigns.sending.paced import control
from campaigns.sending.rechecks.changes import Change
from core.hints import hint
from patients.lists import screening
from patients.models import Recipient, RecipientQuerySet, Verdict
from patients.reasons import Reason
from practices.audit import trail as audit
from practices.models import Practice, User

CAN_INCLUDE = (
    CampaignState.SCHEDULED,
    CampaignState.STARTING,
    CampaignState.RUNNING,
    CampaignState.PAUSED,
    CampaignState.FINISHED,
)
"""The batches to which patients may be added whom they left out."""


class CannotInclude(Exception):
    """They cannot be invited now, for a reason given as a sentence for staff."""

    def __init__(self, sentence: str) -> None:
        super().__init__("cannot be invited now")
        self.sentence = sentence


def left_out(campaign: Campaign) -> RecipientQuerySet:
    """The patients whom nothing but an appointment in the practice's book keeps from being invited."""
    booked = RecordCheck.objects.filter(campaign=campaign, booked_on__isnull=False, included=False)
    rows = Recipient.objects.filter(verdict=Verdict.CANNOT, reasons=[Reason.ALREADY_BOOKED], invitation=None)
    return rows.filter(id__in=booked.order_by().values("recipient")).order_by()


def _may_include(campaign: Campaign) -> bool:
    """Whether patients may be added to a batch as it is now: not while staff have stopped inviting."""
    return campaign.state in CAN_INCLUDE and not campaign.inviting_stopped_at


def count(campaign: Campaign, changed: Iterable[Change]) -> int:
    """How many they are, of a batch of which this has changed; none where nobody can be added to it."""
    any_booked = any(change.code == Reason.ALREADY_BOOKED for change in changed)
    return left_out(campaign).count() if any_booked and _may_include(campaign) else 0


@transaction.atomic
def include(*, campaign: Campaign, seen: int, by: User) -> int:
    """Invite them as well; how many. Pressing twice, or a colleague's press, invites nobody again.

    `seen` is how many staff were told that they are: no more are invited. Raises CannotInclude.
    """
    rows = Campaign.objects.select_for_update(of=("self",)).select_related("practice", "patient_list")
    locked = rows.get(id=campaign.id)
    if not _may_include(locked) or locked.patient_list is None:
        raise CannotInclude(
            "This batch is cancelled, not sent yet, or you have stopped inviting. Nobody can be added to it now."
        )
    # As when Send is pressed: of two batches for the same patients the second sees the first.
    Practice.objects.select_for_update(no_key=True).get(id=locked.practice_id)
    chosen = list(left_out(locked).values_list("id", flat=True))
    if not chosen:
        return 0
    if len(chosen) > seen:
        raise CannotInclude(f"The number of patients was {seen:,} and is now {len(chosen):,}. Check it, then invite.")
    RecordCheck.objects.filter(recipient__in=chosen).update(included=True)
    screening.screen(locked.patient_list, only=Recipient.objects.filter(id__in=chosen))
    _have_a_part(locked, chosen)
    audit.record(
        "campaign.booked_included",
        practice=locked.practice,
        actor=by,
        object_id=locked.id,
        patients=len(chosen),
    )
    return len(chosen)


def _have_a_part(campaign: Campaign, chosen: list[UUID]) -> None:
    """See that there is a part of the batch still to be made: the last one takes whoever is left."""
    if not waves.waiting(campaign).filter(id__in=chosen).exists():
        return  # something else holds them back by now
    if campaign.paced:
        control.decide_again(campaign)
        return
    if not campaign.waves.filter(issued_at=None).exists():
        (due_at,) = schedule.times(timezone.now(), 1, any_hour=campaign.any_hour)
        part = schedule.Part(campaign.waves.count() + 1, due_at, len(chosen))
        Wave.objects.bulk_create([Wave(campaign=campaign, number=part.number, due_at=due_at, size=part.size)])
        campaign.next_reminder_at = campaign.next_reminder_at or automatic.first(campaign, [part])
        if campaign.state != CampaignState.PAUSED:
            move(campaign, CampaignState.STARTING)
        campaign.save(update_fields=["state", "next_reminder_at", "changed_at"])
    hint("campaigns.issue_invitations", campaign.id)
