"""Twilio: the adapter against a mock of the published description, and the sandbox by the same description."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, RequestValidator

from integrations.messaging.port import Accepted, DeliveryStatus, FailureKind, LookUpFailed, NotAccepted, TextAccount
from integrations.messaging.registry import channel
from integrations.messaging.twilio.provider import TWILIO
from integrations.messaging.twilio.receipts import parse
from integrations.messaging.twilio.status import status_of
from integrations.sandbox.server import SandboxServer
from tests.conformance.exchange import Answer, Request
from tests.conformance.mock import Mock
from tests.conformance.oracle import oracle
from tests.conformance.samples import Sampler
from tests.conformance.spoiling import lenience
from tests.conformance.witness import Notebook, Witness
from tests.integrations.messaging.conftest import a_text
from tests.waiting import wait_until

API, WEBHOOKS = oracle("twilio"), oracle("twilio_webhooks")
SID, TOKEN, SERVICE = "AC" + "0123456789abcdef" * 2, "a-made-up-token", "MG" + "0a" * 16
MESSAGES = dict(Sampler(API).variants("Message"))
PAGES = dict(Sampler(API).variants("Page"))
ERRORS = dict(Sampler(API).variants("Error"))
LONG_AGO = datetime.now(UTC) - timedelta(days=4000)


@pytest.fixture(scope="module")
def running() -> Iterator[Mock]:
    with Mock(API, "/twilio") as server:
        yield server


@pytest.fixture
def mock(running: Mock) -> Iterator[Mock]:
    running.forget()
    yield running
    assert "\n".join(running.faults) == ""


def account(url: str, sender: str = "+447700900999", callback: str = "https://sb.example/news") -> TextAccount:
    return TextAccount("twilio", SID, TOKEN, sender, callback, url)


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("sender", ["+447700900999", SERVICE, "GPSurgery"])
def test_a_text_is_posted_as_described_and_each_answer_is_understood(mock: Mock, name: str, sender: str) -> None:
    message = MESSAGES[name]
    mock.will_answer("create", message, 201)
    [outcome] = channel(account(mock.url, sender)).send([a_text()])
    if status_of(message["status"]) is DeliveryStatus.FAILED:
        assert isinstance(outcome, NotAccepted)
        assert outcome.reason
    else:
        assert isinstance(outcome, Accepted)
        assert outcome.provider_id == message["sid"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 429, 500, 503])
@pytest.mark.parametrize("name", ERRORS)
def test_each_refusal_has_a_kind_and_a_reason(mock: Mock, name: str, status: int) -> None:
    mock.will_answer("create", {**ERRORS[name], "status": status}, status)
    [outcome] = channel(account(mock.url)).send([a_text()])
    assert isinstance(outcome, NotAccepted)
    assert outcome.reason
    if status >= 500 or status in (408, 409):
        assert outcome.kind is FailureKind.UNKNOWN


@pytest.mark.parametrize("name", PAGES)
def test_each_page_of_texts_is_understood(mock: Mock, name: str) -> None:
    mock.will_answer("list", PAGES[name])
    records = channel(account(mock.url)).look_up("+447700900001", LONG_AGO)
    assert [record.provider_id for record in records] == [message["sid"] for message in PAGES[name]["messages"]]
    assert all(status_of(message["status"]) in (None, record.status) for record, message in zip(
        records, PAGES[name]["messages"], strict=True
    ))  # fmt: skip


def test_the_next_page_is_asked_for(mock: Mock) -> None:
    first, last = PAGES["everything"], PAGES["only what is required"]
    mock.will_answer("list", {**first, "next_page_uri": f"/2010-04-01/Accounts/{SID}/Messages.json?Page=1&PageSize=50"})
    mock.will_answer("list", last)
    assert len(channel(account(mock.url)).look_up("+447700900001", LONG_AGO)) == 1
    assert [dict(request.query).get("Page") for request in mock.asked("list")] == [None, "1"]


@pytest.mark.parametrize("name", MESSAGES)
def test_each_text_that_is_fetched_is_understood(mock: Mock, name: str) -> None:
    mock.will_answer("fetch", MESSAGES[name])
    record = channel(account(mock.url)).fetch("SM" + "1" * 32)
    assert record.provider_id == MESSAGES[name]["sid"]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_question_that_is_refused_is_a_typed_error(mock: Mock, status: int) -> None:
    for operation in ("list", "fetch"):
        mock.will_answer(operation, {**ERRORS["everything"], "status": status}, status)
    asking = channel(account(mock.url))
    with pytest.raises(LookUpFailed):
        asking.look_up("+447700900001", LONG_AGO)
    with pytest.raises(LookUpFailed):
        asking.fetch("SM" + "1" * 32)
    assert TWILIO.try_account(account(mock.url), 5).code != "ok"


# The sandbox.


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def witness(sandbox: SandboxServer) -> Iterator[Witness]:
    afresh(sandbox)
    with Witness(sandbox.url) as server:
        yield server


def afresh(sandbox: SandboxServer, **more: object) -> None:
    sandbox.control("reset", {})
    sandbox.control("seed", {"accounts": [{"sid": SID, "token": TOKEN, "step_seconds": 0.01, **more}]})


def faults_of(exchanges: Any) -> list[str]:
    return [
        fault
        for request, answer in exchanges
        for fault in (API.request_faults(request) if answer.status < 400 else []) + API.answer_faults(request, answer)
    ]


def test_every_answer_of_the_sandbox_is_as_described(witness: Witness, sandbox: SandboxServer) -> None:
    url = f"{witness.url}/twilio"
    by_number, by_service = channel(account(url, callback="")), channel(account(url, SERVICE, ""))
    [first, second] = [way.send([a_text()])[0] for way in (by_number, by_service)]
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    wait_until(lambda: by_number.fetch(first.provider_id).status is DeliveryStatus.DELIVERED)
    by_number.look_up("+447700900001", LONG_AGO)
    by_number.look_up("+447700900002", LONG_AGO)
    bad = ["+15005550001", "+15005550002", "+15005550003", "+15005550004", "+15005550009", "+441632960001", "x", ""]
    by_number.send([a_text(number) for number in bad])
    by_number.send([a_text(body=""), a_text(body="x" * 1601)])
    channel(replace(account(url), secret="another")).send([a_text()])
    with pytest.raises(LookUpFailed):
        by_number.fetch("SM" + "9" * 32)
    for status in (429, 500, 503):
        sandbox.fault("twilio.create", "status", status=status)
        by_number.send([a_text()])
    exchanges = witness.below("/twilio")
    assert {answer.status for _, answer in exchanges} >= {200, 201, 400, 401, 404, 429, 500, 503}
    assert faults_of(exchanges) == []


def test_what_the_schema_refuses_the_sandbox_refuses(witness: Witness, sandbox: SandboxServer) -> None:
    url = f"{witness.url}/twilio"
    for way in (channel(account(url)), channel(account(url, SERVICE))):
        [outcome] = way.send([a_text()])
        assert isinstance(outcome, Accepted)
        way.look_up("+447700900001", LONG_AGO)
    differences, sent = [], 0

    def again() -> Callable[[Request], Request]:
        afresh(sandbox)
        return lambda request: request

    for request, _ in witness.below("/twilio"):
        count, lenient = lenience(API, request, f"{sandbox.url}/twilio", again)
        sent += count
        differences += lenient
    assert sent > 30
    assert "\n".join(differences) == ""


# What is posted to us.


@pytest.mark.parametrize("key", ["", "a-made-up-key"], ids=["by the token", "by a shared key"])
def test_news_and_texts_are_posted_as_described_and_signed_as_twilios_package_wants(
    sandbox: SandboxServer, key: str
) -> None:
    with Notebook(204) as notebook:
        news_url, incoming_url = f"{notebook.url}/status", f"{notebook.url}/incoming"
        afresh(sandbox, signing_key=key)
        sandbox.control("seed", {"incoming": {SID: incoming_url}})
        sandbox.fault("twilio.delivery", "undelivered", code="30005", match={"To": "+447700900002"})
        texts = [a_text("+447700900001"), a_text("+447700900002")]
        for sender in (SERVICE, "+447700900999"):
            channel(account(f"{sandbox.url}/twilio", sender, news_url)).send(texts)
        wait_until(lambda: len(notebook.posts) == 12)
        sandbox.fault("twilio.incoming", "opt_out_type", times=1)
        Request("POST", "/phone/+447700900001/", headers=(("Content-Type", "application/x-www-form-urlencoded"),),
                body=b"reply=HELP").send(sandbox.url)  # fmt: skip
        wait_until(lambda: len(notebook.posts) >= 13)
    validator = RequestValidator(key or TOKEN)
    for post in notebook.posts:
        assert WEBHOOKS.request_faults(post) == []
        form = {name: values[0] for name, values in parse_qs(post.body.decode(), keep_blank_values=True).items()}
        settings = post.header(SIGNATURE_SETTINGS_HEADER)
        assert bool(settings) is bool(key)
        algorithm = "HMAC_SHA256" if key else None
        assert validator.validate(notebook.url + post.path, form, post.header(SIGNATURE_HEADER), algorithm)
        assert not RequestValidator("another").validate(
            notebook.url + post.path, form, post.header(SIGNATURE_HEADER), algorithm
        )


@pytest.mark.parametrize("name", dict(Sampler(WEBHOOKS).variants("Status")))
def test_each_news_is_understood(name: str) -> None:
    fields = dict(Sampler(WEBHOOKS).variants("Status"))[name]
    receipt = parse(fields)
    assert receipt is not None
    assert receipt.provider_id == fields["MessageSid"]
    assert receipt.status is not None
    assert bool(receipt.reason) is (receipt.status is DeliveryStatus.FAILED)


def test_what_we_answer_to_a_text_is_as_described() -> None:
    request = Request("POST", "/incoming", headers=((SIGNATURE_HEADER, "x"),))
    for body in ("", "Please phone 01632 960123 & <ask>"):
        answer = TWILIO.answer(body)
        given = Answer(200, {"Content-Type": answer.content_type}, answer.body.encode())
        assert WEBHOOKS.answer_faults(request, given) == []
        assert [item.text for item in ElementTree.fromstring(answer.body).findall("Message")] == [body] * bool(body)
