"""The stand-in for NHS Notify answers as the real one (nhs-notify#messages), asked without our adapter."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.notify import (
    API_KEY,
    APP_ONLY,
    APP_THEN_TEXT,
    ASHA,
    BEN,
    CARA,
    KEY_ID,
    MOBILES,
    ODS,
    keys,
    seed,
)
from tests.waiting import wait_until

MEDIA = "application/vnd.api+json"


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(running_sandbox: SandboxServer) -> SandboxServer:
    running_sandbox.control("reset", {})
    running_sandbox.control("seed", seed())
    return running_sandbox


def log_in(sandbox: SandboxServer, algorithm: str = "RS512", kid: str = KEY_ID, **changes: Any) -> httpx.Response:
    address = f"{sandbox.url}/notify/oauth2/token"
    claims = {"iss": API_KEY, "sub": API_KEY, "aud": address, "jti": str(uuid4()), "exp": int(time.time()) + 180}
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims | changes, keys()[0], algorithm=algorithm, headers={"kid": kid}),
    }
    return httpx.post(address, data=form, trust_env=False)


@pytest.fixture
def notify(sandbox: SandboxServer) -> Iterator[httpx.Client]:
    """A client that is logged in."""
    headers = {"Authorization": f"Bearer {log_in(sandbox).json()['access_token']}", "Content-Type": MEDIA}
    with httpx.Client(base_url=f"{sandbox.url}/notify/comms", headers=headers, trust_env=False) as client:
        yield client


def build_message(**changes: Any) -> dict[str, Any]:
    attributes = {
        "routingPlanId": APP_THEN_TEXT,
        "messageReference": "m-1",
        "recipient": {"nhsNumber": ASHA},
        "originator": {"odsCode": ODS},
        "personalisation": {"nhsapp_body": "Hello", "sms_body": "Hello"},
        **changes,
    }
    return {"data": {"type": "Message", "attributes": attributes}}


def many(*messages: dict[str, Any], plan: str = APP_THEN_TEXT) -> dict[str, Any]:
    parts = [
        {name: value for name, value in m["data"]["attributes"].items() if name != "routingPlanId"} for m in messages
    ]
    attributes = {"routingPlanId": plan, "messageBatchReference": "b-1", "messages": parts}
    return {"data": {"type": "MessageBatch", "attributes": attributes}}


def codes(answer: httpx.Response) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


def test_a_log_in_is_taken_once(sandbox: SandboxServer) -> None:
    first = log_in(sandbox, jti="used")
    assert (first.status_code, first.json()["expires_in"], first.json()["token_type"]) == (200, "599", "Bearer")
    assert log_in(sandbox, jti="used").status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithm": "RS256"},
        {"kid": "another"},
        {"aud": "https://elsewhere.example/oauth2/token"},
        {"exp": 1},
        {"exp": int(time.time()) + 3600},
        {"sub": "another"},
        {"iss": "another"},
    ],
)
def test_a_log_in_that_is_wrong(sandbox: SandboxServer, changes: dict[str, Any]) -> None:
    assert log_in(sandbox, **changes).status_code in (400, 401)


def test_a_message_is_taken_once(notify: httpx.Client) -> None:
    answer = notify.post("/v1/messages", json=build_message(), headers={"X-Correlation-Id": "c-1"})
    made = answer.json()["data"]
    assert (answer.status_code, answer.headers["X-Correlation-Id"]) == (201, "c-1")
    assert answer.headers["Location"] == f"/v1/messages/{made['id']}"
    assert made["attributes"]["messageStatus"] == "created"
    again = notify.post("/v1/messages", json=build_message())
    assert (again.status_code, codes(again)) == (422, ["CM_DUPLICATE_REQUEST"])
    assert again.json()["errors"][0]["source"]["pointer"] == "/data/attributes/messageReference"


def test_a_batch_is_taken_whole_and_once(notify: httpx.Client) -> None:
    wrong = many(
        build_message(),
        build_message(recipient={"nhsNumber": "9990000019"}),
        build_message(messageReference="m-3", originator={"x": 1}),
    )
    refused = notify.post("/v1/message-batches", json=wrong)
    assert refused.status_code == 400
    assert codes(refused) == ["CM_INVALID_NHS_NUMBER", "CM_DUPLICATE_VALUE", "CM_INVALID_VALUE"]
    right = many(build_message(), build_message(messageReference="m-2"))
    assert notify.post("/v1/message-batches", json=right).status_code == 201
    assert codes(notify.post("/v1/message-batches", json=right)) == ["CM_DUPLICATE_REQUEST"]


def test_what_is_not_understood(notify: httpx.Client) -> None:
    assert notify.post("/v1/messages", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert notify.post("/v1/messages", json=build_message(), headers={"Accept": "text/html"}).status_code == 406
    assert notify.post("/v1/messages", content=b"{").status_code == 400
    assert notify.post("/v1/messages", json=build_message(), headers={"Authorization": "Bearer x"}).status_code == 401
    assert notify.get("/v1/messages/2unknown").status_code == 404
    contact = build_message(recipient={"nhsNumber": ASHA, "contactDetails": {"sms": "07700900001"}})
    assert codes(notify.post("/v1/messages", json=contact)) == ["CM_CANNOT_SET_CONTACT_DETAILS"]


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("401", 401), ("403", 403), ("403.1", 403), ("404", 404), ("408", 408), ("425", 425), ("429", 429),
        ("422_batch", 422), ("422_message", 422), ("500", 500), ("504", 504),
    ],
)  # fmt: skip
def test_an_answer_that_was_asked_for(notify: httpx.Client, prefer: str, status: int) -> None:
    answer = notify.post("/v1/messages", json=build_message(), headers={"Prefer": f"code={prefer}"})
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status in (425, 429))


@pytest.mark.parametrize(
    ("plan", "status"),
    [
        ("4ead415a-c033-4b39-9b05-326ac237a3be", 400),
        ("3bb82e6a-9873-4683-b2b9-fdf33c9ba86f", 500),
        ("d895ade5-0029-4fc3-9fb5-86e1e5370854", 425),
        ("c8857ccf-06ec-483f-9b3a-7fc732d9ad48", 500),
        ("b838b13c-f98c-4def-93f0-515d4e4f4ee1", 201),
        ("00000000-0000-0000-0000-000000000099", 404),
    ],
)
def test_routing_plans(notify: httpx.Client, plan: str, status: int) -> None:
    assert notify.post("/v1/messages", json=build_message(routingPlanId=plan)).status_code == status


@pytest.mark.parametrize("switch", ["banned", "noDefaultOds", "noOdsChange", "notAllowedContactDetailOverride"])
def test_a_client_that_may_not(notify: httpx.Client, switch: str) -> None:
    assert notify.post("/v1/messages", json=build_message(), headers={"Authorization": switch}).status_code in (
        400,
        403,
    )


def test_examples_can_always_be_read(notify: httpx.Client) -> None:
    dead = notify.get("/v1/messages/2WL4ibGoigirgbH4yQwqbPaJXyQ").json()["data"]["attributes"]
    assert dead["messageFailureReasonCode"] == "MFR_PDSV_0112"


def test_app_accounts_of_a_practice(notify: httpx.Client) -> None:
    answer = notify.get("/channels/nhsapp/accounts", params={"ods-organisation-code": ODS, "page": "1"}).json()
    assert {account["nhsNumber"] for account in answer["data"]["attributes"]["accounts"]} == {ASHA, BEN}
    assert "next" not in answer["links"]
    assert notify.get("/channels/nhsapp/accounts").status_code == 400


def test_the_app_alone_fails_when_it_goes_unread(notify: httpx.Client, sandbox: SandboxServer) -> None:
    message = build_message(routingPlanId=APP_ONLY, personalisation={"body": "Hello"})
    made = notify.post("/v1/messages", json=message).json()["data"]["id"]

    def state() -> dict[str, Any]:
        attributes: dict[str, Any] = notify.get(f"/v1/messages/{made}").json()["data"]["attributes"]
        return attributes

    wait_until(lambda: state()["channels"] != [])
    assert (state()["messageStatus"], state()["channels"][0]["supplierStatus"]) == ("sending", "notified")
    sandbox.control("clock", {"offset_seconds": 24 * 3600 + 1})
    # Its token has run out too, by the same clock.
    notify.headers["Authorization"] = f"Bearer {log_in(sandbox).json()['access_token']}"
    wait_until(lambda: state()["messageStatus"] == "failed")
    assert state()["channels"][0]["channelStatusDescription"] == "Message not read in specified time frame"
    [text] = sandbox.control("books?part=texts")["texts"]
    assert (text["sender"], text["body"]) == ("NHS App", "Hello")


@pytest.mark.parametrize(
    ("nhs_number", "body", "supplier", "shown"),
    [(BEN, "Hello", "unnotified", ["Hello"]), (ASHA, "Hello <b>", "rejected", []), (CARA, "Hello", "rejected", [])],
)
def test_whom_the_app_does_not_reach_fails_at_once(
    notify: httpx.Client, sandbox: SandboxServer, nhs_number: str, body: str, supplier: str, shown: list[str]
) -> None:
    """Nobody is notified, the words are refused, there is no app; the first is in the app all the same."""
    message = build_message(routingPlanId=APP_ONLY, recipient={"nhsNumber": nhs_number}, personalisation={"body": body})
    made = notify.post("/v1/messages", json=message).json()["data"]["id"]
    wait_until(lambda: notify.get(f"/v1/messages/{made}").json()["data"]["attributes"]["messageStatus"] == "failed")
    [channel] = notify.get(f"/v1/messages/{made}").json()["data"]["attributes"]["channels"]
    assert (channel["channelStatus"], channel["supplierStatus"]) == ("failed", supplier)
    assert [text["body"] for text in sandbox.control("books?part=texts")["texts"]] == shown


def test_texts_wait_for_their_hours(sandbox: SandboxServer) -> None:
    """Of a client that keeps them: on Saturday in the app, on Monday by text."""
    client = seed()["notify_clients"][0] | {"text_hours": True}
    sandbox.control("seed", {"notify_clients": [client]})
    at = datetime(2026, 12, 5, 11, tzinfo=UTC).timestamp() - time.time()
    sandbox.control("clock", {"offset_seconds": at})
    headers = {"Authorization": f"Bearer {log_in(sandbox).json()['access_token']}", "Content-Type": MEDIA}
    httpx.post(
        f"{sandbox.url}/notify/comms/v1/messages",
        json=build_message(recipient={"nhsNumber": BEN}),
        headers=headers,
        trust_env=False,
    )

    def senders() -> list[str]:
        return sorted(text["sender"] for text in sandbox.control("books?part=texts")["texts"])

    wait_until(lambda: sandbox.control("books?part=notices")["notices"][0]["app_due"] > 0)
    monday = datetime(2026, 12, 7, 8, tzinfo=UTC).timestamp()
    assert (senders(), sandbox.control("books?part=notices")["notices"][0]["app_due"]) == (["NHS App"], monday)
    sandbox.control("clock", {"offset_seconds": monday - time.time() + 1})
    wait_until(lambda: senders() == ["NHS App", "NHSNoReply"])


def test_a_message_is_opened_on_the_phone_s_own_page(notify: httpx.Client, sandbox: SandboxServer) -> None:
    notify.post("/v1/messages", json=build_message(routingPlanId=APP_ONLY, personalisation={"body": "Please book"}))
    phone = f"{sandbox.url}/phone/{MOBILES[ASHA]}/"
    wait_until(lambda: "Open it in the NHS App" in httpx.get(phone, trust_env=False).text)
    [message] = sandbox.control("books?part=notices")["notices"]
    httpx.post(f"{phone}open/{message['id']}/", trust_env=False)
    assert "Open it in the NHS App" not in httpx.get(phone, trust_env=False).text
    [message] = sandbox.control("books?part=notices")["notices"]
    assert message["channels"][0]["supplierStatus"] == "read"
    assert httpx.post(f"{phone}open/nothing/", trust_env=False).status_code == 303


def test_words_that_are_missing_fail_later(notify: httpx.Client) -> None:
    answer = notify.post("/v1/messages", json=build_message(personalisation={"sms_body": "Hello"}))
    path = f"/v1/messages/{answer.json()['data']['id']}"
    assert answer.status_code == 201
    wait_until(lambda: notify.get(path).json()["data"]["attributes"]["messageStatus"] == "failed")
