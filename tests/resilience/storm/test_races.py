"""Two texts to one patient would need bad luck in just this order: here it is, again and again."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.messaging.port import ProviderRecord
from integrations.messaging.twilio.channel import TwilioChannel
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox import retries, sweeping
from integrations.outbox.messages import claiming, sending
from integrations.sandbox.server import SandboxServer
from practices.models import Practice
from tests.connected import connect
from tests.factories import make_campaign, make_invitation, make_message, make_practice
from tests.resilience.storm.clock import FastClock
from tests.waiting import HELD_UP, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

MARGIN = timedelta(minutes=1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


class Scene:
    """One practice with one text to send, and a clock that moves on only when told."""

    def __init__(self, sandbox: SandboxServer, clock: FastClock) -> None:
        self.sandbox, self.clock = sandbox, clock
        self.practice: Practice = make_practice()
        connect(self.practice, sandbox)
        campaign = make_campaign(self.practice, started=True)
        self.message: Message = make_message(make_invitation(campaign))

    def send(self) -> None:
        sending.send_due(self.practice.id)

    def ask(self) -> None:
        sweeping.ask_provider(self.practice.id)

    def later(self, by: timedelta) -> None:
        self.clock.jump(by, self.sandbox)

    def state(self) -> str:
        self.message.refresh_from_db()
        return self.message.state

    def own_texts(self) -> list[dict[str, Any]]:
        account = self.practice.channel_connection.account_sid
        return [text for text in self.sandbox.control("books?part=texts")["texts"] if text["account"] == account]

    def texts(self) -> int:
        return len(self.own_texts())

    def go_on(self, minutes: int = 15) -> None:
        """Let everybody do their work, long enough for it to be known whether the text went."""
        for _ in range(minutes):
            self.later(MARGIN)
            sweeping.sweep()
            self.ask()
            self.send()


@pytest.fixture
def scene(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    clock = FastClock(rate=1)
    monkeypatch.setattr(timezone, "now", clock.now)
    clock.keep(sandbox)
    yield Scene(sandbox, clock)
    sandbox.control("faults", method="DELETE")


def once(original: Callable[..., Any], meanwhile: Callable[[], None]) -> Callable[..., Any]:
    """The function, but the first time something else happens before its caller goes on."""
    waiting = [meanwhile]

    def called(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if waiting:
            waiting.pop()()
        return result

    return called


def test_an_answer_older_than_the_last_sending_frees_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who asks is held up; by the time that "not there" is heard the text has been sent once more."""

    def meanwhile() -> None:
        scene.later(retries.LOST_AFTER + MARGIN)
        scene.ask()
        scene.sandbox.fault("twilio.create", "timeout_after")
        scene.send()
        assert scene.state() == MessageState.UNKNOWN
        scene.later(retries.SURE_AFTER + MARGIN)

    scene.sandbox.fault("twilio.create", "timeout_before")
    scene.send()
    scene.later(retries.SURE_AFTER + MARGIN)
    with monkeypatch.context() as patch:
        patch.setattr(TwilioChannel, "look_up", once(TwilioChannel.look_up, meanwhile))
        scene.ask()
    scene.go_on()
    assert scene.texts() == 1


def test_a_worker_that_was_frozen_after_its_claim_posts_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken for dead, the text is sent by another, and then it comes back to life."""
    monkeypatch.setattr(claiming, "take", once(claiming.take, scene.go_on))
    scene.send()
    scene.go_on()
    assert scene.texts() == 1
    assert scene.state() in (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)


def test_clocks_that_differ_hide_no_text(scene: Scene) -> None:
    """The provider's clock is ten minutes behind ours, so its record is from before our call."""
    scene.sandbox.control("clock", {"offset_seconds": -600})
    scene.sandbox.fault("twilio.create", "timeout_after")
    scene.send()
    scene.clock.offset += 600
    scene.ask()
    scene.clock.offset += 600
    scene.ask()
    scene.send()
    assert scene.texts() == 1
    assert scene.state() != MessageState.UNKNOWN


def test_a_text_that_was_taken_after_we_gave_up_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.messaging.twilio.client.ANSWER_SECONDS", 1)
    scene.sandbox.fault("twilio.create", "latency", seconds=HELD_UP)
    scene.send()
    assert (scene.state(), scene.texts()) == (MessageState.UNKNOWN, 0)
    scene.sandbox.control("faults", method="DELETE")
    scene.later(retries.ASK_SOON)
    scene.ask()
    wait_until(lambda: scene.texts() == 1)
    scene.go_on()
    assert scene.texts() == 1


def test_a_text_that_the_provider_s_list_shows_late_is_found(scene: Scene) -> None:
    scene.sandbox.fault("twilio.list", "lag", seconds=90, times=None)
    scene.sandbox.fault("twilio.create", "timeout_after")
    scene.send()
    scene.go_on()
    assert scene.texts() == 1
    assert scene.state() != MessageState.UNKNOWN


def test_one_attempt_s_text_that_turns_up_late_ends_the_attempts(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt's text was hidden for so long that we sent again, in vain: then it is there, and enough."""
    scene.sandbox.fault("twilio.create", "timeout_after")
    scene.send()

    def hidden(self: TwilioChannel, to: str, since: datetime) -> list[ProviderRecord]:
        return []

    with monkeypatch.context() as patch:
        patch.setattr(TwilioChannel, "look_up", hidden)
        scene.later(retries.SURE_AFTER + MARGIN)
        scene.ask()
    assert scene.state() == MessageState.DUE
    scene.sandbox.fault("twilio.create", "timeout_before")
    scene.send()
    scene.go_on()
    assert scene.texts() == 1


def test_a_question_without_an_answer_is_not_the_answer_that_there_is_no_news(scene: Scene) -> None:
    """The text arrived, no receipt came, and the provider cannot be asked just when we would have given up."""
    scene.sandbox.fault("twilio.callback", "missing", times=None)
    scene.send()
    wait_until(lambda: [text["status"] for text in scene.own_texts()] == ["delivered"])
    scene.sandbox.fault("twilio.fetch", "status", status=503)
    scene.later(retries.NO_NEWS_AFTER + MARGIN)
    scene.ask()
    scene.later(timedelta(hours=25))
    scene.ask()
    assert scene.state() == MessageState.DELIVERED
