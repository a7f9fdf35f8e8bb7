"""When a batch is first looked at for whom its plan invites again."""

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.sending import schedule
from core.sociable_hours import LONDON
from core.working_days import days_later


def begin(campaign: Campaign) -> None:
    """Have a locked batch, whose invitations are being made, looked at on the first day that its second may go.

    Once begun it is looked at each day until its plan is over, so later invitations need nothing more. A plan that
    staff have stopped does not begin again with patients who are invited later.
    """
    if campaign.next_invitation_at is not None or campaign.plan_stopped_at is not None:
        return
    second = campaign.planned_invitations.filter(number=2).first()
    if second is None:
        return
    today = timezone.now().astimezone(LONDON).date()
    day = days_later(today, second.gap_days, working=second.working_days)
    campaign.next_invitation_at = schedule.reminder_time(day)
    campaign.save(update_fields=["next_invitation_at"])
