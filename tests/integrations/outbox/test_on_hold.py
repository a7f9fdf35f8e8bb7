"""While a practice is on hold nothing of its outbox leaves, by any channel; afterwards it goes as if nothing were."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from integrations.messaging.channels import Channel
from integrations.models.outbox import Message
from integrations.models.states import CodeState, MessageState
from integrations.outbox.codes import filing
from integrations.outbox.messages import claiming, resending, sending
from practices.holds import services as holds
from tests.integrations.outbox.conftest import Case


def test_no_text_and_no_code_leaves_and_then_they_do(case: Case) -> None:
    message, code = case.message(), case.code()
    holds.hold(case.practice, by=None)
    assert sending.send_due(case.practice.id) == 0
    assert filing.file_due(case.practice.id) == 0
    message.refresh_from_db()
    code.refresh_from_db()
    assert (message.state, message.attempts, code.state) == (MessageState.DUE, 0, CodeState.DUE)
    assert (case.texts(), case.codes()) == ([], [])
    holds.release(case.practice, by=None)
    assert sending.send_due(case.practice.id) == 1
    assert filing.file_due(case.practice.id) == 1


def test_what_is_in_doubt_with_nhs_notify_is_not_posted_again(case: Case) -> None:
    together = uuid4()
    message = case.message(
        state=MessageState.UNKNOWN, together=together, way=Channel.NOTIFY, started_at=timezone.now(), attempts=1
    )
    holds.hold(None, by=None)
    resending.settle(case.practice, [message])
    message.refresh_from_db()
    assert message.attempts == 1


@pytest.mark.hazard("H-21.2")
def test_what_was_claimed_and_not_posted_comes_back(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold that begins while a worker has its hands full."""
    case.messages(200)
    monkeypatch.setattr(sending, "FIRST", 200)
    monkeypatch.setattr(sending, "MOST", 200)
    monkeypatch.setattr(sending, "LOOK_AT_HOLDS", 0.0)
    take = claiming.take
    posted: list[int] = []

    def take_and_hold(*args: Any) -> claiming.Claim:
        claim = take(*args)
        if not posted:
            holds.hold(case.practice, by=None)
        posted.append(len(claim.rows))
        return claim

    monkeypatch.setattr(claiming, "take", take_and_hold)
    sending.send_due(case.practice.id)
    went = len(case.texts())
    assert went < 200
    back = Message.objects.filter(practice=case.practice, state=MessageState.DUE)
    assert back.count() == 200 - went
    assert set(back.values_list("attempts", flat=True)) == {0}
    assert not back.filter(due_at__gt=timezone.now() + timedelta(minutes=1)).exists()
