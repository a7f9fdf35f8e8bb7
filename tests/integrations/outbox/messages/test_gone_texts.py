"""A message that went before the database was restored takes its text's id, and does not go again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.links import link_for
from integrations.messaging.port import ListedText
from integrations.models import GoneText, NotifyConnection, Routing
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox.messages import gone_texts, sending
from integrations.reconciling import texts
from practices.holds import services as holds
from tests.integrations.outbox.conftest import Case


def listed(message: Message, provider_id: str = "SM1", body: str = "") -> ListedText:
    return ListedText(provider_id, message.to, body or sending.full_text(message), timezone.now())


def test_by_its_words_and_its_link_whatever_marks_the_provider_put(case: Case) -> None:
    message = case.message(body="Dear Zoë \u2013 “please” book:  {link} ")
    body = f'Dear Zoe - "please" book: {link_for(message.subject_id)}'
    assert gone_texts.note(case.practice, "twilio", [listed(message, body=body)]) == 1
    assert gone_texts.note(case.practice, "twilio", [listed(message, body=body)]) == 0
    assert gone_texts.match_waiting(case.practice) == 1
    message.refresh_from_db()
    assert (message.state, message.provider_id, message.provider) == (MessageState.ACCEPTED, "SM1", "twilio")
    assert gone_texts.left(case.practice) == 0


def test_what_is_known_by_its_id_is_no_news(case: Case) -> None:
    message = case.message()
    sending.send_due(case.practice.id)
    message.refresh_from_db()
    assert gone_texts.note(case.practice, "twilio", [listed(message, str(message.provider_id))]) == 0


@pytest.mark.parametrize("changed", ["words", "link", "phone"])
def test_another_text_is_another(case: Case, changed: str) -> None:
    message = case.message()
    other = case.message(body="A reminder: {link}") if changed == "words" else case.message()
    to = message.to if changed != "phone" else "+447700900888"
    text = ListedText("SM1", to, sending.full_text(other if changed != "phone" else message), timezone.now())
    gone_texts.note(case.practice, "twilio", [text])
    gone_texts.match_waiting(case.practice)
    message.refresh_from_db()
    assert message.state == MessageState.DUE


def test_two_patients_with_one_phone_and_the_same_words_take_a_text_each(case: Case) -> None:
    first, second = case.message(body="Hello", to="+447700900111"), case.message(body="Hello", to="+447700900111")
    gone_texts.note(case.practice, "twilio", [listed(first)])
    assert gone_texts.match_waiting(case.practice) == 1
    states = sorted(Message.objects.filter(id__in=[first.id, second.id]).values_list("state", flat=True))
    assert states == [MessageState.ACCEPTED, MessageState.DUE]


def test_what_is_written_again_later_is_not_posted(case: Case) -> None:
    message = case.message()
    gone_texts.note(case.practice, "twilio", [listed(message)])
    assert sending.send_due(case.practice.id) == 1
    message.refresh_from_db()
    assert (message.state, message.provider_id) == (MessageState.ACCEPTED, "SM1")
    assert case.texts() == []


def test_the_same_words_days_later_are_a_new_text(case: Case) -> None:
    message = case.message()
    gone_texts.note(case.practice, "twilio", [listed(message)])
    GoneText.objects.update(seen_at=timezone.now() - gone_texts.OPEN_FOR)
    sending.send_due(case.practice.id)
    assert len(case.texts()) == 1


def test_a_text_behind_the_app_that_went_does_not_follow_again(case: Case) -> None:
    message = case.message(state=MessageState.IN_APP, due_at=timezone.now() + timedelta(hours=4))
    gone_texts.note(case.practice, "twilio", [listed(message)])
    assert gone_texts.match_waiting(case.practice) == 1
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED


@pytest.mark.parametrize(
    ("routing", "state"),
    [(Routing.APP_THEN_THEIRS, MessageState.FAILED), (Routing.APP_THEN_OURS, MessageState.DUE)],
)
def test_what_nhs_notify_may_have_is_for_staff_or_goes_as_a_text(
    case: Case, routing: Routing, state: MessageState
) -> None:
    NotifyConnection.objects.create(practice=case.practice, channel=routing)
    message = case.message()
    holds.hold(case.practice, by=None)
    assert texts.settle_unknowable(case.practice, timezone.now()) == 1
    message.refresh_from_db()
    assert message.state == state
    assert (message.app_over is not None) == (state == MessageState.DUE)
