"""NHS Notify: the adapter against a mock of the published specification, and the sandbox by the same specification."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from integrations.messaging.nhs_notify.channel import NotifyChannel
from integrations.messaging.nhs_notify.client import ASSERTION_TYPE, assertion
from integrations.messaging.nhs_notify.receipts import ReceiptCheck, parse, verify
from integrations.messaging.nhs_notify.status import status_of
from integrations.messaging.port import Accepted, LookUpFailed, NotAccepted, NotifyAccount
from integrations.messaging.registry import channel
from integrations.sandbox.notify.switches import EXAMPLES
from integrations.sandbox.server import SandboxServer
from tests.conformance.exchange import Answer, Request
from tests.conformance.mock import Mock
from tests.conformance.oracle import oracle
from tests.conformance.samples import Sampler
from tests.conformance.spoiling import FORM, lenience
from tests.conformance.witness import Notebook, Witness
from tests.integrations.messaging import notify
from tests.integrations.messaging.notify import APP_ONLY, APP_THEN_TEXT, ASHA, BEN, CARA, NOBODY, ODS, a_message
from tests.waiting import wait_until

API, NEWS = oracle("notify"), oracle("notify_news")
MEDIA = "application/vnd.api+json"
TAKEN, BATCHES = dict(Sampler(API).variants("MessageTaken")), dict(Sampler(API).variants("BatchTaken"))
MESSAGES, ACCOUNTS = dict(Sampler(API).variants("MessageNow")), dict(Sampler(API).variants("Accounts"))
ERRORS = dict(Sampler(API).variants("Errors"))
EVENTS = {f"{kind}: {name}": event for kind in ("MessageStatus", "ChannelStatus")
          for name, event in Sampler(NEWS).variants(kind)}  # fmt: skip
OF_THE_APP = {
    supplier: status for status, item in NEWS.schema("AppChannel")["properties"].items() for supplier in item["const"]
}
LOCATION = {"Location": "https://notify.example/v1/messages/2WL3qFTEFM0qMY8xjRbt1LIKCzM"}
TOKEN = {"access_token": "a-made-up-token", "expires_in": "599", "token_type": "Bearer"}


@pytest.fixture(scope="module")
def running() -> Iterator[Mock]:
    with Mock(API) as server:
        yield server


@pytest.fixture
def mock(running: Mock) -> Iterator[Mock]:
    running.forget()
    running.will_answer("token", TOKEN)
    yield running
    assert "\n".join(running.faults) == ""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.messaging.nhs_notify.channel.PAUSE_SECONDS", 0.0)


def by(url: str, plan: str = APP_THEN_TEXT) -> NotifyChannel:
    made = channel(NotifyAccount(notify.API_KEY, notify.KEY_ID, notify.keys()[0], plan, ODS, base_url=url))
    assert isinstance(made, NotifyChannel)
    return made


@pytest.mark.parametrize("name", TAKEN)
def test_a_message_is_posted_as_specified_and_each_answer_is_understood(mock: Mock, name: str) -> None:
    mock.will_answer("message", TAKEN[name], 201, LOCATION, MEDIA)
    [outcome] = by(f"{mock.url}/comms").send([a_message()])
    assert isinstance(outcome, Accepted)
    assert outcome.provider_id == TAKEN[name]["data"]["id"]


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("plan", [APP_ONLY, APP_THEN_TEXT])
def test_messages_are_posted_as_specified_and_each_answer_is_understood(mock: Mock, name: str, plan: str) -> None:
    together, answer = uuid4(), json.loads(json.dumps(BATCHES[name]))
    messages = [a_message(number, together=together) for number in (ASHA, BEN)]
    for item in answer["data"]["attributes"]["messages"]:
        item["messageReference"] = str(messages[0].reference)
    mock.will_answer("batch", answer, 201, media=MEDIA)
    outcomes = by(f"{mock.url}/comms", plan).send(messages)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 408, 413, 415, 422, 425, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("name", ["everything", "only what is required", "errors/0/code is CM_DUPLICATE_REQUEST",
                                  "errors/0/code is CM_INVALID_NHS_NUMBER", "without errors/0/code",
                                  "without errors/0/source", "without errors/0/source/pointer"])  # fmt: skip
def test_each_refusal_has_a_kind_and_a_reason(mock: Mock, name: str, status: int) -> None:
    answer = json.loads(json.dumps(ERRORS[name]))
    headers = {"Retry-After": "300"} if status in (425, 429) else {}
    for operation in ("message", "batch"):
        mock.will_answer(operation, answer, status, headers, MEDIA)
    together = uuid4()
    for messages in ([a_message()], [a_message(number, together=together) for number in (ASHA, BEN)]):
        for outcome in by(f"{mock.url}/comms").send(messages):
            if "DUPLICATE" in name:
                assert isinstance(outcome, Accepted)
            else:
                assert isinstance(outcome, NotAccepted)
                assert outcome.reason


@pytest.mark.parametrize("name", MESSAGES)
def test_each_message_that_is_fetched_is_understood(mock: Mock, name: str) -> None:
    mock.will_answer("fetch", MESSAGES[name], media=MEDIA)
    record = by(f"{mock.url}/comms").fetch("2WL3qFTEFM0qMY8xjRbt1LIKCzM")
    assert record.status is status_of(MESSAGES[name]["data"]["attributes"]["messageStatus"])


@pytest.mark.parametrize("name", ACCOUNTS)
def test_each_page_of_app_users_is_understood(mock: Mock, name: str) -> None:
    mock.will_answer("accounts", ACCOUNTS[name], media=MEDIA)
    mock.will_answer("accounts", Sampler(API).minimal("Accounts"), media=MEDIA)
    accounts = ACCOUNTS[name]["data"]["attributes"]["accounts"]
    users = list(by(f"{mock.url}/comms").app_users())
    assert users == [(item["nhsNumber"], item["notificationsEnabled"]) for item in accounts]
    assert len(mock.asked("accounts")) == (2 if "next" in ACCOUNTS[name].get("links", {}) else 1)


def test_a_question_that_is_refused_is_a_typed_error(mock: Mock) -> None:
    for operation in ("fetch", "accounts"):
        mock.will_answer(operation, ERRORS["only what is required"], 404, media=MEDIA)
    with pytest.raises(LookUpFailed):
        by(f"{mock.url}/comms").fetch("2WL3qFTEFM0qMY8xjRbt1LIKCzM")
    with pytest.raises(LookUpFailed):
        list(by(f"{mock.url}/comms").app_users())


@pytest.mark.parametrize("name", EVENTS)
def test_each_news_is_understood(name: str) -> None:
    event = EVENTS[name]
    assert NEWS.value_faults(event["type"], event) == []
    [news] = parse(json.dumps({"data": [event]}).encode())
    attributes = event["attributes"]
    status = attributes.get("messageStatus", attributes.get("channelStatus"))
    # The supplier of the app knows more of it than the channel, and here the two are made up one by one.
    in_app = attributes.get("channel") == "nhsapp" and attributes.get("supplierStatus")
    expected = status_of(OF_THE_APP.get(in_app, status))
    assert (news.raw_status, news.status) == (status, expected)


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


def afresh(sandbox: SandboxServer, callback_url: str = "") -> None:
    sandbox.control("reset", {})
    sandbox.control("seed", notify.seed(callback_url))


def faults_of(exchanges: Sequence[tuple[Request, Answer]]) -> list[str]:
    return [
        f"{request.method} {request.path} {answer.status}: {fault}"
        for request, answer in exchanges
        for fault in (API.request_faults(request) if answer.status < 400 else []) + API.answer_faults(request, answer)
    ]


def send_all_kinds(url: str) -> list[str]:
    """Messages that end in each way, alone and together. The ids that were given."""
    together = uuid4()
    alone = by(url).send([a_message(number) for number in (ASHA, BEN, CARA, NOBODY)])
    outcomes = [*alone, *by(url, APP_ONLY).send([a_message(n, together=together) for n in (ASHA, BEN, CARA)])]
    return [outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)]


def test_every_answer_of_the_sandbox_is_as_specified(witness: Witness, sandbox: SandboxServer) -> None:
    url = f"{witness.url}/notify/comms"
    ids = send_all_kinds(url)
    for _ in range(20):
        for provider_id in ids:
            by(url).fetch(provider_id)
    list(by(url).app_users())
    with pytest.raises(LookUpFailed):
        by(url).fetch("2" * 27)
    for status in (400, 403, 404, 408, 413, 422, 425, 429, 500, 502, 503, 504):
        sandbox.fault("notify.message", "status", status=status)
        by(url).send([a_message()])
    exchanges = witness.below("/notify")
    assert {answer.status for _, answer in exchanges} >= {200, 201, 404, 422, 425, 429, 500, 504}
    assert "\n".join(sorted(set(faults_of(exchanges)))) == ""


def test_the_examples_that_can_always_be_read_are_as_specified(witness: Witness) -> None:
    for example in EXAMPLES:
        by(f"{witness.url}/notify/comms").fetch(example)
    assert len(witness.below("/notify/comms")) == len(EXAMPLES)
    assert "\n".join(sorted(set(faults_of(witness.below("/notify"))))) == ""


def test_what_the_schema_refuses_the_sandbox_refuses(witness: Witness, sandbox: SandboxServer) -> None:
    url, together = f"{witness.url}/notify/comms", uuid4()
    [outcome] = by(url).send([a_message()])
    assert isinstance(outcome, Accepted)
    by(url).send([a_message(number, together=together) for number in (ASHA, BEN)])
    by(url).fetch("2WL3qFTEFM0qMY8xjRbt1LIKCzM")
    list(by(url).app_users())
    differences, sent = [], 0
    for request, _ in witness.below("/notify/comms"):
        right = Request(request.method, f"/comms{request.path}", request.query, request.headers, request.body)
        count, lenient = lenience(API, right, f"{sandbox.url}/notify", partial(logged_in, sandbox, right))
        sent += count
        differences += lenient
    assert sent > 100
    assert "\n".join(differences) == ""


def logged_in(sandbox: SandboxServer, right: Request) -> Callable[[Request], Request]:
    """Put the sandbox back, log in, and give its new token to each request that has the one of before."""
    afresh(sandbox)
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    body = urlencode({**form, "client_assertion": assertion(notify.account(sandbox.url))}).encode()
    asked = Request("POST", "/oauth2/token", headers=(("Content-Type", FORM),), body=body)
    token = asked.send(f"{sandbox.url}/notify").json()["access_token"]

    def dressed(request: Request) -> Request:
        same = request.header("Authorization") == right.header("Authorization")
        return request.with_header("Authorization", f"Bearer {token}") if same else request

    return dressed


def test_news_is_posted_as_specified(sandbox: SandboxServer) -> None:
    with Notebook() as notebook:
        afresh(sandbox, f"{notebook.url}/news")
        ids = send_all_kinds(f"{sandbox.url}/notify/comms")
        events: list[dict[str, Any]] = []

        def ended() -> bool:
            events[:] = [event for post in notebook.posts for event in json.loads(post.body)["data"]]
            app = {e["attributes"]["messageId"] for e in events if e["attributes"].get("channel") == "nhsapp"}
            failed = {e["attributes"]["messageId"] for e in events if e["attributes"].get("messageStatus") == "failed"}
            return set(ids) <= app | failed

        wait_until(ended)
        # Asha opens what she has in the app.
        for text in sandbox.control("books?part=texts")["texts"]:
            if text["sender"] == "NHS App":
                Request("POST", f"/phone/{text['recipient']}/open/{text['sid']}/").send(sandbox.url)
        wait_until(lambda: any(e["attributes"].get("supplierStatus") == "read" for p in notebook.posts
                               for e in json.loads(p.body)["data"]))  # fmt: skip
    assert "\n".join(sorted({fault for post in notebook.posts for fault in NEWS.request_faults(post)})) == ""
    for post in notebook.posts:
        genuine = verify(post.body, key=post.header("x-api-key"), signature=post.header("x-hmac-sha256-signature"),
                         application_id=notify.APPLICATION_ID, api_key=notify.API_KEY)  # fmt: skip
        assert genuine is ReceiptCheck.GENUINE


def test_the_apps_channel_has_the_status_that_goes_with_its_suppliers(sandbox: SandboxServer) -> None:
    """By the guidance on statuses: delivered is read, failed is at once, and anything between is sending."""
    table = {status: item["const"] for status, item in NEWS.schema("AppChannel")["properties"].items()}
    with Notebook() as notebook:
        afresh(sandbox, f"{notebook.url}/news")
        ids = send_all_kinds(f"{sandbox.url}/notify/comms")
        wait_until(lambda: len(notebook.posts) > 3 * len(ids))
    pairs = {
        (event["attributes"]["channelStatus"], event["attributes"].get("supplierStatus"))
        for post in notebook.posts
        for event in json.loads(post.body)["data"]
        if event["attributes"].get("channel") == "nhsapp"
    }
    assert pairs
    assert [pair for pair in pairs if pair[1] and pair[1] not in table.get(pair[0], [])] == []
