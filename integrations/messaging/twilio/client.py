"""The twilio package's client, set up for this product: time-outs, silence in the logs, another address for tests.

The package's own logger writes whole addresses, and a look-up has the patient's number in its address, so it is
given a logger that writes nothing.
"""

import json
import logging
import re
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import AddrInfoType, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from core import metrics
from core.egress import is_loopback
from core.web.inside import AddressInside, CheckedResolver, leads_inside
from integrations.messaging.port import TextAccount

AT_ONCE = 100
"""Posts in flight from one `send`. Above this a single process gains nothing (twilio#posts-at-once)."""
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
_LONGEST_WAIT = 3600.0
# Twilio's codes have five digits or six. A smaller number is an HTTP status that a gateway repeats.
_LEAST_CODE = 10_000

MESSAGING_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
"""Twilio's id of a pool of senders, which stands where a sender does."""

_silent = logging.Logger("twilio.silent", level=logging.CRITICAL + 1)


class TwilioRefused(Exception):
    """Twilio, or something on the way to it, answered with other than success.

    `code` is Twilio's own, None when the body held none; `retry_after` is how many seconds we were asked to wait.
    """

    def __init__(self, status: int, code: int | None, retry_after: float | None) -> None:
        """Keep the facts, and nothing of the body: it repeats the patient's number."""
        super().__init__(f"answered {status}")
        self.status = status
        self.code = code
        self.retry_after = retry_after


class _Session:
    """An aiohttp session as the package calls it, with time-outs, and by a proxy where one is named.

    The package names a time-out in every request, and its "none given" means to aiohttp that there is none at all.
    """

    def __init__(self, session: ClientSession, egress_proxy: str) -> None:
        """Requests go over `session`, which the caller closes, and not by the proxy to this machine itself."""
        self._session, self._egress_proxy = session, egress_proxy
        # Reading may take all of the time that connecting leaves: a text in doubt costs more than a few seconds' wait.
        self._timeout = ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS)

    async def request(self, **details: Any) -> ClientResponse:
        """Make one request. Raises AddressInside before it, where the account's address leads inside."""
        proxy = None if is_loopback(str(details["url"])) else self._egress_proxy or None
        if proxy is None and leads_inside(str(details["url"])):
            raise AddressInside("the account's address is inside this network")
        return await self._session.request(**{**details, "timeout": self._timeout, "proxy": proxy})


class _Wire:
    """Twilio's asynchronous HTTP client, with its address swapped where an account has another.

    Stands in for a twilio `AsyncHttpClient`: the package asks only for `is_async` and `request`.
    """

    is_async = True

    def __init__(self, session: ClientSession, account: TextAccount) -> None:
        """Send over this session, for this account."""
        self._http = AsyncTwilioHttpClient(pool_connections=False, logger=_silent)
        self._http.session = _Session(session, account.egress_proxy)
        self._base_url = account.base_url.rstrip("/")
        credentials = b64encode(f"{account.account_id}:{account.secret}".encode()).decode()
        self._authorization = {"Authorization": f"Basic {credentials}"}

    async def request(self, method: str, url: str, **details: Any) -> Response:
        """Make one request. Raises TwilioRefused, because the package's own errors do not say how long to wait.

        They also believe a status in the body more than the real one, and are built from whatever JSON came.
        """
        # The package hands credentials on in a way that aiohttp is giving up; a header says the same.
        details["auth"], details["headers"] = None, {**(details.get("headers") or {}), **self._authorization}
        if details.get("data"):
            # aiohttp makes ready for files whenever it is given a form, which costs a tenth of a post.
            details["data"] = urlencode(details["data"], doseq=True).encode()
        if self._base_url:
            parts = urlsplit(url)
            url = self._base_url + parts.path + (f"?{parts.query}" if parts.query else "")
        with metrics.timed(metrics.PROVIDER_SECONDS, provider="twilio") as call:
            response = await self._http.request(method, url, **details)
            call.result = f"{response.status_code // 100}xx"
        if not 200 <= response.status_code < 300:
            raise TwilioRefused(response.status_code, _own_code(response.text), _retry_after(response.headers or {}))
        return response


@asynccontextmanager
async def connected(account: TextAccount) -> AsyncIterator[Client]:
    """A client for one account, over connections of its own that are closed afterwards."""
    # By a proxy, the only name that is looked up here is the proxy's own.
    resolver = None if account.egress_proxy else CheckedResolver()
    connector = TCPConnector(limit=AT_ONCE, socket_factory=_socket, resolver=resolver)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar()) as session:
        wire = _Wire(session, account)
        yield Client(account.account_id, account.secret, http_client=wire)


def _socket(address: AddrInfoType) -> socket.socket:
    """A socket whose system gives up on bytes that nobody acknowledges when we do.

    Without this it goes on trying to deliver a request for minutes after we have closed the connection, and a text that
    had been given up, and found in no list, would go after all.
    """
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(ANSWER_SECONDS * 1000))
    return made


def _own_code(body: str) -> int | None:
    """Twilio's code in the body of an error; None when that holds none, whatever it is."""
    try:
        answer = json.loads(body)
        code = int(answer["code"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return code if code >= _LEAST_CODE else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a Retry-After header in either of its forms; None when absent, unreadable or negative."""
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(seconds, _LONGEST_WAIT) if seconds >= 0 else None
