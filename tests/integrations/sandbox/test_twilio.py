"""The stand-in for Twilio answers as the real one does (twilio#messages), asked without the product's adapter."""

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.sandbox.server import SandboxServer
from tests.waiting import wait_until

SID = "AC" + "a1" * 16
TOKEN = "a made-up token"
SERVICE = "MG" + "b2" * 16
NEW = {"To": "+447700900001", "From": "+447700900999", "Body": "Hello"}


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(running_sandbox: SandboxServer) -> SandboxServer:
    """The sandbox, with an account whose texts stay where they are for as long as a test lasts."""
    running_sandbox.control("reset", {})
    seeded = running_sandbox.control("seed", {"accounts": [{"sid": SID, "token": TOKEN, "step_seconds": 60}]})
    assert seeded["accounts"] == 1
    return running_sandbox


@pytest.fixture
def twilio(sandbox: SandboxServer) -> Iterator[httpx.Client]:
    """A client at the account's own address."""
    base = f"{sandbox.url}/twilio/2010-04-01/Accounts/{SID}"
    with httpx.Client(base_url=base, auth=(SID, TOKEN), trust_env=False) as client:
        yield client


def create(twilio: httpx.Client, **changes: str) -> dict[str, Any]:
    answer = twilio.post("/Messages.json", data={**NEW, **changes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_new_text_in_twilio_s_own_form(twilio: httpx.Client) -> None:
    text = create(twilio)
    assert re.fullmatch("SM[0-9a-f]{32}", text["sid"])
    date = r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000"
    assert re.fullmatch(date, text["date_created"])
    assert re.fullmatch(date, text["date_updated"])
    uri = f"/2010-04-01/Accounts/{SID}/Messages/{text['sid']}"
    assert text == {
        "sid": text["sid"],
        "account_sid": SID,
        "messaging_service_sid": None,
        "from": "+447700900999",
        "to": "+447700900001",
        "body": "Hello",
        "status": "queued",
        "num_segments": "1",
        "num_media": "0",
        "direction": "outbound-api",
        "api_version": "2010-04-01",
        "price": None,
        "price_unit": None,
        "error_code": None,
        "error_message": None,
        "date_created": text["date_created"],
        "date_updated": text["date_updated"],
        "date_sent": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def test_a_messaging_service_has_yet_to_pick_a_sender(twilio: httpx.Client) -> None:
    text = create(twilio, From="", MessagingServiceSid=SERVICE)
    assert (text["status"], text["from"], text["num_segments"]) == ("accepted", None, "0")
    assert text["messaging_service_sid"] == SERVICE


def test_a_text_goes_from_status_to_status_even_without_a_callback(
    twilio: httpx.Client, sandbox: SandboxServer
) -> None:
    sandbox.control("seed", {"accounts": [{"sid": SID, "token": TOKEN, "step_seconds": 0.05}]})
    address = f"/Messages/{create(twilio, From='', MessagingServiceSid=SERVICE)['sid']}.json"
    seen: list[str] = []

    def is_delivered() -> bool:
        status = str(twilio.get(address).json()["status"])
        if status not in seen:
            seen.append(status)
        return status == "delivered"

    wait_until(is_delivered)
    assert seen == ["accepted", "queued", "sending", "sent", "delivered"]
    assert twilio.get(address).json()["date_sent"] is not None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"MessagingServiceSid": "MGx"}, 21705),
        ({"Body": ""}, 21602),
        ({"Body": "a" * 1601}, 21617),
        ({"StatusCallback": "/receipts"}, 21609),
        ({"StatusCallback": "https://our_host.example/receipts"}, 21609),
        ({"ScheduleType": "fixed"}, 20001),
        ({"To": "07700900001"}, 21211),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550002"}, 21612),
        ({"To": "+15005550003"}, 21408),
        ({"To": "+15005550004"}, 21610),
        ({"To": "+15005550009"}, 21614),
        ({"To": "+442079460000"}, 21635),
        ({"To": "+353871234567"}, 21408),
    ],
)
def test_what_is_refused(twilio: httpx.Client, changes: dict[str, str], code: int) -> None:
    answer = twilio.post("/Messages.json", data=NEW | changes)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], body["status"]) == (code, 400)
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert body["message"]
    assert twilio.get("/Messages.json").json()["messages"] == []


