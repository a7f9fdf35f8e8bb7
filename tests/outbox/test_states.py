"""The state tables: complete, and forward only."""

import pytest
from django.db import IntegrityError, models

from integrations.outbox.models import CodedEntry, Message
from integrations.outbox.states import CODE_MOVES, MESSAGE_MOVES, CodeState, MessageState, may_come_from
from tests.factories import make_coded_entry, make_invitation, make_message


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
    invitation = make_invitation()
    row = make_message(invitation) if model is Message else make_coded_entry(invitation)
    with pytest.raises(IntegrityError):
        model.objects.filter(id=row.id).update(state="lost")
