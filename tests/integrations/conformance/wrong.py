"""A gateway that keeps the contract but for one fault, chosen when it is made: each is a rule's own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from stdnum import verhoeff
from stdnum.gb import nhs

TOKEN = "made-up-token"
PATIENT: dict[str, Any] = {
    "nhs_number": "9990000018",
    "local_id": "p/1",
    "dob": "1958-03-09",
    "deceased": False,
    "active": True,
    "sensitive": False,
}


_CHANGES: dict[str, dict[str, Any]] = {
    "no date of birth": {"dob": None},
    "half a date of birth": {"dob": "1958-03"},
    "another patient": {"nhs_number": "9990000026"},
    "flags in words": {"deceased": "no"},
}


class Gateway:
    """What the gateway has filed, and what is wrong with it."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.entries: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[Any, int, dict[str, Any]]] = {}

    def read(self, path: str, query: dict[str, str], let_in: bool) -> tuple[int, Any]:
        if not let_in and self.fault != "lets everybody in":
            return self.error(401, "NOT_AUTHORISED")
        if path == "/v1/health":
            return 200, {"system": "emis", "version": "7"} | ({} if self.fault == "no ok" else {"ok": True})
        if path == "/v1/capabilities":
            contract = 2 if self.fault == "contract is a number" else "1.1"
            return 200, {"contract": contract, "takes_description_ids": True}
        if path == "/v1/patients":
            return self.patient(query.get("nhs_number", ""))
        if not self.is_known(path):
            return self.error(404, "PATIENT_NOT_FOUND")
        if self.fault == "keeps nothing":
            return 200, {"codes": []}
        key = query.get("key", "")
        return 200, {"codes": [entry for entry in self.entries if key in ("", entry["key"])]}

    def is_known(self, path: str) -> bool:
        return self.fault == "knows every record" or path == "/v1/patients/p%2F1/codes"

    def patient(self, number: str) -> tuple[int, Any]:
        if not nhs.is_valid(number) and self.fault != "finds bad numbers":
            return self.error(422, "INVALID_NHS_NUMBER", number)
        if self.fault == "fails for the unknown" and number != PATIENT["nhs_number"]:
            return self.error(500, "ERROR")
        if number != PATIENT["nhs_number"] and self.fault != "finds bad numbers":
            return self.error(404, "PATIENT_NOT_FOUND")
        return 200, PATIENT | _CHANGES.get(self.fault, {})

    def write(self, path: str, content: bytes, key: str, let_in: bool) -> tuple[int, Any]:
        if not let_in:
            if self.fault == "files for everybody":
                self.keep(json.loads(content), key)
            return self.error(401, "NOT_AUTHORISED")
        if not self.is_known(path):
            return self.error(404, "PATIENT_NOT_FOUND")
        if not key and self.fault != "needs no key":
            return self.error(400, "BAD_REQUEST")
        if (before := self.answers.get(key)) and self.fault != "files twice":
            body, status, answer = before
            if body == content or self.fault == "takes other bodies":
                return status, answer if self.fault != "answers anew" else answer | {"entry_id": str(uuid4())}
            return self.error(422, "IDEMPOTENCY_KEY_REUSED")
        try:
            entry = json.loads(content)
        except ValueError:
            return self.error(500 if self.fault == "fails at bad bodies" else 400, "BAD_REQUEST")
        if not isinstance(entry, dict):
            return self.error(422, "INVALID_RESOURCE")
        if refused := self.refused(entry):
            return refused
        entry_id = self.keep(entry, key)
        status = 202 if self.fault in ("says 202 and verified", "never shows") else 201
        answer = {"entry_id": entry_id, "verified": status == 201 or self.fault == "says 202 and verified"}
        self.answers[key] = content, status, answer
        return status, answer

    def refused(self, entry: dict[str, Any]) -> tuple[int, Any] | None:
        concept = entry.get("snomed", "")
        if not (verhoeff.is_valid(concept) and concept[-3:-1] in ("00", "10")) and self.fault != "files any digits":
            return self.error(422, "CODE_NOT_ACCEPTED")
        if "9999999" in concept and self.fault != "files unknown concepts":
            return self.error(422, "CODE_NOT_ACCEPTED")
        if entry.get("date") == "2026-02-30" and self.fault != "files any date":
            return self.error(422, "INVALID_RESOURCE")
        if entry.get("description_id") and self.fault == "takes no descriptions":
            return self.error(422, "INVALID_RESOURCE")
        return None

    def keep(self, entry: dict[str, Any], key: str) -> str:
        entry_id = str(uuid4())
        if self.fault != "never shows":
            day = "2020-01-01" if self.fault == "changes the date" else entry["date"]
            self.entries.append({**entry, "date": day, "key": key, "entry_id": entry_id})
        return entry_id

    def error(self, status: int, code: str, number: str = "") -> tuple[int, Any]:
        if self.fault == "errors in words":
            return status, {"error": code.lower()}
        message = f"not found: {number}" if self.fault == "repeats numbers" and len(number) == 9 else ""
        if self.fault == "repeats numbers":
            message = f"for {PATIENT['nhs_number']}"
        return status, {"code": code, "message": message, "retry_after": None}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gateway: Gateway

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.answer(*self.gateway.read(parts.path, query, self.let_in()))

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Idempotency-Key", "")
        self.answer(*self.gateway.write(self.path, content, key, self.let_in()))

    def let_in(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def answer(self, status: int, body: Any) -> None:
        content = b"<html>" if self.gateway.fault == "pages in HTML" and status >= 400 else json.dumps(body).encode()
        self.send_response(status)
        kind = "text/html" if self.gateway.fault == "pages in HTML" and status >= 400 else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.gateway.fault != "may be kept":
            self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests are quiet."""


@contextmanager
def serving(fault: str = "") -> Iterator[str]:
    """The address of a gateway with this fault."""
    handler = type("Handler", (_Handler,), {"gateway": Gateway(fault)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
