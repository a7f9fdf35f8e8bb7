"""HTTP as the clinical adapters use it: time-outs, repeats of reads, and what no answer means (calls#time-outs)."""

import logging
import math
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus

import httpx

from integrations.clinical.port import Busy, ClinicalError, NotAuthorised, UnknownOutcome, UnreadableAnswer

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
READ_TRIES = 3
PAUSE_SECONDS = 0.2
MOST_BYTES = 64 * 1024 * 1024
REPEATED_STATUSES = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
# Raised before a byte of the request has left: the other side cannot have done anything.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
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
    """One pool of connections, safe in many threads. Redirects are not followed, and no proxy is taken from outside.

    Nothing raised here names an address: the cause is cut off, because it holds the request.
    """

    def __init__(self, *, read_tries: int = READ_TRIES, longest: float = math.inf) -> None:
        """Open nothing yet. Reads are tried so often, and each may take so many seconds at the most."""
        self._read_tries, self._longest = read_tries, longest
        self._client = httpx.Client(verify=_trusted(), trust_env=False, follow_redirects=False)

    def get(self, url: str, headers: HeadersMaker, read_seconds: float = READ_SECONDS) -> Response:
        """Read, and try again when the system failed or did not answer.

        Raises Busy when it still does not, UnreadableAnswer when the answer cannot be decoded.
        """
        for tries_left in reversed(range(self._read_tries)):
            try:
                answer = self._exchange("GET", url, headers(), None, min(read_seconds, self._longest))
                if answer.status not in REPEATED_STATUSES or not tries_left:
                    return answer
            except WRONG_ADDRESS:
                raise NotAuthorised("address") from None
            except httpx.TransportError as error:
                if not tries_left or _is_distrust(error):
                    raise _unanswered(error, Busy) from None
            except httpx.RequestError as error:
                raise UnreadableAnswer(type(error).__name__) from None
            # Jitter, so that many callers do not come back in the same moment.
            time.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (chance, not a secret)
        raise AssertionError("unreachable: the last try returns or raises")

    def send(
        self, method: str, url: str, headers: HeadersMaker, content: bytes, read_seconds: float = READ_SECONDS
    ) -> Response:
        """Write, once. Raises Busy when nothing was sent, UnknownOutcome when it was and no answer can be read."""
        try:
            return self._exchange(method, url, headers(), content, read_seconds)
        except WRONG_ADDRESS:
            raise NotAuthorised("address") from None
        except NEVER_SENT as error:
            raise _unanswered(error, Busy) from None
        except httpx.RequestError as error:
            raise UnknownOutcome(type(error).__name__) from None

    def close(self) -> None:
        """Close the pool's connections; nothing can be called after it."""
        self._client.close()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, read_seconds: float
    ) -> Response:
        """One request and its whole answer, which must be complete in `read_seconds` however slowly it drips."""
        timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
        deadline = time.monotonic() + CONNECT_SECONDS + read_seconds
        received = bytearray()
        with self._client.stream(method, url, headers=headers, content=content, timeout=timeout) as response:
            for chunk in response.iter_bytes():
                received += chunk
                if time.monotonic() > deadline or len(received) > MOST_BYTES:
                    raise httpx.ReadTimeout("The answer takes too long or is too large")
        return Response(response.status_code, response.headers, bytes(received))


def _unanswered(error: httpx.TransportError, otherwise: type[ClinicalError]) -> ClinicalError:
    detail = type(error).__name__
    return NotAuthorised(f"{detail}: certificate") if _is_distrust(error) else otherwise(detail)


def _is_distrust(error: httpx.TransportError) -> bool:
    """Whether the certificate was the trouble, which waiting does not mend."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


@cache
def _trusted() -> ssl.SSLContext:
    """The trusted authorities, loaded once for all adapters: it takes longer than a call."""
    return httpx.create_ssl_context()
