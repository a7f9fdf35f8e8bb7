"""A new draft like a batch that there is."""

from django.db import transaction

from campaigns.models import Campaign
from campaigns.sequences import editing
from campaigns.wording.appointment_details import DETAILS
from practices.audit import trail as audit
from practices.models import User

_ALIKE = (
    "slot_type",
    "clinicians",
    "sessions",
    "horizon_days",
    "booked_within_days",
    "template",
    "message",
    *DETAILS,
    "invitation_code",
    "allow_decline",
    "decline_message",
    "decline_code",
    "link_lifetime_days",
    "reminder_days",
    "after_last",
)
"""What a duplicate takes over. Its list and its time are its own, and so is leave to text people at night."""


@transaction.atomic
def duplicate(*, campaign: Campaign, by: User) -> Campaign:
    """A draft with the same appointments, words, plan, codes and limits, and no list."""
    draft = Campaign.objects.create(
        practice=campaign.practice, created_by=by, **{name: getattr(campaign, name) for name in _ALIKE}
    )
    editing.copy(campaign, draft)
    audit.record(
        "campaign.duplicated",
        practice=draft.practice,
        actor=by,
        object_id=draft.id,
        campaign_id=str(campaign.id),
    )
    return draft