@pytest.mark.parametrize("auth", [None, (SID, "wrong"), ("AC" + "0" * 32, TOKEN), ("", "")])
def test_only_the_account_itself_may_ask(twilio: httpx.Client, auth: tuple[str, str] | None) -> None:
    headers = {"Authorization": "Basic not base64"} if auth is None else {}
    for answer in (
        httpx.post(f"{twilio.base_url}Messages.json", data=NEW, auth=auth, headers=headers, trust_env=False),
        httpx.get(f"{twilio.base_url}Messages.json", auth=auth, headers=headers, trust_env=False),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_another_account_s_text_does_not_exist(twilio: httpx.Client, sandbox: SandboxServer) -> None:
    other = "AC" + "c3" * 16
    sandbox.control("seed", {"accounts": [{"sid": other, "token": TOKEN}]})
    sid = create(twilio)["sid"]
    address = f"{sandbox.url}/twilio/2010-04-01/Accounts/{other}/Messages"
    answer = httpx.get(f"{address}/{sid}.json", auth=(other, TOKEN), trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    assert httpx.get(f"{address}.json", auth=(other, TOKEN), trust_env=False).json()["messages"] == []


def test_the_list_comes_in_pages_the_newest_first(twilio: httpx.Client) -> None:
    made = [create(twilio, Body=f"text {number}")["sid"] for number in range(5)]
    create(twilio, To="+447700900002")
    sids: list[str] = []
    page = twilio.get("/Messages.json", params={"To": "+447700900001", "PageSize": "2"}).json()
    assert (page["page"], page["page_size"], page["start"], page["end"]) == (0, 2, 0, 1)
    assert page["previous_page_uri"] is None
    while True:
        sids += [text["sid"] for text in page["messages"]]
        if page["next_page_uri"] is None:
            break
        address = twilio.base_url.copy_with(raw_path=b"/twilio" + page["next_page_uri"].encode())
        page = twilio.get(address).json()
    assert sids == made[::-1]


def test_the_list_by_time(twilio: httpx.Client, sandbox: SandboxServer) -> None:
    first = create(twilio, Body="today")
    sandbox.control("clock", {"offset_seconds": 3 * 86_400})
    second = create(twilio, Body="in three days")

    def bodies(**query: str) -> list[str]:
        return [text["body"] for text in twilio.get("/Messages.json", params=query).json()["messages"]]

    early = parsedate_to_datetime(first["date_created"])
    late = parsedate_to_datetime(second["date_created"])
    assert bodies(**{"DateSent>": late.strftime("%Y-%m-%d")}) == ["in three days"]
    assert bodies(**{"DateSent>": early.strftime("%Y-%m-%dT%H:%M:%SZ")}) == ["in three days", "today"]
    assert bodies(**{"DateSent<": early.strftime("%Y-%m-%dT%H:%M:%SZ")}) == ["today"]
    assert bodies(DateSent=late.strftime("%Y-%m-%d")) == ["in three days"]
    assert twilio.get("/Messages.json", params={"DateSent": "soon"}).status_code == 400


@pytest.mark.parametrize("query", [{"PageSize": "0"}, {"PageSize": "1001"}, {"PageSize": "x"}, {"Page": "-1"}])
def test_a_senseless_page_is_refused(twilio: httpx.Client, query: dict[str, str]) -> None:
    assert twilio.get("/Messages.json", params=query).json()["code"] == 20001


def test_a_text_on_its_way_can_be_cancelled_once(twilio: httpx.Client) -> None:
    address = f"/Messages/{create(twilio)['sid']}.json"
    assert twilio.post(address, data={"Status": "canceled"}).json()["status"] == "canceled"
    again = twilio.post(address, data={"Status": "canceled"})
    assert (again.status_code, again.json()["code"]) == (400, 30409)


def test_the_words_of_a_text_can_be_removed(twilio: httpx.Client) -> None:
    address = f"/Messages/{create(twilio)['sid']}.json"
    assert twilio.post(address, data={"Body": ""}).json()["body"] == ""
    assert twilio.post(address, data={"Body": "other words"}).status_code == 400
    assert twilio.get(address).json()["body"] == ""


def test_faults_answer_in_twilio_s_form(twilio: httpx.Client, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.create", "status", status=429, headers={"Retry-After": "2"})
    sandbox.fault("twilio.create", "refuse", code="30001")
    sandbox.fault("twilio.create", "status", status=503)
    busy, refused, broken = (twilio.post("/Messages.json", data=NEW) for _ in range(3))
    assert (busy.status_code, busy.json()["code"], busy.headers["Retry-After"]) == (429, 20429, "2")
    assert (refused.status_code, refused.json()["code"]) == (400, 30001)
    assert (broken.status_code, broken.json()["code"]) == (503, 20500)
    create(twilio)


def test_texts_on_their_way_go_on_after_a_restart(tmp_path: Path) -> None:
    store = str(tmp_path / "books.sqlite3")
    with SandboxServer(store) as sandbox:
        sandbox.control("seed", {"accounts": [{"sid": SID, "token": TOKEN, "step_seconds": 0.2}]})
        address = f"/twilio/2010-04-01/Accounts/{SID}/Messages"
        made = httpx.post(f"{sandbox.url}{address}.json", data=NEW, auth=(SID, TOKEN), trust_env=False).json()
        assert made["status"] == "queued"
    with SandboxServer(store) as sandbox:
        wait_until(lambda: sandbox.control("books?part=texts")["texts"][0]["status"] == "delivered")


def test_a_fault_for_a_share_of_the_requests(twilio: httpx.Client, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.create", "status", status=503, share=0.3, times=None)
    statuses = [twilio.post("/Messages.json", data=NEW).status_code for _ in range(200)]
    assert 20 < statuses.count(503) < 110
    assert statuses.count(503) + statuses.count(201) == 200


def test_a_fault_that_comes_in_bursts(twilio: httpx.Client, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.create", "status", status=429, skip=2, share=0.999_999, burst=3, times=4)
    statuses = [twilio.post("/Messages.json", data=NEW).status_code for _ in range(8)]
    assert statuses == [201, 201, 429, 429, 429, 429, 201, 201]


def test_a_list_that_lags_behind(twilio: httpx.Client, sandbox: SandboxServer) -> None:
    create(twilio)
    sandbox.fault("twilio.list", "lag", seconds=30)
    assert twilio.get("/Messages.json").json()["messages"] == []
    assert len(twilio.get("/Messages.json").json()["messages"]) == 1
