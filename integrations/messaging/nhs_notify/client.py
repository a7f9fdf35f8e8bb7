"""HTTP to NHS Notify: the log-in by a signed JWT, its token, and answers as they came (nhs-notify#log-in).

Nothing raised here holds a key, a token, an address or a patient: the cause is cut off, because it has the request.
"""

import json
import logging
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
import jwt

from core import metrics
from core.egress import is_loopback
from core.web.inside import AddressInside, transport
from integrations.messaging.port import NotifyAccount

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
LIVE = "https://api.service.nhs.uk"
MEDIA = "application/vnd.api+json"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Five minutes are the most that is taken, so our clock may be two minutes fast, or almost three slow.
ASSERTION_SECONDS = 180
# A token is given up this long before its end, or it could end on the way.
TOKEN_MARGIN_SECONDS = 60.0
_LONGEST_WAIT = 3600.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

# At INFO httpx writes every address that it calls.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of an answer: Notify's code, and which part of the request it is about."""

    code: str
    pointer: str


class NotifyRefused(Exception):
    """Notify answered with an error. `retry_after` is how many seconds we were asked to wait."""

    def __init__(self, status: int, faults: tuple[Fault, ...], retry_after: float | None) -> None:
        """Keep the facts, and nothing of the request."""
        super().__init__(f"answered {status}")
        self.status, self.faults, self.retry_after = status, faults, retry_after

    @property
    def code(self) -> str:
        """Notify's first code, or the status where it gave none."""
        return self.faults[0].code if self.faults else str(self.status)


class Unanswered(Exception):
    """No answer that can be read. `was_sent`: the request may have been carried out."""

    def __init__(self, detail: str, *, was_sent: bool) -> None:
        """`detail` is the kind of error."""
        super().__init__(detail)
        self.was_sent = was_sent


class Unusable(Exception):
    """The account cannot be used as it is: its private key or its address is none."""


class LeadsInside(Unusable):
    """The account's address leads to this network's own machines: nothing was asked."""


