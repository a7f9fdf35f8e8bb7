"""HTTP as the clinical adapters use it: time-outs, repeats of reads, and what no answer means (calls#time-outs)."""

import logging
import math
import random
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from core import metrics
from core.egress import is_loopback
from core.web.inside import AddressInside, transport
from integrations.clinical import tls
from integrations.clinical.connection_errors import error_of, refusal_of
from integrations.clinical.errors import (
    CertificateFault,
    CertificateRejected,
    ClinicalError,
    LeadsInside,
    NotAuthorised,
    UnknownOutcome,
    UnreadableAnswer,
)
from integrations.clinical.port import NO_CERTIFICATES, Certificates, Connection

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
READ_TRIES = 3
PAUSE_SECONDS = 0.2
MOST_BYTES = 64 * 1024 * 1024
REPEATED_STATUSES = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
# Raised before a byte of the request has left: the other side cannot have done anything.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
WRONG_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol)

# At INFO httpx writes every address that it calls, and GP Connect wants NHS numbers in addresses.
logging.getLogger("httpx").setLevel(logging.WARNING)

HeadersMaker = Callable[[], Mapping[str, str]]
"""Makes the headers of one attempt: trace ids and tokens are never used twice."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole HTTP answer. Header names are looked up in any case."""

    status: int
    headers: httpx.Headers
    content: bytes

    def retry_after(self) -> float | None:
        """Seconds to wait, where the answer says so (as a number or as a date)."""
        value = self.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            return float(value)
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - datetime.now(UTC)).total_seconds())


