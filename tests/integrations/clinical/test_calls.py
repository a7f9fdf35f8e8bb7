"""No answer, slow answers and addresses that lead nowhere (calls#time-outs)."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from aiohttp import web

from integrations.clinical import calls
from integrations.clinical.calls import Calls, Response
from integrations.clinical.errors import Busy, NotAuthorised, UnknownOutcome
from integrations.sandbox.server import SandboxServer, serve_in_thread
from tests.integrations.clinical.world import ODS
from tests.waiting import HELD_UP


@pytest.fixture
def pool() -> Iterator[Calls]:
    made = Calls()
    yield made
    made.close()


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that answers one byte at a time and never comes to an end."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not stop.wait(0.02):
                client.sendall(b" ")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    stop.set()
    thread.join(5)
    listener.close()


def no_headers() -> dict[str, str]:
    return {}


def test_nothing_was_sent_to_who_does_not_listen(pool: Calls, closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}/"
    with pytest.raises(Busy):
        pool.get(url, no_headers)
    with pytest.raises(Busy):
        pool.send("POST", url, no_headers, b"{}")


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1/"])
def test_a_wrong_address_is_for_an_administrator(pool: Calls, url: str) -> None:
    with pytest.raises(NotAuthorised):
        pool.get(url, no_headers)
    with pytest.raises(NotAuthorised):
        pool.send("POST", url, no_headers, b"{}")


def test_a_time_out_leaves_a_write_unknown(pool: Calls, sandbox: SandboxServer) -> None:
    sandbox.control("reset", {})
    sandbox.fault("gateway.*", "latency", seconds=HELD_UP, times=None)
    url = f"{sandbox.url}/gateway/{ODS}/v1/"
    with pytest.raises(Busy):
        pool.get(url + "health", no_headers, 0.05)
    with pytest.raises(UnknownOutcome):
        pool.send("POST", url + "patients/1/codes", no_headers, b"{}", 0.05)
    sandbox.control("faults", method="DELETE")


def test_an_answer_that_drips_is_given_up(pool: Calls, dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "CONNECT_SECONDS", 0.1)
    with pytest.raises(UnknownOutcome):
        pool.send("POST", dripping, no_headers, b"{}", 0.2)


def test_answers_in_pieces_and_compressed_are_read(pool: Calls) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert "gzip" in request.headers["Accept-Encoding"]
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        for _ in range(3):
            await response.write(b'{"piece": 1}' * 1000)
        await response.write_eof()
        return response

    app = web.Application()
    app.router.add_get("/", answer)
    with serve_in_thread(app) as url:
        assert pool.get(url, no_headers).content == b'{"piece": 1}' * 3000


def test_redirects_are_not_followed(pool: Calls, sandbox: SandboxServer) -> None:
    sandbox.control("reset", {})
    sandbox.fault("gateway.health", "status", status=302, body="", headers={"Location": "/__control/health"})
    assert pool.get(f"{sandbox.url}/gateway/{ODS}/v1/health", no_headers).status == 302


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("0", 0, 0),
        ("86400", 86400, 86400),
        (timedelta(hours=1), 3000, 3600),
        (timedelta(hours=-1), 0, 0),
    ],
    ids=["now", "a day", "a date", "a date in the past"],
)
def test_how_long_to_wait_is_a_number_or_a_date(header: str | timedelta, low: float, high: float) -> None:
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header)
    seconds = Response(429, httpx.Headers({"Retry-After": header}), b"").retry_after()
    assert seconds is not None
    assert low <= seconds <= high


@pytest.mark.parametrize("header", ["", "-5", "soon", "²"])
def test_how_long_to_wait_may_be_unsaid(header: str) -> None:
    assert Response(429, httpx.Headers([(b"Retry-After", header.encode())]), b"").retry_after() is None
