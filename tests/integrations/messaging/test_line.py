"""The line: texts in, outcomes out as they are known, whatever happens to the thread that posts them."""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from integrations.messaging.line import PostingLine
from integrations.messaging.port import (
    Accepted,
    DeliveryStatus,
    FailureKind,
    MessageChannel,
    NotAccepted,
    OutgoingText,
    TextAccount,
)
from integrations.messaging.registry import channel as channel_for
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.conftest import a_text
from tests.waiting import HELD_UP, PATIENCE


@asynccontextmanager
async def session() -> AsyncIterator[None]:
    yield


async def take(_: None, text: OutgoingText) -> Accepted:
    return Accepted(text.reference, "SM1", DeliveryStatus.ACCEPTED)


def kinds(outcomes: list[Accepted | NotAccepted]) -> list[FailureKind | None]:
    return [outcome.kind if isinstance(outcome, NotAccepted) else None for outcome in outcomes]


def test_outcomes_come_while_others_are_still_on_their_way(channel: MessageChannel, sandbox: SandboxServer) -> None:
    slow, quick = a_text("+447700900001"), [a_text(f"+4477009001{number:02}") for number in range(20)]
    sandbox.fault("twilio.create", "latency", seconds=HELD_UP, match={"To": slow.to})
    with channel.open() as line:
        line.post([slow])
        line.post(quick)
        first = line.outcomes(20, PATIENCE)
        assert {outcome.reference for outcome in first} == {text.reference for text in quick}
        sandbox.control("faults", method="DELETE")
        line.post([later := a_text("+447700900003")])
        assert {outcome.reference for outcome in line.outcomes(2, PATIENCE)} == {slow.reference, later.reference}


def test_connections_are_kept_between_posts(channel: MessageChannel) -> None:
    with channel.open() as line:
        for _ in range(3):
            line.post([a_text() for _ in range(30)])
            assert len(line.outcomes(30, PATIENCE)) == 30


def test_what_was_called_back_is_not_posted() -> None:
    gate = threading.Event()

    async def wait(nothing: None, text: OutgoingText) -> Accepted:
        gate.wait(PATIENCE)
        return await take(nothing, text)

    with PostingLine(session, wait, at_once=1, when_lost="Lost.") as line:
        line.post([a_text(), a_text(), a_text()])
        line.recall()
        gate.set()
        outcomes = line.outcomes(3, PATIENCE)
    assert kinds(outcomes)[1:] == [FailureKind.NOT_POSTED] * 2


@pytest.mark.parametrize(("left", "kind"), [(timedelta(minutes=1), None), (timedelta(seconds=-1), "not_posted")])
def test_a_text_whose_time_is_up_is_not_posted(left: timedelta, kind: str | None) -> None:
    with PostingLine(session, take, at_once=1, when_lost="Lost.") as line:
        line.post([OutgoingText(uuid4(), "+447700900001", "Words.", timezone.now() + left)])
        assert kinds(line.outcomes(1, PATIENCE)) == [kind]


async def _break(_: None, text: OutgoingText) -> Accepted:
    raise RuntimeError("unforeseen")


def _no_session() -> AbstractAsyncContextManager[None]:
    raise RuntimeError("unforeseen")


@pytest.mark.parametrize(("connect", "post"), [(session, _break), (_no_session, take)])
def test_what_breaks_off_is_unknown(
    connect: Callable[[], AbstractAsyncContextManager[None]], post: Callable[..., Awaitable[Accepted]]
) -> None:
    with PostingLine(connect, post, at_once=2, when_lost="Lost.") as line:
        line.post([a_text(), a_text(), a_text()])
        outcomes = line.outcomes(3, PATIENCE)
    assert kinds(outcomes) == [FailureKind.UNKNOWN] * 3


def test_nothing_posted_leaves_nothing_to_wait_for() -> None:
    with PostingLine(session, take, at_once=2, when_lost="Lost.") as line:
        assert line.outcomes(5, 60) == []


def test_an_account_that_cannot_be_used_posts_nothing(account: TextAccount, sandbox: SandboxServer) -> None:
    with channel_for(replace(account, secret="")).open() as line:
        line.post([a_text()])
        assert kinds(line.outcomes(1, PATIENCE)) == [FailureKind.CONFIGURATION]
        line.recall()
    assert sandbox.control("books?part=texts")["texts"] == []
