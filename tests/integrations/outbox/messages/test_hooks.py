"""What may not go after all: opt-outs are asked about once more before each text, and a STOP is remembered."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from campaigns.drafts import services
from campaigns.models import Invitation
from campaigns.sending import issuing
from core.hooks import Hook
from integrations.messaging.port import DeliveryStatus, NumberFault, Receipt
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState, MessageState
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages import receipts
from integrations.outbox.messages.sending import send_due
from integrations.outbox.sweeping import ask_provider
from patients.models import OptOut, OptOutSource
from patients.opt_outs import services as opt_outs
from practices.models import Practice
from tests.factories import make_campaign, make_message, make_practice, make_staff
from tests.integrations.outbox.conftest import Case
from tests.threads import at_once
from tests.waiting import wait_until

STOPS = "+15005550004"
"""The number for which the provider's stand-in says that it has been told STOP."""


def opt_out(practice: Practice, **of: str) -> OptOut:
    return opt_outs.add(practice=practice, by=None, source=OptOutSource.PATIENT, **of)


def number_of(message: Message) -> str:
    return Invitation.objects.get(id=message.subject_id).recipient.nhs_number


@pytest.mark.hazard("H-16.4")
@pytest.mark.parametrize("by", ["mobile", "nhs_number"])
def test_an_opt_out_after_send_and_before_the_claim_stops_the_text(case: Case, by: str) -> None:
    """Asked about just before it leaves (contact#opted-out)."""
    stopped, other = case.message(), case.message()
    code = case.code(stopped)
    opt_out(case.practice, **{by: stopped.to if by == "mobile" else number_of(stopped)})
    assert send_due(case.practice.id) == 2
    stopped.refresh_from_db()
    other.refresh_from_db()
    code.refresh_from_db()
    assert (stopped.state, stopped.error_code, stopped.number_fault) == (
        MessageState.FAILED,
        message_hooks.OPTED_OUT,
        "",
    )
    assert "asked not to get texts" in stopped.reason
    assert (stopped.due_at, stopped.sent_at) == (None, None)
    assert stopped.settled_at is not None
    assert code.state == CodeState.WITHDRAWN
    assert other.state == MessageState.ACCEPTED
    assert [text["recipient"] for text in case.texts()] == [other.to]


def test_a_whole_batch_with_an_opt_out_after_send(case: Case) -> None:
    """From Send to the phone: every row has its end, and the numbers add up."""
    batch = make_campaign(case.practice, rows=3)
    services.start(campaign=batch, longest_name="Asha", by=batch.created_by)
    issuing.issue(batch.id)
    assert batch.patient_list is not None
    row = batch.patient_list.recipients.all()[0]
    opt_out(case.practice, nhs_number=row.nhs_number)
    while send_due(case.practice.id):
        pass
    states = sorted(Message.objects.filter(campaign_id=batch.id).values_list("state", flat=True))
    assert states == [MessageState.ACCEPTED, MessageState.ACCEPTED, MessageState.FAILED]
    assert row.mobile not in [text["recipient"] for text in case.texts()]
    withdrawn = CodedEntry.objects.filter(campaign_id=batch.id, state=CodeState.WITHDRAWN)
    assert [entry.nhs_number for entry in withdrawn] == [row.nhs_number]


def test_no_text_of_any_kind_goes_to_one_who_has_opted_out(case: Case) -> None:
    message = case.message(purpose=Purpose.CONFIRMATION)
    opt_out(case.practice, nhs_number=number_of(message))
    send_due(case.practice.id)
    assert case.texts() == []


def test_another_practice_s_opt_out_stops_nothing(case: Case) -> None:
    message, other = case.message(), make_practice()
    opt_out(other, mobile=message.to)
    opt_out(other, nhs_number=number_of(message))
    send_due(case.practice.id)
    assert len(case.texts()) == 1


def test_an_ended_opt_out_stops_nothing(case: Case) -> None:
    message, staff = case.message(), make_staff(case.practice)
    for of in ({"mobile": message.to}, {"nhs_number": number_of(message)}):
        opt_outs.end(opt_out=opt_out(case.practice, **of), by=staff)
    send_due(case.practice.id)
    assert len(case.texts()) == 1


def test_a_text_that_is_tried_again_is_asked_about_again(case: Case) -> None:
    message = case.message()
    case.sandbox.fault("twilio.create", "status", status=429)
    send_due(case.practice.id)
    Message.objects.filter(id=message.id, state=MessageState.DUE).update(due_at=timezone.now())
    opt_out(case.practice, mobile=message.to)
    send_due(case.practice.id)
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.FAILED, message_hooks.OPTED_OUT)
    assert case.texts() == []


def test_an_account_that_is_missing_makes_no_difference_to_an_opt_out(case: Case) -> None:
    stopped, waiting = case.message(), case.message()
    case.practice.channel_connection.delete()
    opt_out(case.practice, mobile=stopped.to)
    assert send_due(case.practice.id) == 2
    stopped.refresh_from_db()
    waiting.refresh_from_db()
    assert (stopped.state, waiting.state) == (MessageState.FAILED, MessageState.DUE)


