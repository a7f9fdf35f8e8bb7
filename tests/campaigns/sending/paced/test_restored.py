"""A paced batch in a database that was set back: what went is made again, and nobody is invited a second time."""

import pytest
from django.utils import timezone

from campaigns.models import Invitation
from campaigns.models.states import CampaignState
from campaigns.sending import issuing, restored
from integrations.links import digest, newest_key_number, token_for
from integrations.models import GoneText
from patients.models import Recipient
from practices.models import Practice
from tests.campaigns.sending.paced.conftest import Diary, Move, paced, work

pytestmark = pytest.mark.django_db


def gone(practice: Practice, recipient: Recipient) -> None:
    """The provider has a text with this patient's link, of which the database knows nothing."""
    token = token_for(issuing.invitation_id(recipient.id), key_number=newest_key_number())
    GoneText.objects.create(
        practice=practice,
        provider="twilio",
        provider_id=f"SM{recipient.row_number}",
        to=recipient.mobile,
        words="",
        link=digest(token),
        sent_at=timezone.now(),
    )


def test_what_went_after_the_dump_is_made_again_between_waves(diary: Diary, at: Move) -> None:
    batch = paced(20)
    assert work(batch) == 3
    assert batch.state == CampaignState.RUNNING
    assert batch.patient_list is not None
    for recipient in batch.patient_list.recipients.filter(invitation=None).order_by("row_number")[4:6]:
        gone(batch.practice, recipient)
    assert restored.make_again(batch.practice) == 2
    assert restored.make_again(batch.practice) == 0
    assert Invitation.objects.count() == 5
    at(hours=1)
    assert work(batch) == 5, "five invitations are open for three times"
