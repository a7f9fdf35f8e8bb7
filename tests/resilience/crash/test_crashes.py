"""Processes die, engines are struck down: the batch comes to its end all the same, and nobody is texted twice.

Real workers and a real beat, on a PostgreSQL and a Redis of their own (faults#killed-processes, faults#database-away,
faults#redis-away).
"""

import random
import signal

import pytest
from django.utils import timezone

from integrations.models.outbox import Message
from integrations.models.states import MessageState
from tests.resilience.crash.batch import check, send_batch, wait_for_end
from tests.resilience.crash.mishaps import run
from tests.resilience.crash.points import IN_TURN
from tests.resilience.crash.yard import Yard
from tests.resilience.storm import app
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def test_a_worker_killed_at_every_point_in_turn_does_no_harm(yard: Yard) -> None:
    campaign = send_batch(yard, 120, first=0)
    beat = yard.beat()
    for point in IN_TURN:
        worker = yard.worker(crash_at=f"{point}:0")
        assert worker.wait(300) == -signal.SIGKILL, point
    last = yard.worker()
    wait_for_end(campaign, seconds=300)
    yard.kill(last)
    yard.kill(beat)
    check(yard, campaign)


def test_a_batch_into_the_app_first_survives_its_workers_too(yard: Yard) -> None:
    """Killed on the way into the NHS App, and again on the way to the texts of those who have not read it.

    The claims and the ends of tasks are those of any text, which the first test kills at.
    """
    campaign = send_batch(yard, 80, first=50_000, by_app=True)
    messages = Message.objects.filter(campaign_id=campaign.id)
    beat = yard.beat()
    for point in ["after app call", "after save"]:
        worker = yard.worker(crash_at=f"{point}:0")
        assert worker.wait(300) == -signal.SIGKILL, point
    last = yard.worker()
    wait_until(lambda: messages.filter(state=MessageState.IN_APP).count() == 80, 300)
    yard.kill(last)
    messages.update(due_at=timezone.now())
    assert yard.worker(crash_at="after call:0").wait(300) == -signal.SIGKILL
    last = yard.worker()
    wait_for_end(campaign, seconds=300)
    yard.kill(last)
    yard.kill(beat)
    check(yard, campaign)
    assert app.check_books(yard.sandbox, campaign) == {"text": 80}


def test_a_batch_comes_to_its_end_whatever_is_struck_down(yard: Yard) -> None:
    run(yard, patients=150, count=6, seed=random.randrange(10**6), seconds=300)
