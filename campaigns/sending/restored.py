"""Making invitations anew that had been made, and texted, after the dump from which the database was restored.

Their ids, and so their links, are those that the patients have (`issuing`). They are not looked up first: nobody is
texted by this. Whoever is invited in the usual way later has not been before.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from campaigns.sending import issuing, waves
from integrations.links import digest, newest_key_number, token_for
from integrations.models import GoneText
from patients.models import Recipient
from practices.models import Practice

_UNDER_WAY = (CampaignState.SCHEDULED, CampaignState.STARTING)


def make_again(practice: Practice) -> int:
    """Make the invitations of a practice's batches whose links stand in texts that went; how many."""
    texts = GoneText.objects.filter(practice=practice, message_id=None)
    links = {bytes(link) for link in texts.values_list("link", flat=True) if link}
    if not links:
        return 0
    going = Q(state__in=_UNDER_WAY) | Q(state=CampaignState.RUNNING, paced=True)
    campaigns = Campaign.objects.filter(going, practice=practice, patient_list__isnull=False)
    return sum(_make_again(campaign_id, links) for campaign_id in campaigns.values_list("id", flat=True))


@transaction.atomic
def _make_again(campaign_id: UUID, links: set[bytes]) -> int:
    locked = Campaign.objects.select_for_update(of=("self",))
    campaign = locked.select_related("practice", "patient_list", "invitation_code").get(id=campaign_id)
    wave = waves.current(campaign) if campaign.state in _UNDER_WAY else None
    if wave is None and not campaign.paced:
        return 0
    recipients = [recipient for recipient in waves.waiting(campaign).order_by("row_number") if _went(recipient, links)]
    if recipients:
        wave = wave or waves.add(campaign, len(recipients))
        waves.begin(campaign)
        issuing.make(campaign, recipients)
        waves.note(wave, campaign, made=len(recipients))
    return len(recipients)


def _went(recipient: Recipient, links: set[bytes]) -> bool:
    token = token_for(issuing.invitation_id(recipient.id), key_number=newest_key_number())
    return digest(token) in links
