"""The state tables: complete, and forward only."""

from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, models
from django.utils import timezone

from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CODE_MOVES, MESSAGE_MOVES, CodeState, MessageState, may_come_from
from tests.factories import make_coded_entry, make_invitation, make_message, make_practice, make_staff


@pytest.mark.parametrize(("moves", "states"), [(MESSAGE_MOVES, MessageState), (CODE_MOVES, CodeState)])
def test_every_state_has_its_moves(moves: dict[str, frozenset[str]], states: type[models.TextChoices]) -> None:
    assert set(moves) == set(states.values)
    assert set().union(*moves.values()) <= set(states.values)


@pytest.mark.parametrize("state", ["delivered", "failed", "withdrawn", "check"])
def test_a_final_message_stays(state: str) -> None:
    assert not MESSAGE_MOVES[state]


def test_a_message_may_fail_after_it_was_sent_and_not_after_it_was_delivered() -> None:
    before = may_come_from(MESSAGE_MOVES, MessageState.FAILED)
    assert "sent" in before
    assert "delivered" not in before


@pytest.mark.django_db
def test_the_database_keeps_one_message_per_invitation_and_purpose() -> None:
    invitation = make_invitation()
    make_message(invitation)
    with pytest.raises(IntegrityError):
        make_message(invitation)


@pytest.mark.django_db
def test_the_database_keeps_one_code_per_invitation_and_purpose() -> None:
    invitation = make_invitation()
    make_coded_entry(invitation)
    with pytest.raises(IntegrityError):
        make_coded_entry(invitation)


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Message, CodedEntry])
def test_the_database_refuses_a_state_that_there_is_not(model: type[Message] | type[CodedEntry]) -> None:
    make = make_message if model is Message else make_coded_entry
    with pytest.raises(IntegrityError):
        make(make_invitation(), state="lost")


_EVERY = [(before, after) for before in MessageState.values for after in MessageState.values if before != after]
_EVERY_CODE = [(before, after) for before in CodeState.values for after in CodeState.values if before != after]


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "after"), _EVERY)
def test_the_database_itself_holds_the_table_for_messages(before: str, after: str) -> None:
    row = make_message(make_invitation(), state=before, in_app_at=timezone.now())
    _change(Message.objects.filter(id=row.id), after, allowed=after in MESSAGE_MOVES[before])


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "after"), _EVERY_CODE)
def test_the_database_itself_holds_the_table_for_codes(before: str, after: str) -> None:
    row = make_coded_entry(make_invitation(), state=before, **_by_hand(before))
    _change(CodedEntry.objects.filter(id=row.id), after, allowed=after in CODE_MOVES[before], **_by_hand(after))


def _by_hand(state: str) -> dict[str, Any]:
    if state != CodeState.BY_HAND:
        return {"by_hand_by": None}
    return {"by_hand_by": make_staff(make_practice()), "settled_at": timezone.now()}


def _change(row: models.QuerySet[Any], state: str, *, allowed: bool, **values: Any) -> None:
    if allowed:
        assert row.update(state=state, **values)
    else:
        with pytest.raises(ProgrammingError, match="Invalid transition"):
            row.update(state=state, **values)
