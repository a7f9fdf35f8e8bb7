"""The proxy before the real web server: slow senders, big bodies, who is believed, and what is logged."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from selfbook.demo.stack import WEB_OPTIONS
from selfbook.embedded.ports import free_port
from selfbook.settings.variables import VARIABLES
from tests.deploy.nginx import HOST, PROGRAM, Proxy, nginx
from tests.deploy.shipped import DEPLOY, ROOT
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(not PROGRAM, reason="nginx is not installed")

TOKEN = "AbCdEfGhJkMnPqRsTuVwXyZ23456789_-a"
UPLOAD = next(variable.default for variable in VARIABLES if variable.name == "UPLOAD_MAX_BYTES")


class Echo(BaseHTTPRequestHandler):
    """Web's place: it answers with the headers that reached it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Names in small letters, each with all of its values."""
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        seen = {name.lower(): self.headers.get_all(name) for name in self.headers}
        body = json.dumps({"path": self.path, "headers": seen}).encode()
        self.send_response(200)
        self.send_header("Strict-Transport-Security", "max-age=31536000")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy before a web that says what it got."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    with nginx(tmp_path_factory.mktemp("proxy"), server.server_address[1]) as proxy:
        yield proxy
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy before web as it runs, which has no database here: its log-in page and its answers need none."""
    port = free_port()
    environment = {"ALLOWED_HOSTS": HOST, "PUBLIC_BASE_URL": f"https://{HOST}", "TRUST_PROXY_HEADERS": "on"}
    command = [sys.executable, "-m", "granian", *WEB_OPTIONS, "selfbook.asgi:application"]
    web = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--log-level", "error"],
        cwd=ROOT,
        env=os.environ | environment | {"TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "CRITICAL"},
    )
    try:
        with nginx(tmp_path_factory.mktemp("proxy"), port) as proxy:
            wait_until(lambda: proxy.ask("/static/nothing.css")[0] == 404)
            yield proxy
    finally:
        web.terminate()
        web.wait(30)


def headers(text: str) -> dict[str, list[str]]:
    seen: dict[str, list[str]] = json.loads(text)["headers"]
    return seen


def test_nobody_says_of_himself_where_he_comes_from(echo: Proxy) -> None:
    spoofed = {
        "X-Forwarded-For": "192.0.2.1, 10.0.0.1",
        "X-Real-IP": "192.0.2.1",
        "Forwarded": "for=192.0.2.1",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "Proxy": "http://evil.example",
    }
    _, text = echo.ask("/", "GET", None, **spoofed)
    seen = headers(text)
    assert seen["x-forwarded-for"] == ["127.0.0.1"]
    assert seen["x-forwarded-proto"] == ["https"]
    assert seen["host"] == [HOST]
    assert not {"x-real-ip", "forwarded", "x-forwarded-host", "proxy"} & set(seen)


def test_a_name_with_an_underscore_does_not_pass_for_another(echo: Proxy) -> None:
    with echo.connect() as line:
        line.sendall(
            f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX_Forwarded_For: 192.0.2.1\r\nConnection: close\r\n\r\n".encode()
        )
        text = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert "192.0.2.1" not in text


def test_a_header_of_web_comes_once(echo: Proxy) -> None:
    visitor = echo.visit()
    visitor.request("GET", "/", headers={"Host": HOST})
    answer = visitor.getresponse()
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]
    assert answer.headers.get_all("Server") in (["nginx"], None)
    visitor.close()


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "//metrics",
        "/%6Detrics",
        "/x/../metrics",
        "/metrics?a=b",
        "/health/work",
        "/health/work/",
    ],
)
def test_numbers_of_the_service_are_not_for_outside(echo: Proxy, path: str) -> None:
    assert echo.ask(path)[0] == 404


@pytest.mark.parametrize("path", ["/health/", "/health/live", "/health/ready", f"/i/{TOKEN}", "/static/a.css"])
def test_what_is_for_outside_passes(echo: Proxy, path: str) -> None:
    status, text = echo.ask(path)
    assert (status, json.loads(text)["path"]) == (200, path)


def test_without_tls_a_visitor_is_sent_to_it(echo: Proxy) -> None:
    visitor = echo.visit_plainly()
    visitor.request("GET", f"/i/{TOKEN}?a=b", headers={"Host": HOST})
    answer = visitor.getresponse()
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}/i/{TOKEN}?a=b")
    visitor.close()


def test_the_proof_for_a_certificate_is_given_without_tls(echo: Proxy) -> None:
    place = echo.folder / "acme" / ".well-known" / "acme-challenge"
    place.mkdir(parents=True, exist_ok=True)
    (place / "proof").write_text("proof")
    visitor = echo.visit_plainly()
    visitor.request("GET", "/.well-known/acme-challenge/proof", headers={"Host": HOST})
    answer = visitor.getresponse()
    assert (answer.status, answer.read()) == (200, b"proof")
    visitor.close()


PRIVATE = [
    f"/i/{TOKEN}",
    f"/I/{TOKEN}/",
    f"/i/?{TOKEN}",
    f"//i/{TOKEN}",
    f"/%69/{TOKEN}",
    f"/{TOKEN}",
    f"/{TOKEN}/i/",
    f"/join/{TOKEN}/",
    f"/account/password/reset/key/{TOKEN}/",
    f"/b/{TOKEN}/times/",
    f"/patients/?q={TOKEN}",
    f"/metrics/{TOKEN}",
    f"/health/{TOKEN}",
    f"/?{TOKEN}",
]


@pytest.mark.parametrize("path", PRIVATE)
def test_no_log_has_a_personal_link(echo: Proxy, path: str) -> None:
    before = echo.logged().count("\n")
    echo.ask(path, Referer=f"https://{HOST}/i/{TOKEN}", User_Agent=TOKEN, Cookie=f"session={TOKEN}")
    wait_until(lambda: echo.logged().count("\n") > before)
    assert TOKEN not in echo.logged()


def test_a_link_is_not_logged_when_web_is_away_either(tmp_path: Path) -> None:
    with nginx(tmp_path, free_port()) as proxy:
        for path in PRIVATE:
            status, page = proxy.ask(path)
            assert status in (404, 502), path
            assert status == 404 or "phone your GP surgery" in page
        wait_until(lambda: proxy.logged().count("\n") >= len(PRIVATE))
        assert TOKEN not in proxy.logged()
        assert '"area":"/i","status":502' in proxy.logged()


def test_the_log_has_what_an_operator_needs(echo: Proxy) -> None:
    echo.ask("/batches/1f1c0c0e-0000-4000-8000-000000000000/?page=2")
    wait_until(lambda: '"area":"/batches"' in echo.logged())  # it is written after the answer
    rows = [json.loads(line) for line in (echo.folder / "access.log").read_text().splitlines()]
    row = next(row for row in rows if row["area"] == "/batches")
    assert (row["method"], row["status"], row["web_status"], row["tls"]) == ("GET", 200, "200", "TLSv1.3")
    assert "127.0.0.1:" in row["web"]


@pytest.mark.parametrize("size", [20_000, 80_000])
def test_long_headers_get_a_clean_answer(echo: Proxy, size: int) -> None:
    status, page = echo.ask("/", Cookie="a" * size)
    assert status == 431
    assert "We could not read this request" in page
    assert echo.ask("/", Cookie="a" * 12_000)[0] == 200, "all that browsers keep for one site passes"


def test_a_body_that_is_far_too_big_gets_a_clean_answer(echo: Proxy) -> None:
    visitor = echo.visit()
    visitor.putrequest("POST", "/x", skip_host=True)
    for name, value in {"Host": HOST, "Content-Length": str(100 * UPLOAD)}.items():
        visitor.putheader(name, value)
    visitor.endheaders()
    answer = visitor.getresponse()
    assert answer.status == 413
    assert "This file is too big" in answer.read().decode()
    visitor.close()


def test_a_list_of_the_most_bytes_passes(echo: Proxy) -> None:
    assert echo.ask("/x", "POST", b"a" * (UPLOAD + 64 * 1024))[0] == 200


def test_a_file_that_is_too_big_gets_the_page_of_web(product: Proxy) -> None:
    body = b"login=" + b"a" * (UPLOAD + 1024 * 1024)
    own = {"Referer": f"https://{HOST}/account/login/", "Cookie": f"__Host-csrf={'a' * 32}"}
    form = "application/x-www-form-urlencoded"
    status, page = product.ask("/account/login/", "POST", body, Content_Type=form, **own)
    assert status == 413
    assert "nhsuk" in page, "web's own page, not the proxy's"


def test_slow_senders_do_not_keep_anybody_waiting(product: Proxy) -> None:
    slow = (
        f"POST /account/login/ HTTP/1.1\r\nHost: {HOST}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nlogin="
    ).encode()
    with ExitStack() as open_connections:
        for _ in range(64):
            sender = open_connections.enter_context(product.connect())
            sender.sendall(slow)
        for _ in range(64):
            silent = open_connections.enter_context(socket.create_connection(("127.0.0.1", product.secure), timeout=5))
            silent.sendall(b"\x16")
        product.ask("/static/nothing.css")
        began = monotonic()
        assert product.ask("/static/nothing.css")[0] == 404
        assert monotonic() - began < 6, "it waited for senders, whom web sends away after 10 seconds"


def test_the_page_while_web_is_away_is_web_s_own() -> None:
    assert (DEPLOY / "proxy" / "pages" / "unavailable.html").read_text("utf-8") == (
        ROOT / "templates" / "errors" / "maintenance.html"
    ).read_text("utf-8")