class NotifyClient:
    """One pool of connections for one account, safe in many threads. Close it after use."""

    def __init__(self, account: NotifyAccount, longest: float = READ_SECONDS) -> None:
        """An answer may take `longest` seconds."""
        self._account = account
        self._base = account.base_url.rstrip("/") or f"{LIVE}/comms"
        timeout = httpx.Timeout(longest, connect=CONNECT_SECONDS)
        proxy = None if is_loopback(self._base) else account.egress_proxy or None
        ways: dict[str, Any] = (
            {"proxy": proxy, "verify": _trusted()} if proxy else {"transport": transport(verify=_trusted())}
        )
        self._http = httpx.Client(trust_env=False, follow_redirects=False, timeout=timeout, **ways)

    def post(self, path: str, content: bytes) -> dict[str, Any]:
        """Post a JSON document. Raises NotifyRefused, Unanswered and Unusable."""
        return self._call("POST", path, content=content)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read a JSON document. Raises NotifyRefused, Unanswered and Unusable."""
        return self._call("GET", path, params=dict(query or {}))

    def close(self) -> None:
        """Close the pool's connections; nothing can be called after it."""
        self._http.close()

    def _call(self, method: str, path: str, **details: Any) -> dict[str, Any]:
        token = _TOKENS.get(self._account, self._http)
        response = self._once(method, path, token, details)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            # The token may have been taken back before its time: once, with a new one.
            _TOKENS.drop(self._account, token)
            response = self._once(method, path, _TOKENS.get(self._account, self._http), details)
        return _document(response)

    def _once(self, method: str, path: str, token: str, details: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Accept": MEDIA, "X-Correlation-Id": str(uuid4())}
        if "content" in details:
            headers["Content-Type"] = MEDIA
        return _exchange(self._http, method, self._base + path, headers=headers, **details)


class _Tokens:
    """The access tokens of this process, one for each account: a token serves for ten minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[bytes, tuple[str, float]] = {}

    def get(self, account: NotifyAccount, http: httpx.Client) -> str:
        """A token that is good for a while yet. Raises NotifyRefused, Unanswered and Unusable."""
        key = _key(account)
        with self._lock:
            token, until = self._known.get(key, ("", 0.0))
        if time.monotonic() < until:
            return token
        asked = time.monotonic()
        token, seconds = _log_in(account, http)
        with self._lock:
            self._known[key] = (token, asked + max(0.0, seconds - TOKEN_MARGIN_SECONDS))
        return token

    def drop(self, account: NotifyAccount, token: str) -> None:
        """Use this token no more."""
        with self._lock:
            if self._known.get(_key(account), ("", 0.0))[0] == token:
                del self._known[_key(account)]


_TOKENS = _Tokens()


def _key(account: NotifyAccount) -> bytes:
    """What tells accounts apart, without their keys lying about once more."""
    parts = (account.api_key, account.key_id, account.private_key, token_address(account))
    return sha256("\0".join(parts).encode()).digest()


def token_address(account: NotifyAccount) -> str:
    """Where tokens are given out: beside the API, whatever its address."""
    base = account.base_url.rstrip("/") or f"{LIVE}/comms"
    return base.removesuffix("/comms") + "/oauth2/token"


def assertion(account: NotifyAccount) -> str:
    """The signed statement of who asks for a token. Raises Unusable."""
    claims = {
        "iss": account.api_key,
        "sub": account.api_key,
        "aud": token_address(account),
        "jti": str(uuid4()),
        "exp": int(time.time()) + ASSERTION_SECONDS,
    }
    try:
        return jwt.encode(claims, account.private_key, algorithm="RS512", headers={"kid": account.key_id})
    except (jwt.PyJWTError, ValueError, TypeError):
        raise Unusable("private key") from None


def can_sign(private_key: str) -> bool:
    """Whether this is a private key that the log-in can be signed with."""
    try:
        assertion(NotifyAccount("", "", private_key, "", ""))
    except Unusable:
        return False
    return True


def _log_in(account: NotifyAccount, http: httpx.Client) -> tuple[str, float]:
    """A new token, and how many seconds it is good for. Nothing else has been sent when this fails."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(account),
    }
    try:
        response = _exchange(http, "POST", token_address(account), data=form, headers={"Accept": "application/json"})
        if 400 <= response.status_code < 500 and response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            raise NotifyRefused(HTTPStatus.UNAUTHORIZED, (Fault("invalid_client", ""),), None)
        document = _document(response)
        return str(document["access_token"]), float(document.get("expires_in", 0))
    except Unanswered as error:
        raise Unanswered(str(error), was_sent=False) from None
    except (KeyError, ValueError, TypeError):
        raise Unanswered("token", was_sent=False) from None
    except NotifyRefused as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unanswered(str(error.status), was_sent=False) from None
        raise


def _exchange(http: httpx.Client, method: str, url: str, **details: Any) -> httpx.Response:
    try:
        with metrics.timed(metrics.PROVIDER_SECONDS, provider="notify") as call:
            response = http.request(method, url, **details)
            call.result = f"{response.status_code // 100}xx"
            return response
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise Unusable("address") from None
    except AddressInside:
        raise LeadsInside("address inside") from None
    except _NEVER_SENT as error:
        raise Unanswered(type(error).__name__, was_sent=False) from None
    except httpx.RequestError as error:
        raise Unanswered(type(error).__name__, was_sent=True) from None


def _document(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a good answer. Raises NotifyRefused and Unanswered."""
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise NotifyRefused(response.status_code, _faults(response), _retry_after(response.headers))
    try:
        document = response.json()
    except (ValueError, RecursionError):
        document = None
    if not response.is_success or not isinstance(document, dict):
        raise Unanswered(f"unreadable {response.status_code}", was_sent=True)
    return document


def _faults(response: httpx.Response) -> tuple[Fault, ...]:
    try:
        errors = json.loads(response.content)["errors"]
        return tuple(
            Fault(str(error.get("code", "")), str((error.get("source") or {}).get("pointer", ""))) for error in errors
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()


def _retry_after(headers: httpx.Headers) -> float | None:
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(seconds, _LONGEST_WAIT) if seconds >= 0 else None


@cache
def _trusted() -> ssl.SSLContext:
    """The trusted authorities, loaded once: it takes longer than a call."""
    return httpx.create_ssl_context()
