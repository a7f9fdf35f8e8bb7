"""Staff stop the plan of a batch: nobody is invited again by itself."""

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from practices.audit import trail as audit
from practices.models import User

_OVER = (CampaignState.DRAFT, CampaignState.AWAITING, CampaignState.CANCELLED)


def can_stop(campaign: Campaign) -> bool:
    """Whether further invitations of a sent batch are still to come by themselves."""
    return campaign.next_invitation_at is not None and campaign.state not in _OVER and not campaign.is_erased


@transaction.atomic
def stop(*, campaign: Campaign, by: User) -> bool:
    """No further invitations, for good; what is on its way still goes. False when none were to come."""
    locked = Campaign.objects.select_for_update(of=("self",)).select_related("practice").get(id=campaign.id)
    if not can_stop(locked):
        return False
    # What is being written for today ends here: nobody who has not been claimed yet is written to.
    locked.reminders.filter(invitation__isnull=False, written_at=None).update(written_at=timezone.now())
    locked.next_invitation_at = None
    locked.save(update_fields=["next_invitation_at", "changed_at"])
    audit.record("campaign.plan_stopped", practice=locked.practice, actor=by, object_id=locked.id)
    return True
