"""The patients' phones, as people and robots see them."""

import re
from collections.abc import Iterator

import httpx
import pytest

from integrations.sandbox.phone import format_time, linked, spaced
from integrations.sandbox.server import SandboxServer

SID = "AC" + "a1" * 16
OTHER = "AC" + "c3" * 16
TOKEN = "a made-up token"


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(running_sandbox: SandboxServer) -> SandboxServer:
    running_sandbox.control("reset", {})
    accounts = [{"sid": sid, "token": TOKEN, "step_seconds": 60} for sid in (SID, OTHER)]
    running_sandbox.control("seed", {"accounts": accounts})
    return running_sandbox


@pytest.fixture
def browser(sandbox: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False, follow_redirects=True) as client:
        yield client


def text(browser: httpx.Client, to: str, body: str, account: str = SID) -> httpx.Response:
    form = {"To": to, "From": "+447700900999", "Body": body}
    return browser.post(f"/twilio/2010-04-01/Accounts/{account}/Messages.json", data=form, auth=(account, TOKEN))


def test_the_list_has_each_number_once_the_newest_first(browser: httpx.Client) -> None:
    text(browser, "+447700900001", "old words")
    text(browser, "+447700900002", "other words")
    text(browser, "+447700900001", "new words")
    page = browser.get("/phone").text
    assert page.count("07700 900001") == 1
    assert page.index("07700 900001") < page.index("07700 900002")
    assert "new words" in page
    assert "old words" not in page


@pytest.mark.parametrize(
    "search", ["07700 900002", "+447700900002", "0044 7700 900002", "+44 (0)7700 900002", "900002"]
)
def test_a_phone_is_found_by_its_number_however_typed(browser: httpx.Client, search: str) -> None:
    text(browser, "+447700900001", "hello")
    text(browser, "+447700900002", "hello")
    page = browser.get("/phone/", params={"number": search}).text
    assert "07700 900002" in page
    assert "07700 900001" not in page


@pytest.mark.parametrize("search", ["07700 900009", "nobody", "<script>"])
def test_a_number_that_has_had_no_text(browser: httpx.Client, search: str) -> None:
    text(browser, "+447700900001", "hello")
    page = browser.get("/phone/", params={"number": search}).text
    assert "No phone with that number" in page
    assert "<script" not in page


def test_no_more_than_200_phones_are_shown(browser: httpx.Client) -> None:
    for number in range(201):
        text(browser, f"+447700900{number:03}", "hello")
    page = browser.get("/phone/").text
    assert page.count('class="phones__item"') == 200
    assert "Only the 200 phones" in page


def test_a_phone_shows_its_texts_with_live_links_and_nothing_else_alive(browser: httpx.Client) -> None:
    text(browser, "+447700900001", "first")
    text(browser, "+447700900001", 'Hi <b>Ann</b> & "co",\nbook: https://sb.example/i/abc?x=1&y=2. Thanks')
    text(browser, "+447700900002", "not hers")
    listed = browser.get("/phone/").text
    assert 'href="/phone/%2B447700900001/"' in listed
    answer = browser.get("/phone/%2B447700900001/")
    assert browser.get("/phone/+447700900001/").text == answer.text
    assert '<a href="https://sb.example/i/abc?x=1&amp;y=2" rel="noreferrer">' in answer.text
    assert "Hi &lt;b&gt;Ann&lt;/b&gt; &amp; &#34;co&#34;" in answer.text
    assert answer.text.index("Ann") < answer.text.index("first")
    assert "not hers" not in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert browser.get("/phone/phone.css").headers["Content-Type"].startswith("text/css")


def test_a_phone_without_texts(browser: httpx.Client) -> None:
    assert "No texts yet" in browser.get("/phone/").text
    assert "No texts yet" in browser.get("/phone/+447700900005/").text


def test_stop_and_start(browser: httpx.Client) -> None:
    number = "+447700900001"
    assert "replied STOP" in browser.post(f"/phone/{number}/", data={"reply": "stop"}).text
    refused = text(browser, number, "hello")
    assert (refused.status_code, refused.json()["code"]) == (400, 21610)
    assert "replied STOP" not in browser.post(f"/phone/{number}/", data={"reply": "START"}).text
    assert text(browser, number, "hello").status_code == 201


def test_robots_read_json(browser: httpx.Client) -> None:
    first = text(browser, "+447700900001", "one").json()["sid"]
    second = text(browser, "+447700900001", "two").json()["sid"]
    third = text(browser, "+447700900002", "three", OTHER).json()["sid"]
    texts = browser.get("/phone/+447700900001.json").json()
    assert [(item["sid"], item["body"], item["status"]) for item in texts] == [
        (second, "two", "queued"),
        (first, "one", "queued"),
    ]
    assert set(texts[0]) == {"sid", "body", "status", "at"}
    everything = browser.get("/phone/all.json").json()
    assert [item["sid"] for item in everything] == [third, second, first]
    assert everything[0]["to"] == "+447700900002"
    assert [item["sid"] for item in browser.get("/phone/all.json", params={"account": OTHER}).json()] == [third]
    assert browser.get("/phone/+447700900009.json").json() == []


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("see http://127.0.0.1:8000/i/a_b-c.", "see {http://127.0.0.1:8000/i/a_b-c}."),
        ("(https://sb.example/)", "({https://sb.example/})"),
        ("https://sb.example/a, https://sb.example/b!", "{https://sb.example/a}, {https://sb.example/b}!"),
        ("javascript:alert(1) ftp://x www.sb.example", "javascript:alert(1) ftp://x www.sb.example"),
        ('https://sb.example/"onclick=x', "{https://sb.example/}&#34;onclick=x"),
        ("https:// nothing", "https:// nothing"),
    ],
)
def test_only_web_addresses_become_links(body: str, html: str) -> None:
    assert linked(body) == re.sub(r"\{(.*?)\}", r'<a href="\1" rel="noreferrer">\1</a>', html)


def test_numbers_and_times_as_people_write_them() -> None:
    assert spaced("+447700900123") == "07700 900123"
    assert spaced("GPSurgery") == "GPSurgery"
    assert format_time(1_790_856_300) == "1 October 2026, 1:05pm"
    assert format_time(1_793_489_400) == "31 October 2026, 11:30pm"
