"""A storm from its first text to its last: everybody at work until nothing more is expected of any row."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db.models import QuerySet

from campaigns.models import Campaign
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.sandbox.server import SandboxServer
from practices.models import Practice
from tests.connected import connect
from tests.factories import make_practice
from tests.resilience.storm.batch import make_outbox
from tests.resilience.storm.books import UNSETTLED, are_at_rest, check_codes, check_each_texted_once
from tests.resilience.storm.clock import FastClock
from tests.resilience.storm.crew import Crew
from tests.resilience.storm.weather import break_out
from tests.waiting import wait_until

GIVE_UP = 2.0
"""Real seconds that the product waits here for an answer."""


def connected_practice(sandbox: SandboxServer) -> Practice:
    """A practice whose texts go from status to status in no time."""
    practice = make_practice()
    connect(practice, sandbox)
    account = practice.channel_connection
    step = {"sid": account.account_sid, "token": account.auth_token, "step_seconds": 0.1}
    sandbox.control("seed", {"accounts": [step]})
    return practice


def calmly(question: Callable[[], bool]) -> Callable[[], bool]:
    """The question, asked three times a second: the answer costs something."""
    pace = threading.Event()
    return lambda: not pace.wait(0.3) and question()


def rows_of(campaigns: Sequence[Campaign]) -> QuerySet[Message]:
    """The batches' texts."""
    return Message.objects.filter(campaign_id__in=[campaign.id for campaign in campaigns])


def ride_out(sandbox: SandboxServer, clock: FastClock, sizes: Sequence[int], seconds: float) -> Counter[str]:
    """Send a batch of each size at the same time, and check every row in the end; how many ended in which state.

    Fails when that takes longer than so many real seconds.
    """
    campaigns: list[Campaign] = []
    for size in sizes:
        first = sum(campaign.patient_list.row_count for campaign in campaigns if campaign.patient_list)
        campaigns.append(make_outbox(connected_practice(sandbox), size, first))
    rows = rows_of(campaigns)
    break_out(sandbox, GIVE_UP)
    with Crew([campaign.practice for campaign in campaigns]).at_work():
        wait_until(calmly(lambda: not rows.filter(state__in=UNSETTLED).exists()), seconds)
        wait_until(calmly(lambda: are_at_rest(sandbox, campaigns)), seconds)
        # The news that never came is asked for, and after three days there will be none.
        sandbox.control("faults", method="DELETE")
        clock.jump(timedelta(hours=73), sandbox)
        wait_until(calmly(lambda: not rows.exclude(due_at=None).exists()), seconds)
    check_each_texted_once(sandbox, campaigns)
    check_codes(campaigns)
    ends = Counter(rows.values_list("state", flat=True))
    assert ends.keys() <= {MessageState.DELIVERED, MessageState.FAILED, MessageState.NO_NEWS}
    assert ends.total() == sum(sizes)
    return ends
