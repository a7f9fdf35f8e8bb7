"""Takes the news that the stand-ins for Twilio and NHS Notify post, so that a test can hand it on itself."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs

from django.http import HttpResponse

from tests.resilience.aborts.browsers import browser


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt as it came over the wire: a form of Twilio's, or an event of NHS Notify's."""

    path: str
    body: bytes
    headers: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return parse_qs(self.body.decode()).get(name, [""])[-1]

    @property
    def event(self) -> dict[str, str]:
        """What an event says; empty for a form."""
        return {} if self["MessageSid"] else json.loads(self.body)["data"][0]["attributes"]

    @property
    def status(self) -> str:
        """The status that it tells of, in one word."""
        event = self.event
        return event.get("supplierStatus") or event.get("messageStatus") or self["MessageStatus"]

    def post(self) -> HttpResponse:
        """Hand it to the product's webhook."""
        proof = {name: value for name, value in self.headers.items() if name.lower().startswith("x-")}
        return browser().post(self.path, data=self.body, content_type=self.headers["Content-Type"], headers=proof)  # type: ignore[return-value] # the client's own kind of response


class Inbox:
    """A server on loopback whose address stands in for the product's public one."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.receipts.append(Receipt(self.path, body, dict(self.headers)))
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
        return any(receipt["MessageSid"] == sid and receipt["MessageStatus"] == status for receipt in self.receipts)

    def has_heard(self, reference: str, status: str) -> bool:
        """Whether the news that a message by NHS Notify has this status has come."""
        return any(
            receipt.event.get("messageReference") == reference and receipt.status == status for receipt in self.receipts
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
