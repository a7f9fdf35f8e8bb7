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
    """Whether further invitations of a sent batch are still to come by themselves."""
    return campaign.next_invitation_at is not None and campaign.state in _GOING_ON and not campaign.is_erased


def can_stop(campaign: Campaign) -> bool:
    """Whether they can be stopped: once all the first invitations are made, since each of those begins the plan."""
    return (
        goes_on(campaign) and campaign.next_decision_at is None and not campaign.waves.filter(issued_at=None).exists()
    )


@transaction.atomic
def stop(*, campaign: Campaign, by: User) -> bool:
    """No further invitations, for good; what has left stays. False when none were to come, or when it is too early.

    What is written and has not left is withdrawn, so that nothing is left to write anew after a pause.
    """
    locked = Campaign.objects.select_for_update(of=("self",)).select_related("practice").get(id=campaign.id)
    if not can_stop(locked):
        return False
    locked.reminders.filter(invitation__isnull=False, written_at=None).update(written_at=timezone.now())
    locked.next_invitation_at = None
    locked.save(update_fields=["next_invitation_at", "changed_at"])
    withdrawn = holding.withdraw_due(locked.id, Purpose.NEXT_INVITATION)
    audit.record("campaign.plan_stopped", practice=locked.practice, actor=by, object_id=locked.id, withdrawn=withdrawn)
    return True
