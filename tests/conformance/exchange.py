"""A request and its answer, in the shape in which the oracles read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import quote, urlencode

import httpx
from aiohttp import web
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One request; `path` is below the part's own address, such as /Slot."""

    method: str
    path: str
    query: Pairs = ()
    headers: Pairs = ()
    body: bytes = b""

    @classmethod
    async def from_web(cls, request: web.Request, path: str) -> Self:
        """A request as it came over HTTP."""
        return cls(
            request.method, path, tuple(request.query.items()), tuple(request.headers.items()), await request.read()
        )

    def header(self, name: str) -> str:
        """The value of a header, whatever its case; empty without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def with_header(self, name: str, value: str | None) -> Self:
        """The same with another value for a header; None leaves it out."""
        others = tuple((key, old) for key, old in self.headers if key.lower() != name.lower())
        return replace(self, headers=others if value is None else (*others, (name, value)))

    def send(self, address: str) -> httpx.Response:
        """Send it to a part's address. What the length of the body and the host are is for the client to say."""
        left_out = {"content-length", "host", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
        headers = [(name, value) for name, value in self.headers if name.lower() not in left_out]
        url = address + quote(self.path) + (f"?{urlencode(self.query, quote_via=quote)}" if self.query else "")
        with httpx.Client(trust_env=False, timeout=30) as client:
            # What httpx would add by itself is no part of the request that is checked.
            request = client.build_request(self.method, url, headers=headers, content=self.body or None)
            for name in ("accept", "content-type"):
                if not self.header(name):
                    request.headers.pop(name, None)
            return client.send(request)


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class RequestForValidator:
    """A request as openapi-core wants it."""

    def __init__(self, request: Request) -> None:
        self.host_url = "http://oracle.example"
        self.path = request.path
        self.method = request.method.lower()
        self.body = request.body or None
        self.content_type = request.header("Content-Type").partition(";")[0].strip()
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.query), header=Headers(list(request.headers)), cookie=ImmutableMultiDict()
        )


class AnswerForValidator:
    """An answer as openapi-core wants it."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.headers = Headers(list(answer.headers.items()))
        self.data = answer.body
        self.content_type = self.headers.get("Content-Type", "").partition(";")[0].strip()
