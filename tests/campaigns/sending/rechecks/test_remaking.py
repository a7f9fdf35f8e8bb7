"""Invitations that a pause, or an account that does not work, has kept for days: their patients are looked up again."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import Campaign, Invitation
from campaigns.models.states import CampaignState
from campaigns.results.funnel import funnel
from campaigns.sending import control, waves
from campaigns.sending.rechecks import remaking
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import MessageState
from integrations.outbox.messages import claiming
from patients.reasons import Reason
from practices.audit import trail as audit
from tests.campaigns.sending.rechecks.clinic import Clinic, reasons, rows, texted, work

pytestmark = pytest.mark.django_db

TWO_DAYS = timedelta(days=2)


def test_a_pause_of_days_has_everybody_looked_up_again(clinic: Clinic) -> None:
    batch = work(clinic.sent(4))
    left = Message.objects.filter(campaign_id=batch.id).order_by("created_at", "id").first()
    assert left is not None
    Message.objects.filter(id=left.id).update(state=MessageState.SENT, due_at=None, sent_at=timezone.now())
    control.pause(campaign=batch, by=clinic.staff)
    gone = Invitation.objects.get(id=left.subject_id)
    dead, booked, moved = (row for row in rows(batch) if row.id != gone.recipient_id)
    with time_machine.travel(timezone.now() + TWO_DAYS):
        clinic.change(dead, deceased=1)
        clinic.book(booked)
        clinic.change(moved, mobile="07700 900987")
        control.resume(campaign=batch, by=clinic.staff)
        work(batch)
        by_id = dict(zip([row.id for row in rows(batch)], reasons(batch), strict=True))
        assert by_id[dead.id] == [Reason.RECORD_NOT_FOUND]
        assert by_id[booked.id] == [Reason.ALREADY_BOOKED]
        assert set(texted(batch)) == {gone.recipient.mobile, "+447700900987"}
        numbers = funnel(batch)
        assert (numbers.can, numbers.cannot, numbers.invitations) == (2, 2, 2)
        assert sum(numbers.messages.values()) == CodedEntry.objects.filter(campaign_id=batch.id).count() == 2
        assert sum(wave.made for wave in batch.waves.all()) == 2
        assert (batch.state, waves.due()) == (CampaignState.RUNNING, [])


def test_a_short_pause_has_nobody_looked_up_again(clinic: Clinic) -> None:
    batch = work(clinic.sent(2))
    before = set(Invitation.objects.values_list("id", flat=True))
    control.pause(campaign=batch, by=clinic.staff)
    with time_machine.travel(timezone.now() + timedelta(hours=20)):
        control.resume(campaign=batch, by=clinic.staff)
        work(batch)
    assert set(Invitation.objects.values_list("id", flat=True)) == before
    assert clinic.calls() == 2


def test_what_an_account_that_does_not_work_keeps_is_taken_back_by_the_sweep(clinic: Clinic) -> None:
    batch = work(clinic.sent(3))
    with time_machine.travel(timezone.now() + TWO_DAYS):
        clinic.change(rows(batch)[0], deceased=1)
        remaking.sweep()
        assert texted(batch) == []
        batch.refresh_from_db()
        assert batch.state == CampaignState.STARTING
        work(batch)
    assert len(texted(batch)) == 2


def test_parts_are_filled_up_again_and_not_all_on_one_day(clinic: Clinic) -> None:
    batch = work(clinic.sent(6, spread_days=3))
    control.pause(campaign=batch, by=clinic.staff)
    with time_machine.travel(timezone.now() + TWO_DAYS) as clock:
        control.resume(campaign=batch, by=clinic.staff)
        counts = []
        for _ in range(3):
            counts.append(len(texted(work(batch))))
            clock.shift(timedelta(days=1, minutes=1))
            Message.objects.filter(state="due").update(state=MessageState.SENT, due_at=None)
    assert counts == [2, 4, 6]


@pytest.mark.parametrize("how", ["tried", "in the app", "seen", "shown by staff"])
def test_a_link_that_may_be_in_somebodys_hands_is_left_alone(clinic: Clinic, how: str) -> None:
    work(clinic.sent(1))
    invitation = Invitation.objects.get()
    texts = Message.objects.filter(subject_id=invitation.id)
    if how == "tried":
        assert len(claiming.take(clinic.practice).rows) == 1
    elif how == "in the app":
        texts.update(in_app_at=timezone.now(), app_over=timezone.now())
    elif how == "seen":
        Invitation.objects.update(opened_at=timezone.now())
    else:
        audit.record("invitation.link_shown", practice=clinic.practice, actor=clinic.staff, object_id=invitation.id)
    with time_machine.travel(timezone.now() + TWO_DAYS):
        remaking.sweep()
    assert Invitation.objects.filter(id=invitation.id).exists()
    assert Campaign.objects.get().state == CampaignState.RUNNING
