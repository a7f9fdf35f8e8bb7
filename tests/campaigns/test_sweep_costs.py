"""What the sweepers cost does not grow with the batches that are there, whatever those wait for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.tasks import sweep as booking_sweep
from booking.tasks import sweep_reminders
from campaigns.models import Campaign, Reminder
from campaigns.models.states import CampaignState
from campaigns.tasks import sweep
from integrations.models.states import MessageState
from integrations.tasks import sweep as outbox_sweep
from patients.tasks import resume_lists
from practices.audit import trail as audit
from practices.models import Practice, User
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_staff

pytestmark = pytest.mark.django_db

Make = Callable[[Practice, User], Campaign]


def sent(practice: Practice, by: User) -> Campaign:
    """All texts have gone, and links wait for answers."""
    batch = make_campaign(practice, by, started=True)
    make_message(make_invitation(batch), state=MessageState.DELIVERED, due_at=None, sent_at=timezone.now())
    return batch


def starting(practice: Practice, by: User) -> Campaign:
    """A part is due, and its patients are to be looked up."""
    return make_campaign(practice, by, rows=2, started=True, state=CampaignState.STARTING)


def kept(practice: Practice, by: User) -> Campaign:
    """An account that does not work has kept a text for days, whose link staff have shown somebody."""
    batch = make_campaign(practice, by, started=True)
    invitation = make_invitation(batch)
    make_message(invitation, created_at=timezone.now() - timedelta(days=60))
    audit.record("invitation.link_shown", practice=practice, actor=by, object_id=invitation.id)
    return batch


def reminding(practice: Practice, by: User) -> Campaign:
    """A reminder is being written while the next one is due."""
    batch = sent(practice, by)
    now = timezone.now()
    Campaign.objects.filter(id=batch.id).update(next_reminder_at=now, reminder_days=[2])
    Reminder.objects.create(campaign=batch, number=1, asked_by=by, asked_at=now, patients=1)
    return batch


def over(practice: Practice, by: User) -> Campaign:
    """Nothing more will happen by itself."""
    return make_campaign(practice, by, started=True)


def statements(task: Callable[[], None]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        task()
    return len(captured)


@pytest.mark.hazard("H-14.9")
@pytest.mark.parametrize("make", [sent, starting, kept, reminding, over])
def test_half_made_batches(make: Make, settings: Settings) -> None:
    settings.BOOKED_ALREADY_DAYS = 84  # so that patients are looked up
    counts = []
    for batches in (5, 50):
        practice = make_practice()
        by = make_staff(practice)
        for _ in range(batches):
            make(practice, by)
        counts.append(statements(sweep))
        assert counts[-1] < 60
    assert counts[0] == counts[1]


@pytest.mark.parametrize("task", [booking_sweep, sweep_reminders, outbox_sweep, resume_lists])
def test_the_other_sweepers(task: Callable[[], None]) -> None:
    counts = []
    for batches in (5, 50):
        practice = make_practice()
        by = make_staff(practice)
        for _ in range(batches):
            sent(practice, by)
            kept(practice, by)
        counts.append(statements(task))
    assert counts[0] == counts[1]
