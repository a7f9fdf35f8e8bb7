"""What each of Twilio's errors makes of a text, by the table, by range and by HTTP status (twilio#errors)."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messaging.port import Accepted, FailureKind, MessageChannel, NotAccepted, NumberFault
from integrations.messaging.twilio import receipts as twilio_receipts
from integrations.messaging.twilio.errors import meaning_of, meaning_of_answer
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.conftest import a_text

PERMANENT, CONFIGURATION = FailureKind.PERMANENT, FailureKind.CONFIGURATION
RATE_LIMITED, RETRY, UNKNOWN = FailureKind.RATE_LIMITED, FailureKind.RETRY, FailureKind.UNKNOWN
NONE, BAD, STOPPED = NumberFault.NONE, NumberFault.BAD, NumberFault.STOPPED

# Twilio's codes for texts: HTTP status of its answer, what to do, about the number, a word of the reason.
AT_SENDING = [
    (20003, 401, CONFIGURATION, NONE, "account details"),
    (20404, 404, CONFIGURATION, NONE, "not set up correctly"),
    (20429, 429, RATE_LIMITED, NONE, "busy"),
    (21211, 400, PERMANENT, BAD, "not a working number"),
    (21212, 400, CONFIGURATION, NONE, "sender name or number"),
    (21606, 400, CONFIGURATION, NONE, "sender name or number"),
    (21408, 403, CONFIGURATION, NONE, "country"),
    (21608, 400, CONFIGURATION, NONE, "on trial"),
    (21610, 400, PERMANENT, STOPPED, "replied STOP"),
    (21612, 400, PERMANENT, NONE, "cannot reach this number"),
    (21614, 400, PERMANENT, BAD, "landline"),
    (21617, 400, PERMANENT, NONE, "too long"),
    (21635, 400, PERMANENT, BAD, "landline"),
    (14107, 429, PERMANENT, NONE, "Too many texts"),
    (30001, 429, RATE_LIMITED, NONE, "busy"),
    (35114, 400, CONFIGURATION, NONE, "sending time"),
]
BY_RECEIPT = [
    (30001, RATE_LIMITED, NONE, "busy"),
    (30003, RETRY, NONE, "switched off"),
    (30004, PERMANENT, BAD, "blocking"),
    (30005, PERMANENT, BAD, "no longer in use"),
    (30006, PERMANENT, BAD, "landline"),
    (30007, CONFIGURATION, NONE, "wording"),
    (30008, RETRY, NONE, "could not be delivered"),
    # The choice of sender is the Messaging Service's, so that a STOP may be noticed only after the text was taken.
    (21610, PERMANENT, STOPPED, "replied STOP"),
]
# Codes beyond that list, and codes nobody has heard of.
MORE = [
    (10001, 403, CONFIGURATION, "run out of money"),
    (20005, 401, CONFIGURATION, "run out of money"),
    (30002, 400, CONFIGURATION, "run out of money"),
    (20008, 403, CONFIGURATION, "account details"),
    (21267, 400, CONFIGURATION, "on trial"),
    (21660, 400, CONFIGURATION, "sender name or number"),
    (21611, 429, RATE_LIMITED, "busy"),
    (63038, 429, CONFIGURATION, "in one day"),
    (20999, 400, CONFIGURATION, "not set up correctly"),
    (21799, 400, CONFIGURATION, "sender name or number"),
    (21699, 400, PERMANENT, "would not take"),
    (21699, 403, PERMANENT, "would not take"),
    (30999, 400, PERMANENT, "could not be delivered"),
    (70123, 400, CONFIGURATION, "not set up correctly"),
    (90123, 400, CONFIGURATION, "not set up correctly"),
    (57012, 400, PERMANENT, "would not take"),
    (57012, 401, CONFIGURATION, "account details"),
    (57012, 402, CONFIGURATION, "run out of money"),
    (57012, 403, CONFIGURATION, "not set up correctly"),
    (57012, 404, CONFIGURATION, "not set up correctly"),
    (57012, 429, RATE_LIMITED, "busy"),
    (123456789, 400, PERMANENT, "would not take"),
]
# Answers that do not say that nothing was done, whatever code they hold.
IN_DOUBT = [(20500, 500), (20503, 503), (21211, 502), (21610, 500), (21211, 408), (21211, 409), (21211, 302)]


def refusal(channel: MessageChannel) -> NotAccepted:
    [outcome] = channel.send([a_text()])
    assert isinstance(outcome, NotAccepted)
    return outcome


@pytest.mark.parametrize(("code", "status", "kind", "number", "reason"), AT_SENDING, ids=lambda value: str(value))
def test_every_known_code_at_the_time_of_sending(
    channel: MessageChannel,
    sandbox: SandboxServer,
    code: int,
    status: int,
    kind: FailureKind,
    number: NumberFault,
    reason: str,
) -> None:
    sandbox.fault("twilio.create", "refuse", code=str(code), status=status)
    outcome = refusal(channel)
    assert (outcome.kind, outcome.code, outcome.number) == (kind, str(code), number)
    assert reason in outcome.reason


@pytest.mark.parametrize(("code", "kind", "number", "reason"), BY_RECEIPT)
def test_every_known_code_of_a_receipt(code: int, kind: FailureKind, number: NumberFault, reason: str) -> None:
    receipt = twilio_receipts.parse({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": str(code)})
    assert receipt is not None
    assert (receipt.code, receipt.number, meaning_of(code).kind) == (str(code), number, kind)
    assert reason in receipt.reason


@pytest.mark.parametrize(("code", "status", "kind", "reason"), MORE)
def test_other_codes_are_judged_by_range_and_then_by_status(
    code: int, status: int, kind: FailureKind, reason: str
) -> None:
    meaning = meaning_of_answer(status, code)
    assert meaning.kind is kind
    assert reason in meaning.reason


@pytest.mark.parametrize(("code", "status"), IN_DOUBT)
def test_an_answer_that_is_no_refusal_leaves_the_text_in_doubt(
    channel: MessageChannel, sandbox: SandboxServer, code: int, status: int
) -> None:
    sandbox.fault("twilio.create", "refuse", code=str(code), status=status)
    outcome = refusal(channel)
    assert (outcome.kind, outcome.number) == (UNKNOWN, NONE)


@given(st.integers(300, 599), st.none() | st.integers(10_000, 999_999))
def test_only_a_refusal_settles_or_sends_again(status: int, code: int | None) -> None:
    kind = meaning_of_answer(status, code).kind
    if not 400 <= status < 500:
        assert kind is UNKNOWN
    if code is None and status not in (401, 402, 403, 429):
        assert kind is UNKNOWN


@given(st.integers(10_000, 99_999))
def test_every_reason_is_a_sentence_that_fits_and_says_whom_to_ask(code: int) -> None:
    meaning = meaning_of(code)
    assert meaning.reason.endswith(".")
    assert len(meaning.reason) <= 200
    if meaning.kind is CONFIGURATION:
        assert "administrator" in meaning.reason or "Change the message" in meaning.reason


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (HTTPStatus.UNAUTHORIZED, CONFIGURATION),
        (HTTPStatus.PAYMENT_REQUIRED, CONFIGURATION),
        (HTTPStatus.FORBIDDEN, CONFIGURATION),
        (HTTPStatus.TOO_MANY_REQUESTS, RATE_LIMITED),
        (HTTPStatus.BAD_REQUEST, UNKNOWN),
        (HTTPStatus.NOT_FOUND, UNKNOWN),
        (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, UNKNOWN),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>Not by this way</html>",
        "null",
        "[21211]",
        '"21211"',
        "{}",
        '{"code": null}',
        '{"code": [21211]}',
        '{"code": 1e999}',
        '{"code": "abc"}',
        '{"code": 400, "type": "x", "title": "x", "status": 400}',
        "[" * 100_000,
    ],
    ids=lambda body: body[:30],
)
def test_an_answer_without_a_code_of_twilio_s_is_judged_by_its_status(
    channel: MessageChannel, sandbox: SandboxServer, status: int, kind: FailureKind, body: str
) -> None:
    sandbox.fault("twilio.create", "status", status=status, body=body, content_type="application/json")
    outcomes = channel.send([a_text(), a_text()])
    refused = [outcome for outcome in outcomes if isinstance(outcome, NotAccepted)]
    assert [outcome.kind for outcome in refused] == [kind]
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 1


def test_the_real_status_counts_and_not_the_one_in_the_body(channel: MessageChannel, sandbox: SandboxServer) -> None:
    body = '{"type": "x", "title": "x", "status": 400, "code": 21211}'
    sandbox.fault("twilio.create", "status", status=502, body=body, content_type="application/json")
    assert refusal(channel).kind is UNKNOWN


@pytest.mark.parametrize(
    ("code", "kind", "number"), [(30002, CONFIGURATION, NONE), (30005, PERMANENT, BAD), (30003, PERMANENT, NONE)]
)
def test_a_text_that_is_taken_and_given_up_at_once_has_failed_with_a_reason(
    channel: MessageChannel, sandbox: SandboxServer, code: int, kind: FailureKind, number: NumberFault
) -> None:
    body = f'{{"sid": "SM1", "status": "failed", "error_code": {code}}}'
    sandbox.fault("twilio.create", "status", status=201, body=body, content_type="application/json")
    outcome = refusal(channel)
    assert (outcome.kind, outcome.code, outcome.number) == (kind, str(code), number)
    assert outcome.reason == meaning_of(code).reason


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("3", 3, 3),
        ("0", 0, 0),
        ("0.5", 0.5, 0.5),
        ("86400", 3600, 3600),
        ("1e999", 3600, 3600),
        ("in a minute", 50, 60),
        ("in a year", 3600, 3600),
    ],
)
def test_too_many_at_once_come_back_after_the_time_asked_for(
    channel: MessageChannel, sandbox: SandboxServer, header: str, least: float, most: float
) -> None:
    waits = {"in a minute": timedelta(minutes=1), "in a year": timedelta(days=365)}
    if header in waits:
        header = format_datetime(datetime.now(UTC) + waits[header], usegmt=True)
    sandbox.fault("twilio.create", "status", status=429, headers={"Retry-After": header})
    outcome = refusal(channel)
    assert (outcome.kind, outcome.code) == (RATE_LIMITED, "20429")
    assert outcome.retry_after is not None
    assert least <= outcome.retry_after <= most


@pytest.mark.parametrize(
    "header",
    [
        "-5",
        "soon",
        "nan",
        "",
        "Thu, 01 Jan 2026 00:00:00 GMT",
        "Thu, 31 Dec 9999 23:59:59 -9999",
        "Fri, 01 Jan 2027 00:00:00 -0000",
        "Fri, 01 Jan 99999 00:00:00 GMT",
    ],
)
def test_a_senseless_wait_is_no_wait(channel: MessageChannel, sandbox: SandboxServer, header: str) -> None:
    sandbox.fault("twilio.create", "status", status=429, headers={"Retry-After": header})
    outcome = refusal(channel)
    assert (outcome.kind, outcome.retry_after) == (RATE_LIMITED, None)


def test_a_refusal_for_good_names_no_wait(channel: MessageChannel, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.create", "refuse", status=400, code="21211", headers={"Retry-After": "5"})
    assert refusal(channel).retry_after is None
