"""Staff stop the plan of a batch: nobody is invited again by itself."""

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from integrations.models.outbox import Purpose
from integrations.outbox.messages import holding
from practices.audit import trail as audit
from practices.models import User

_GOING_ON = (CampaignState.STARTING, CampaignState.RUNNING, CampaignState.PAUSED)


def goes_on(campaign: Campaign) -> bool:
    """Whether further invitations of a sent batch with a plan are still to come by themselves.

    Before its first invitations are made the plan has not begun, and after its end nobody is looked for any more.
    """
    if campaign.plan_stopped_at is not None or campaign.is_erased or campaign.state not in _GOING_ON:
        return False
    begins = campaign.next_decision_at is not None or campaign.waves.filter(issued_at=None).exists()
    return campaign.next_invitation_at is not None or begins


@transaction.atomic
def stop(*, campaign: Campaign, by: User) -> bool:
    """No further invitations, for good: what is written and has not left is withdrawn. False when none were to come."""
    locked = Campaign.objects.select_for_update(of=("self",)).select_related("practice").get(id=campaign.id)
    if not goes_on(locked) or not locked.planned_invitations.exists():
        return False
    now = timezone.now()
    locked.reminders.filter(invitation__isnull=False, written_at=None).update(written_at=now)
    locked.next_invitation_at, locked.plan_stopped_at = None, now
    locked.save(update_fields=["next_invitation_at", "plan_stopped_at", "changed_at"])
    withdrawn = holding.withdraw_due(locked.id, Purpose.NEXT_INVITATION)
    audit.record("campaign.plan_stopped", practice=locked.practice, actor=by, object_id=locked.id, withdrawn=withdrawn)
    return True