class Calls:
    """One pool of connections, safe in many threads. Redirects are not followed, nothing is taken from the environment.

    Nothing raised here names an address: the cause is cut off, because it holds the request.
    """

    def __init__(
        self,
        *,
        read_tries: int = READ_TRIES,
        longest: float = math.inf,
        certificates: Certificates = NO_CERTIFICATES,
        proxy: str = "",
        sidecar: bool = False,
    ) -> None:
        """Open nothing yet. Reads are tried so often, and each may take so many seconds at the most.

        Whoever is called is shown the certificate. Calls leave by the proxy, where one is named, but for those to this
        machine. Nothing inside this network is called, but perhaps a `sidecar` on this machine (`core.web.inside`).
        """
        self._read_tries, self._longest = read_tries, longest
        self._certificates, self._proxy, self._sidecar = certificates, proxy, sidecar
        self._clients: dict[bool, httpx.Client] = {}
        self._is_closed = False
        self._lock = threading.Lock()

    def get(self, url: str, headers: HeadersMaker, read_seconds: float = READ_SECONDS) -> Response:
        """Read, and try again when the system failed or did not answer.

        Raises Unreachable when it still does not, CertificateRejected or ProxyRefused at once, UnreadableAnswer when
        the answer cannot be decoded.
        """
        for tries_left in reversed(range(self._read_tries)):
            try:
                answer = self._exchange("GET", url, headers(), None, min(read_seconds, self._longest))
                if answer.status not in REPEATED_STATUSES or not tries_left:
                    return answer
            except WRONG_ADDRESS:
                raise NotAuthorised("address") from None
            except AddressInside:
                raise LeadsInside("address") from None
            except httpx.TransportError as error:
                meaning = self._meaning(error, url)
                if not tries_left or isinstance(meaning, NotAuthorised):
                    raise meaning from None
            except httpx.RequestError as error:
                raise UnreadableAnswer(type(error).__name__) from None
            # Jitter, so that many callers do not come back in the same moment.
            time.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (chance, not a secret)
        raise AssertionError("unreachable: the last try returns or raises")

    def send(
        self, method: str, url: str, headers: HeadersMaker, content: bytes, read_seconds: float = READ_SECONDS
    ) -> Response:
        """Write, once. Raises UnknownOutcome when it was sent and no answer can be read.

        Raises Unreachable, CertificateRejected or ProxyRefused when nothing can have been done. An alert about a
        certificate is the end of a handshake, and comes before anybody has looked at a request, though with TLS 1.3
        that has been sent by then.
        """
        try:
            return self._exchange(method, url, headers(), content, read_seconds)
        except WRONG_ADDRESS:
            raise NotAuthorised("address") from None
        except AddressInside:
            raise LeadsInside("address") from None
        except httpx.TransportError as error:
            meaning = self._meaning(error, url)
            if isinstance(error, NEVER_SENT) or isinstance(meaning, CertificateRejected):
                raise meaning from None
            raise UnknownOutcome(type(error).__name__) from None
        except httpx.RequestError as error:
            raise UnknownOutcome(type(error).__name__) from None

    def close(self) -> None:
        """Close the pool's connections; nothing can be called after it."""
        with self._lock:
            self._is_closed = True
            for client in self._clients.values():
                client.close()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, read_seconds: float
    ) -> Response:
        """One request and its whole answer, timed and counted, by its class of status: "2xx", or "error" for none."""
        with metrics.timed(metrics.CLINICAL_SECONDS, method=method) as call:
            answer = self._answer(method, url, headers, content, read_seconds)
            call.result = f"{answer.status // 100}xx"
        kind = answer.headers.get("Content-Type", "").lower()
        if (refusal := refusal_of(answer.status, kind, answer.content, self._certificates)) is not None:
            raise refusal
        return answer

    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, read_seconds: float
    ) -> Response:
        """The answer, which must be complete in `read_seconds` however slowly it drips."""
        timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
        client = self._client(url)
        deadline = time.monotonic() + CONNECT_SECONDS + read_seconds
        received = bytearray()
        with client.stream(method, url, headers=headers, content=content, timeout=timeout) as response:
            for chunk in response.iter_bytes():
                received += chunk
                if time.monotonic() > deadline or len(received) > MOST_BYTES:
                    raise httpx.ReadTimeout("The answer takes too long or is too large")
        return Response(response.status_code, response.headers, bytes(received))

    def _client(self, url: str) -> httpx.Client:
        """The pool for an address: by the proxy, or straight. Raises CertificateRejected; RuntimeError once closed."""
        by_proxy = self._is_by_proxy(url)
        with self._lock:
            if self._is_closed:
                raise RuntimeError("These connections have been closed.")
            if by_proxy not in self._clients:
                trust = self._trust()
                ways: dict[str, Any] = (
                    {"proxy": self._proxy, "verify": trust}
                    if by_proxy
                    else {"transport": transport(sidecar=self._sidecar, verify=trust)}
                )
                self._clients[by_proxy] = httpx.Client(trust_env=False, follow_redirects=False, **ways)
            return self._clients[by_proxy]

    def _is_by_proxy(self, url: str) -> bool:
        return bool(self._proxy) and not is_loopback(url)

    def _trust(self) -> ssl.SSLContext:
        try:
            return tls.context(self._certificates)
        except tls.Unusable:
            raise CertificateRejected(CertificateFault.OURS_UNUSABLE) from None

    def _meaning(self, error: httpx.TransportError, url: str) -> ClinicalError:
        return error_of(error, self._certificates, by_proxy=self._is_by_proxy(url))


def to_gp_connect(connection: Connection, *, read_tries: int = READ_TRIES, longest: float = math.inf) -> Calls:
    """A pool for a practice's GP Connect, straight or by the Spine Secure Proxy: both are shown its certificate."""
    return Calls(
        read_tries=read_tries,
        longest=longest,
        certificates=connection.certificates,
        proxy=connection.egress_proxy,
        sidecar=True,
    )


def to_gateway(connection: Connection, *, read_tries: int = READ_TRIES, longest: float = math.inf) -> Calls:
    """A pool for a practice's record gateway, which the Spine's certificates are nothing to."""
    return Calls(read_tries=read_tries, longest=longest, proxy=connection.egress_proxy)
