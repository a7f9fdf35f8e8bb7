"""The NHS App first, in a storm at both providers: one message in the app and at most one text for each patient."""

from datetime import timedelta

import pytest

from integrations.models.states import MessageState
from integrations.sandbox.server import SandboxServer
from tests.resilience.storm import app
from tests.resilience.storm.batch import make_outbox
from tests.resilience.storm.books import UNSETTLED, are_at_rest
from tests.resilience.storm.clock import FastClock
from tests.resilience.storm.crew import Crew
from tests.resilience.storm.storm import GIVE_UP, calmly, rows_of
from tests.resilience.storm.weather import break_out
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

PATIENTS = 60


@pytest.mark.usefixtures("called_back")
def test_nobody_is_told_twice_in_the_same_way(sandbox: SandboxServer, clock: FastClock) -> None:
    practice = app.app_practice(sandbox)
    campaign = make_outbox(practice, PATIENTS)
    app.give_the_app(sandbox, campaign)
    rows = rows_of([campaign])
    break_out(sandbox, GIVE_UP, burst=8)
    app.break_out(sandbox)
    with Crew([practice]).at_work():
        wait_until(calmly(lambda: not rows.filter(state__in=UNSETTLED).exists()), seconds=300)
        wait_until(calmly(lambda: len(app.in_the_app(sandbox, campaign)) == PATIENTS // 3), seconds=300)
        assert app.read_some(sandbox, campaign) == PATIENTS // 6
        clock.jump(timedelta(hours=2), sandbox)
        unsettled = [*UNSETTLED, MessageState.IN_APP]
        wait_until(calmly(lambda: not rows.filter(state__in=unsettled).exists()), seconds=300)
        wait_until(calmly(lambda: are_at_rest(sandbox, [campaign])), seconds=300)
        sandbox.control("faults", method="DELETE")
        clock.jump(timedelta(hours=73), sandbox)
        wait_until(calmly(lambda: not rows.exclude(due_at=None).exists()), seconds=300)
    reached = app.check_books(sandbox, campaign)
    # By chance, but far from none of either: the news of being read is lost now and then.
    assert reached["app"] > 1
    assert reached["text"] > PATIENTS // 3
