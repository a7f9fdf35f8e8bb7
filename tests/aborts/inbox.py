"""Takes the delivery receipts that the stand-in for Twilio posts, so that a test can hand them on itself."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs

from django.http import HttpResponse

from tests.aborts.browsers import browser


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt as it came over the wire."""

    path: str
    body: bytes
    signature: str

    def __getitem__(self, name: str) -> str:
        return parse_qs(self.body.decode()).get(name, [""])[-1]

    def post(self) -> HttpResponse:
        """Hand it to the product's webhook."""
        headers = {"X-Twilio-Signature": self.signature}
        form = "application/x-www-form-urlencoded"
        return browser().post(self.path, data=self.body, content_type=form, headers=headers)  # type: ignore[return-value] # the client's own kind of response


class Inbox:
    """A server on loopback whose address stands in for the product's public one."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.receipts.append(Receipt(self.path, body, self.headers["X-Twilio-Signature"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], name="inbox", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def has(self, sid: str, status: str) -> bool:
        """Whether the news that a text has this status has come."""
        return any(one["MessageSid"] == sid and one["MessageStatus"] == status for one in self.receipts)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
