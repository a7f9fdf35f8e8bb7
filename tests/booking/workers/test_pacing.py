"""What paced batches are told of the book and of answers: by the real wire, and from real rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from booking.models import Decline, WaitingPatient
from booking.workers import pacing
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.sending import inviting_hours, issuing
from campaigns.sending.paced import deciding
from campaigns.sending.paced.book import Answers, BookUnreadable
from integrations.models.states import MessageState
from tests.booking.surgery import FLU, Surgery, day
from tests.factories import make_message, make_recipient

pytestmark = pytest.mark.django_db


def texted(surgery: Surgery, hours: int, **fields: Any) -> Invitation:
    """A patient whose text went so many hours ago."""
    invitation = surgery.invite(**fields)
    make_message(invitation, state=MessageState.DELIVERED, sent_at=timezone.now() - timedelta(hours=hours, minutes=5))
    return invitation


def pace(surgery: Surgery, *, patients: int) -> None:
    """The batch invites as appointments last from now on, and has so many patients."""
    Campaign.objects.update(paced=True, next_decision_at=timezone.now())
    assert surgery.campaign.patient_list is not None
    for _ in range(patients):
        make_recipient(surgery.campaign.patient_list)


def answers(surgery: Surgery) -> Answers:
    return pacing.answers(surgery.practice.id, FLU, [surgery.campaign.id])


def test_free_times_by_day_without_those_that_our_patients_have_taken_since(surgery: Surgery) -> None:
    surgery.session(after=3, count=2)
    surgery.session(after=4, count=1)
    count = pacing.read(surgery.campaign)
    assert count() == {day(3): 2, day(4): 1}
    surgery.confirmed(surgery.invite())
    assert count() == {day(3): 1, day(4): 1}
    assert answers(surgery).taken == {day(3): 1}


def test_while_the_clinical_system_does_not_answer_nothing_is_decided(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting_hours, "is_open", lambda _campaign, _at: True)
    surgery.session(count=2)
    pace(surgery, patients=5)
    surgery.sandbox.control("faults", {"target": "gp_connect.slots", "kind": "status", "status": 503})
    with pytest.raises(BookUnreadable):
        pacing.read(surgery.campaign)
    assert deciding.decide_now(surgery.campaign.id) is None
    assert deciding.due(timezone.now()) == []
    surgery.sandbox.control("faults", method="DELETE")
    cache.clear()
    Campaign.objects.update(next_decision_at=timezone.now())
    decided = deciding.decide_now(surgery.campaign.id)
    assert decided is not None
    issuing.issue(surgery.campaign.id)
    assert decided.number == Invitation.objects.count() == 2


def test_every_answer_counts_once(surgery: Surgery) -> None:
    surgery.session(count=3)
    texted(surgery, 5)
    texted(surgery, 5)
    make_message(surgery.invite(), state=MessageState.DELIVERED, sent_at=timezone.now() - timedelta(minutes=59))
    texted(surgery, 30, expires_at=timezone.now())
    texted(surgery, 30, locked_at=timezone.now())
    texted(surgery, 30, elsewhere_at=timezone.now())
    make_message(surgery.invite(), state=MessageState.FAILED)
    make_message(surgery.invite())
    surgery.confirmed(texted(surgery, 2))
    waits = texted(surgery, 9)
    WaitingPatient.objects.create(invitation=waits, practice=surgery.practice)
    gone = texted(surgery, 9)
    earlier = timezone.now() - timedelta(hours=3)
    WaitingPatient.objects.create(invitation=gone, practice=surgery.practice, asked_at=earlier, told_at=earlier)
    declined = texted(surgery, 1, state=InvitationState.DECLINED)
    Decline.objects.create(invitation=declined, practice=surgery.practice)
    counted = answers(surgery)
    assert counted.open_hours == {0: 1, 1: 1, 5: 2}
    assert counted.answer_hours == {2: 1, 9: 1, 6: 1}
    assert (counted.booked, counted.waiting, counted.declined, counted.lapsed) == (1, 1, 1, 1)