def test_each_gate_asks_once_for_a_claim(case: Case, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rows = [case.message() for _ in range(5)]
    with django_assert_num_queries(2):
        message_hooks.stopped(case.practice, rows)


@pytest.fixture
def departed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Practice, set[UUID], set[str]]]:
    """What a listener to departures is told: whose texts go, which, and how they stood in the database then."""
    departures: list[tuple[Practice, set[UUID], set[str]]] = []

    def listen(practice: Practice, rows: Sequence[Message]) -> None:
        ids = {row.id for row in rows}
        departures.append((practice, ids, set(Message.objects.filter(id__in=ids).values_list("state", flat=True))))

    monkeypatch.setattr(message_hooks, "departures", Hook("departure", "as the product's, and empty"))
    for _ in range(2):  # once is enough
        message_hooks.departures.register(listen)
    return departures


def test_listeners_hear_of_texts_that_are_about_to_go_and_of_no_others(
    case: Case, departed: list[tuple[Practice, set[UUID], set[str]]]
) -> None:
    stopped, message = case.message(), case.message()
    opt_out(case.practice, mobile=stopped.to)
    send_due(case.practice.id)
    assert departed == [(case.practice, {message.id}, {MessageState.STARTED})]


def test_a_text_that_is_tried_again_is_told_of_again(
    case: Case, departed: list[tuple[Practice, set[UUID], set[str]]]
) -> None:
    message = case.message()
    case.sandbox.fault("twilio.create", "status", status=429)
    for _ in range(2):
        Message.objects.filter(id=message.id).update(due_at=timezone.now())
        send_due(case.practice.id)
    assert len(departed) == 2


@pytest.mark.django_db(transaction=True)
def test_an_opt_out_that_races_the_worker_leaves_no_row_in_between(case: Case) -> None:
    """Whichever is first: the text went, or it was stopped, and there is one live opt-out."""
    messages = [case.message() for _ in range(6)]
    opting = [lambda to=message.to: opt_out(case.practice, mobile=to) for message in messages]
    at_once(*opting, lambda: send_due(case.practice.id), lambda: send_due(case.practice.id))
    went = {text["recipient"] for text in case.texts()}
    for message in messages:
        message.refresh_from_db()
        assert message.state == (MessageState.ACCEPTED if message.to in went else MessageState.FAILED)
    assert opt_outs.live_of(case.practice).count() == 6


def test_a_number_that_told_the_network_stop_is_opted_out(case: Case) -> None:
    """At the time of sending; and once only."""
    message, other = case.message(to=STOPS), case.message()
    send_due(case.practice.id)
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.FAILED, "21610")
    entry = OptOut.objects.get()
    assert (entry.practice, entry.mobile, entry.source) == (case.practice, STOPS, OptOutSource.CHANNEL)
    again = make_message(case.invitation(), to=STOPS)
    send_due(case.practice.id)
    again.refresh_from_db()
    other.refresh_from_db()
    assert (again.state, again.error_code) == (MessageState.FAILED, message_hooks.OPTED_OUT)
    assert other.state == MessageState.ACCEPTED
    assert OptOut.objects.count() == 1


def sent(case: Case) -> Message:
    message = case.message()
    send_due(case.practice.id)
    message.refresh_from_db()
    return message


def failed(message: Message, code: str, number: NumberFault) -> Receipt:
    reason = "It did not arrive."
    return Receipt(message.provider_id or "", "undelivered", DeliveryStatus.FAILED, code, reason, number)


def test_a_stop_that_comes_by_receipt_is_kept_as_well(case: Case) -> None:
    message = sent(case)
    for _ in range(2):
        receipts.keep_receipt(case.practice, failed(message, "21610", NumberFault.STOPPED))
    assert OptOut.objects.get().mobile == message.to


def test_a_stop_receipt_that_is_not_the_practice_s_own_opts_nobody_out(case: Case) -> None:
    receipts.keep_receipt(make_practice(), failed(sent(case), "21610", NumberFault.STOPPED))
    assert not OptOut.objects.exists()


@pytest.mark.parametrize(
    ("code", "fault"), [("30005", NumberFault.BAD), ("21610", NumberFault.STOPPED), ("30007", ""), ("30003", "")]
)
def test_news_that_has_to_be_asked_for_says_as_much(case: Case, code: str, fault: str) -> None:
    message = case.message()
    case.sandbox.fault("twilio.delivery", "undelivered", code=code, match={"To": message.to})
    case.sandbox.fault("twilio.callback", "missing", times=None)
    send_due(case.practice.id)
    wait_until(lambda: case.texts()[0]["status"] == "undelivered")
    Message.objects.filter(id=message.id).update(due_at=timezone.now())
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert (message.state, message.error_code, message.number_fault) == (MessageState.FAILED, code, fault)
    assert OptOut.objects.filter(mobile=message.to).exists() == (fault == NumberFault.STOPPED)


@pytest.mark.parametrize(("to", "fault"), [("+15005550009", NumberFault.BAD), ("+15005550003", "")])
def test_what_a_refusal_says_about_the_number_is_kept(case: Case, to: str, fault: str) -> None:
    """A landline is the number's fault; an account that may not text abroad is not."""
    message = case.message(to=to)
    send_due(case.practice.id)
    message.refresh_from_db()
    assert message.number_fault == fault


def test_what_a_receipt_says_about_the_number_is_kept_until_its_message_is_known(case: Case) -> None:
    message = case.message()
    early = Receipt("SM-early", "undelivered", DeliveryStatus.FAILED, "30006", "A landline.", NumberFault.BAD)
    receipts.keep_receipt(case.practice, early)
    Message.objects.filter(id=message.id).update(state=MessageState.ACCEPTED, provider_id="SM-early")
    receipts.apply_waiting(["SM-early"])
    message.refresh_from_db()
    assert (message.state, message.number_fault) == (MessageState.FAILED, NumberFault.BAD)
