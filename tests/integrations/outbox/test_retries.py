"""The waits: by kind, never all at once, and with an end."""

from datetime import timedelta

import pytest

from integrations.messaging.port import FailureKind
from integrations.outbox import retries

TRIED_AGAIN = [FailureKind.RETRY, FailureKind.RATE_LIMITED, FailureKind.CONFIGURATION]


@pytest.mark.parametrize("kind", TRIED_AGAIN)
def test_every_kind_that_is_tried_again_has_an_end(kind: FailureKind) -> None:
    waits = [retries.wait_before(kind, attempts) for attempts in range(1, retries.MOST_TRIES + 1)]
    assert all(waits[:-1])
    assert waits[-1] is None


@pytest.mark.parametrize("kind", [FailureKind.PERMANENT, FailureKind.UNKNOWN])
def test_the_others_are_not_tried_again_by_the_clock(kind: FailureKind) -> None:
    assert retries.wait_before(kind, 1) is None


def test_a_provider_out_of_reach_is_tried_for_a_day() -> None:
    waits = [retries.wait_before(FailureKind.RETRY, attempts) for attempts in range(1, retries.MOST_TRIES)]
    assert timedelta(hours=18) < sum((wait for wait in waits if wait), timedelta()) < timedelta(hours=36)


def test_rows_that_failed_together_do_not_come_back_together() -> None:
    assert len({retries.wait_before(FailureKind.RETRY, 1) for _ in range(20)}) > 10


def test_the_provider_is_given_the_time_it_asks_for_and_not_more_than_an_hour() -> None:
    asked = retries.wait_before(FailureKind.RATE_LIMITED, 1, 60)
    most = retries.wait_before(FailureKind.RATE_LIMITED, 1, 1e9)
    assert asked is not None
    assert asked >= timedelta(seconds=60)
    assert most is not None
    assert most <= timedelta(hours=1.5)


def test_a_silent_provider_is_asked_less_and_less() -> None:
    assert retries.wait_to_ask(timedelta()) < retries.wait_to_ask(timedelta(hours=1)) < timedelta(hours=1.3)


def test_what_never_arrived_goes_again_at_once_and_then_less_and_less() -> None:
    assert retries.wait_to_resend(1) == timedelta()
    assert retries.wait_to_resend(5) < retries.wait_to_resend(20)
