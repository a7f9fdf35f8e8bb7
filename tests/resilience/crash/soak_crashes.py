"""Kills at every point, and mishaps for hours: `make soak`. Not among the tests of every day."""

import os
import random
import signal

import pytest
from django.utils import timezone

from integrations.models.outbox import Message
from integrations.models.states import MessageState
from tests.resilience.crash.batch import check, send_batch, wait_for_end
from tests.resilience.crash.kills import kill_in_turn
from tests.resilience.crash.mishaps import restart_redis_again_and_again, run
from tests.resilience.crash.points import IN_TURN
from tests.resilience.crash.yard import Yard
from tests.resilience.storm import app
from tests.waiting import wait_until

TEXTS = int(os.environ.get("SOAK_TEXTS", "5000"))
MISHAPS = int(os.environ.get("SOAK_MISHAPS", "60"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(10**6)))
HOURS = 3600.0

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3 * HOURS)]


def test_a_large_batch_comes_to_its_end_whatever_is_struck_down_again_and_again(yard: Yard) -> None:
    run(yard, patients=TEXTS, count=MISHAPS, seed=SEED, seconds=HOURS)


def test_workers_outlive_restarts_of_redis_or_are_started_again(yard: Yard) -> None:
    ended = restart_redis_again_and_again(yard, patients=400, count=10, seconds=HOURS)
    print(f"\n{len(ended)} ended by themselves, with exit codes {sorted(set(ended))}")  # noqa: T201 - for whoever watches


def test_a_worker_killed_at_every_point_in_turn_does_no_harm(yard: Yard) -> None:
    kill_in_turn(yard, IN_TURN, patients=200)


def test_a_batch_into_the_app_first_survives_its_workers_too(yard: Yard) -> None:
    """Killed on the way into the NHS App, and again on the way to the texts of those who have not read it."""
    campaign = send_batch(yard, 120, first=50_000, by_app=True)
    messages = Message.objects.filter(campaign_id=campaign.id)
    beat = yard.beat()
    for point in ["after claim", "after app call", "after save", "before ack"]:
        worker = yard.worker(crash_at=f"{point}:0")
        assert worker.wait(300) == -signal.SIGKILL, point
    last = yard.worker()
    wait_until(lambda: messages.filter(state=MessageState.IN_APP).count() == 120, 300)
    yard.kill(last)
    messages.update(due_at=timezone.now())
    for point in ["after claim", "after call", "after save"]:
        worker = yard.worker(crash_at=f"{point}:0")
        assert worker.wait(300) == -signal.SIGKILL, point
    last = yard.worker()
    wait_for_end(campaign, seconds=300)
    yard.kill(last)
    yard.kill(beat)
    check(yard, campaign)
    assert app.check_books(yard.sandbox, campaign) == {"text": 120}
