"""A Twilio account with the sandbox, and somewhere for its receipts to go."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from integrations.messaging.port import MessageChannel, OutgoingText, TextAccount
from integrations.messaging.registry import channel as channel_for
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.receiver import Receiver

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "a made-up token"


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxServer]:
    """One sandbox for all of these tests."""
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(running_sandbox: SandboxServer) -> SandboxServer:
    """The sandbox, empty but for one account whose texts go their way at once."""
    running_sandbox.control("reset", {})
    running_sandbox.control("seed", {"accounts": [{"sid": SID, "token": TOKEN, "step_seconds": 0.01}]})
    return running_sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of this test's receipts."""
    with Receiver() as server:
        yield server


@pytest.fixture
def account(sandbox: SandboxServer, receiver: Receiver) -> TextAccount:
    """The seeded account, with a number for a sender."""
    return TextAccount("twilio", SID, TOKEN, "+447700900999", receiver.url, f"{sandbox.url}/twilio")


@pytest.fixture
def channel(account: TextAccount) -> MessageChannel:
    """The channel of that account."""
    return channel_for(account)


def a_text(to: str = "+447700900001", body: str = "Dear Ann, please book: https://sb.example/i/abc") -> OutgoingText:
    """A text to send."""
    return OutgoingText(uuid4(), to, body)
