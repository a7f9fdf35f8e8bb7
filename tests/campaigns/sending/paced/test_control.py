"""Staff's hands on a paced batch: everybody at once, stop, go on."""

from datetime import timedelta

import pytest

from campaigns.models.states import CampaignState
from campaigns.sending import issuing
from campaigns.sending.paced import control, deciding
from practices.models import AuditEvent
from tests.campaigns.sending.paced.conftest import MONDAY, Diary, Move, paced, work
from tests.factories import make_staff

pytestmark = pytest.mark.django_db


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))[1:]


def test_everybody_who_is_left_at_once(diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    colleague = make_staff(batch.practice)
    assert control.invite_everyone(campaign=batch, by=colleague) == 17
    assert control.invite_everyone(campaign=batch, by=colleague) == 0
    at(hours=1)
    assert work(batch) == 20
    assert (batch.paced, batch.next_decision_at) == (False, None)
    issuing.issue(batch.id)
    batch.refresh_from_db()
    assert batch.state == CampaignState.RUNNING
    assert batch.decisions.count() == 1
    assert actions() == ["campaign.everyone_invited"]


def test_everybody_at_night_waits_for_the_morning(diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    at(hours=13)
    control.invite_everyone(campaign=batch, by=batch.created_by)
    assert work(batch) == 3
    at(hours=23)
    assert work(batch) == 20


def test_stopping_and_going_on(diary: Diary, at: Move) -> None:
    batch = paced(20)
    deciding.decide_now(batch.id)
    issuing.issue(batch.id, chunks=1)
    batch.refresh_from_db()
    assert control.stop(campaign=batch, by=batch.created_by)
    assert not control.stop(campaign=batch, by=batch.created_by)
    diary.free = 40
    at(days=1, hours=1)
    assert work(batch) == 3
    assert batch.state == CampaignState.RUNNING
    assert control.go_on(campaign=batch, by=batch.created_by)
    assert not control.go_on(campaign=batch, by=batch.created_by)
    assert work(batch) > 3
    assert actions() == ["campaign.inviting_stopped", "campaign.inviting_resumed"]


def test_a_wave_that_is_decided_does_not_go_after_a_stop(
    diary: Diary, at: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 1)
    batch = paced(20)
    deciding.decide_now(batch.id)
    issuing.issue(batch.id, chunks=1)
    assert control.stop(campaign=batch, by=batch.created_by)
    assert work(batch) == 1
    assert batch.next_decision_at is None


def test_a_batch_that_is_not_paced_or_not_begun_has_nothing_to_stop(diary: Diary, at: Move) -> None:
    batch = paced(20, send_at=MONDAY + timedelta(days=1))
    assert not control.stop(campaign=batch, by=batch.created_by)
    assert not control.go_on(campaign=batch, by=batch.created_by)
    assert batch.next_decision_at == MONDAY + timedelta(days=1)
