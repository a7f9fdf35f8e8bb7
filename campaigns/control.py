"""A batch on its way, in staff's hands: pause, go on, cancel. Doing the same twice changes nothing more."""

from uuid import UUID

from django.db import transaction

from campaigns.models import Campaign, CampaignState, Invitation, InvitationState
from campaigns.states import move
from integrations.hints import hint
from integrations.outbox import holding
from practices import audit
from practices.models import User


def _move(campaign_id: UUID, state: CampaignState) -> Campaign | None:
    """The batch, locked and moved; None when it may not go to that state."""
    campaign = Campaign.objects.select_for_update(of=("self",)).select_related("practice").get(id=campaign_id)
    if not move(campaign, state):
        return None
    campaign.save(update_fields=["state", "changed_at"])
    return campaign


@transaction.atomic
def pause(*, campaign: Campaign, by: User) -> bool:
    """Let nothing more of the batch leave until somebody lets it go on; False when there was nothing to pause."""
    paused = _move(campaign.id, CampaignState.PAUSED)
    if paused is None:
        return False
    holding.hold(paused.id)
    audit.record("campaign.paused", practice=paused.practice, actor=by, object_id=paused.id)
    return True


@transaction.atomic
def go_on(*, campaign: Campaign, by: User) -> bool:
    """Send the rest of a paused batch; False when it is not paused."""
    locked = Campaign.objects.select_for_update().get(id=campaign.id)
    if locked.state != CampaignState.PAUSED:
        return False
    going = _move(campaign.id, CampaignState.STARTING)
    assert going is not None  # a paused batch may always go on
    holding.let_go(going.practice, going.id)
    audit.record("campaign.resumed", practice=going.practice, actor=by, object_id=going.id)
    hint("campaigns.issue_invitations", going.id)
    return True


@transaction.atomic
def cancel(*, campaign: Campaign, by: User, sent_links_too: bool = False) -> bool:
    """Withdraw what has not left, for good; False when the batch was cancelled before, or is still a draft.

    Links that have gone work on, unless staff want those without an answer withdrawn as well (`sent_links_too`).
    """
    cancelled = _move(campaign.id, CampaignState.CANCELLED)
    if cancelled is None:
        return False
    count = _withdraw(cancelled.id)
    if sent_links_too:
        open_links = Invitation.objects.filter(campaign=cancelled, state=InvitationState.OPEN)
        open_links.update(state=InvitationState.WITHDRAWN)
    audit.record(
        "campaign.cancelled",
        practice=cancelled.practice,
        actor=by,
        object_id=cancelled.id,
        withdrawn=count,
        sent_links_too=sent_links_too,
    )
    return True


def sweep() -> None:
    """Withdraw texts of cancelled batches that were being sent when the batch was cancelled, and did not leave."""
    cancelled = Campaign.objects.filter(id__in=holding.held_batches(), state=CampaignState.CANCELLED)
    for campaign_id in cancelled.values_list("id", flat=True):
        with transaction.atomic():
            _withdraw(campaign_id)


def _withdraw(campaign_id: UUID) -> int:
    subjects = holding.withdraw(campaign_id)
    unsent = Invitation.objects.filter(id__in=subjects, state=InvitationState.OPEN)
    unsent.update(state=InvitationState.WITHDRAWN)
    return len(subjects)
