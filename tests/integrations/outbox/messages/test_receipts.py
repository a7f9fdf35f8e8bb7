"""Delivery news: forward only, in any order, any number of times; and what follows from it."""

import itertools

import pytest

from integrations.messaging.port import DeliveryStatus, Receipt
from integrations.models.outbox import DeliveryReceipt, Message
from integrations.models.states import CodeState, MessageState
from integrations.outbox.messages import receipts
from integrations.outbox.messages.sending import send_due
from tests.integrations.outbox.conftest import Case

RECEIPTS = {
    "queued": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
}


def receipt(message: Message, raw: str, status: DeliveryStatus | None = None) -> Receipt:
    return Receipt(message.provider_id or "", raw, status or RECEIPTS.get(raw), "", "")


def sent(case: Case) -> Message:
    message = case.message()
    send_due(case.practice.id)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("order", list(itertools.permutations(RECEIPTS)))
def test_the_end_is_the_same_in_every_order_and_with_repeats(case: Case, order: tuple[str, ...]) -> None:
    message = sent(case)
    for raw in (*order, *order):
        receipts.keep_receipt(case.practice, receipt(message, raw))
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED
    assert DeliveryReceipt.objects.filter(provider_id=message.provider_id).count() == 3


def test_failed_after_delivered_changes_nothing(case: Case) -> None:
    message = sent(case)
    receipts.keep_receipt(case.practice, receipt(message, "delivered"))
    receipts.keep_receipt(case.practice, receipt(message, "failed", DeliveryStatus.FAILED))
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED


def test_a_failure_gives_staff_the_reason(case: Case) -> None:
    message = sent(case)
    failed = Receipt(message.provider_id or "", "undelivered", DeliveryStatus.FAILED, "30005", "This number is dead.")
    receipts.keep_receipt(case.practice, failed)
    message.refresh_from_db()
    assert message.state == MessageState.FAILED
    assert (message.error_code, message.reason) == ("30005", "This number is dead.")


def test_a_status_never_seen_is_kept_and_moves_nothing(case: Case) -> None:
    message = sent(case)
    receipts.keep_receipt(case.practice, receipt(message, "teleported"))
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED
    assert DeliveryReceipt.objects.get(provider_id=message.provider_id).raw_status == "teleported"


def test_news_that_comes_before_our_own_save_is_applied_by_it(case: Case) -> None:
    case.sandbox.fault("twilio.create", "callback_first")
    early = Receipt("SM-early", "delivered", DeliveryStatus.DELIVERED, "", "")
    receipts.keep_receipt(case.practice, early)
    message = case.message(state=MessageState.ACCEPTED, provider_id="SM-early")
    receipts.apply_waiting(["SM-early"])
    message.refresh_from_db()
    assert message.state == MessageState.DELIVERED


def test_another_practice_s_receipt_moves_nothing(case: Case) -> None:
    message = sent(case)
    stranger = type(case)(case.sandbox, case.practice, case.campaign)
    other = stranger.campaign.created_by.memberships.get().practice
    other.pk = None
    other.ods_code = "B00001"
    other.save()
    receipts.keep_receipt(other, receipt(message, "delivered"))
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED


def test_the_code_becomes_due_when_the_text_has_gone_and_not_before(case: Case) -> None:
    message = case.message()
    code = case.code(message)
    send_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.WAITING
    message.refresh_from_db()
    receipts.keep_receipt(case.practice, receipt(message, "sent"))
    code.refresh_from_db()
    message.refresh_from_db()
    assert code.state == CodeState.DUE
    assert code.happened_at == message.sent_at


def test_the_code_is_withdrawn_when_the_text_never_went(case: Case) -> None:
    message = case.message(to="+15005550001")
    code = case.code(message)
    send_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.WITHDRAWN
