"""Who needs no reminder for a reason that only appointments tell: booked by another batch, or waiting for times."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.models import WaitingPatient
from campaigns.models import Campaign, Invitation
from campaigns.reminders import services as reminders
from integrations.models.states import MessageState
from tests.booking.surgery import make_booking
from tests.factories import make_campaign, make_invitation, make_message, make_recipient

pytestmark = pytest.mark.django_db


def invited(batch: Campaign, nhs_number: str = "") -> Invitation:
    assert batch.patient_list is not None
    fields = {"nhs_number": nhs_number} if nhs_number else {}
    invitation = make_invitation(batch, make_recipient(batch.patient_list, **fields))
    left = timezone.now() - timedelta(hours=30)
    make_message(invitation, state=MessageState.DELIVERED, due_at=None, sent_at=left, created_at=left)
    return invitation


@pytest.mark.parametrize(("slot_type", "include", "reminded"), [
    ("Flu clinic", False, 0),
    ("Flu clinic", True, 1),
    ("Blood test", False, 1),
])  # fmt: skip
def test_who_has_booked_the_same_by_another_batch(slot_type: str, include: bool, reminded: int) -> None:
    batch = make_campaign(started=True, rows=0, include_booked=include)
    other = make_campaign(batch.practice, batch.created_by, started=True, rows=0, slot_type=slot_type)
    make_booking(invited(other, invited(batch).recipient.nhs_number))
    assert reminders.plan(batch).patients == reminded


@pytest.mark.parametrize(("notified", "reminded"), [(False, 0), (True, 1)])
def test_who_waits_for_more_times_gets_a_text_of_their_own(notified: bool, reminded: int) -> None:
    batch = make_campaign(started=True, rows=0)
    notified_at = timezone.now() - timedelta(hours=30) if notified else None
    WaitingPatient.objects.create(invitation=invited(batch), practice=batch.practice, told_at=notified_at)
    assert reminders.plan(batch).patients == reminded
