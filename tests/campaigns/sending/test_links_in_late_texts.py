"""A link's days are counted from when its text goes, however long the text had to wait."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Invitation
from campaigns.sending.hooks import restart_links
from integrations.models.outbox import Message, Purpose
from tests.factories import make_campaign, make_invitation, make_message, make_practice

pytestmark = pytest.mark.django_db


def late_text(hours: float, purpose: str = Purpose.INVITATION) -> Message:
    """A text written so long ago, about a link that began to count then."""
    written = timezone.now() - timedelta(hours=hours)
    invitation = make_invitation(
        make_campaign(started=True, link_lifetime_days=3), expires_at=written + timedelta(days=3)
    )
    return make_message(invitation, created_at=written, purpose=purpose)


def days_left(text: Message) -> float:
    left = Invitation.objects.get(id=text.subject_id).expires_at - timezone.now()
    return left / timedelta(days=1)


@pytest.mark.parametrize("hours", [12, 24 * 10])
def test_a_link_that_had_to_wait_gets_its_days_back(hours: float) -> None:
    text = late_text(hours)
    restart_links(text.practice, [text])
    assert days_left(text) == pytest.approx(3, abs=0.01)


def test_a_link_on_time_is_left_alone() -> None:
    text = late_text(0.5)
    restart_links(text.practice, [text])
    assert days_left(text) == pytest.approx(3 - 0.5 / 24, abs=0.01)


def test_only_invitations_give_time_and_only_of_their_own_practice() -> None:
    confirmation, foreign = late_text(12, Purpose.CONFIRMATION), late_text(12)
    restart_links(confirmation.practice, [confirmation])
    restart_links(make_practice(), [foreign])
    assert days_left(confirmation) == pytest.approx(2.5, abs=0.01)
    assert days_left(foreign) == pytest.approx(2.5, abs=0.01)


def test_a_link_that_staff_have_given_more_time_keeps_it() -> None:
    text = late_text(12)
    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=20))
    restart_links(text.practice, [text])
    assert days_left(text) == pytest.approx(20, abs=0.01)
