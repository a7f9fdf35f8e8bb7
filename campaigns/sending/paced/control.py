"""A paced batch in staff's hands: invite everybody at once, stop, go on. Doing the same twice changes nothing."""

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.states import CampaignState, move
from campaigns.sending import inviting_hours, schedule, waves
from campaigns.sending.paced.deciding import lock
from core.hints import hint
from practices.audit import trail as audit
from practices.models import User

_S = CampaignState
CAN_HURRY = (_S.SCHEDULED, _S.STARTING, _S.RUNNING)
CAN_STOP = (_S.STARTING, _S.RUNNING, _S.PAUSED)
CAN_GO_ON = (*CAN_STOP, _S.FINISHED)
_FIELDS = ("state", "paced", "next_decision_at", "inviting_stopped_at", "changed_at")


@transaction.atomic
def invite_everyone(*, campaign: Campaign, by: User) -> int:
    """Send to all who are left, in one wave, at the next moment at which texts may go; how many they are.

    From then on it is a batch like others. 0 when it is not paced, not under way, or nobody is left.
    """
    locked = lock(campaign.id)
    left = waves.waiting(locked).count() if locked.paced and locked.state in CAN_HURRY else 0
    if not left:
        return 0
    waves.lapse(locked)
    locked.paced, locked.next_decision_at, locked.inviting_stopped_at = False, None, None
    wave = waves.add(locked, left)
    (wave.due_at,) = schedule.times(timezone.now(), 1, any_hour=locked.any_hour)
    wave.save(update_fields=["due_at"])
    move(locked, _S.STARTING)
    locked.save(update_fields=_FIELDS)
    audit.record("campaign.everyone_invited", practice=locked.practice, actor=by, object_id=locked.id, patients=left)
    hint("campaigns.issue_invitations", locked.id)
    return left


@transaction.atomic
def stop(*, campaign: Campaign, by: User) -> bool:
    """Invite nobody else; False when it is not paced, or was stopped before. Links that have gone work on."""
    locked = lock(campaign.id)
    if not locked.paced or locked.inviting_stopped_at or locked.state not in CAN_STOP:
        return False
    waves.lapse(locked)
    locked.next_decision_at, locked.inviting_stopped_at = None, timezone.now()
    locked.save(update_fields=_FIELDS)
    left = waves.waiting(locked).count()
    audit.record("campaign.inviting_stopped", practice=locked.practice, actor=by, object_id=locked.id, left=left)
    hint("campaigns.issue_invitations", locked.id)
    return True


@transaction.atomic
def go_on(*, campaign: Campaign, by: User) -> bool:
    """Invite again as appointments last, after staff had stopped; False when they had not."""
    locked = lock(campaign.id)
    if not locked.inviting_stopped_at or locked.state not in CAN_GO_ON:
        return False
    locked.inviting_stopped_at = None
    decide_again(locked)
    audit.record("campaign.inviting_resumed", practice=locked.practice, actor=by, object_id=locked.id)
    return True


def decide_again(locked: Campaign) -> None:
    """Have it decided for a locked paced batch that has patients to invite again, as soon as it may.

    Where a decision is to come anyway, at its time.
    """
    locked.next_decision_at = locked.next_decision_at or inviting_hours.next_open(locked, timezone.now())
    if locked.state == _S.FINISHED:
        move(locked, _S.STARTING)
    locked.save(update_fields=_FIELDS)
    hint("campaigns.decide_invitations", locked.id)
