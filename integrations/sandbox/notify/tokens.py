"""The log-in of the stand-in for NHS Notify: a signed JWT for an access token (nhs-notify#log-in)."""

import time

import jwt
from aiohttp import web

from integrations.sandbox.books import Books
from integrations.sandbox.notices import Client
from integrations.sandbox.notify.rules import refuse
from integrations.sandbox.serving import BOOKS, Refusal, served

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_SECONDS = 300
LEEWAY_SECONDS = 10
_CLAIMS = ("iss", "sub", "aud", "jti", "exp")


def _denied(status: int | None, code: str | None) -> web.Response:
    return web.json_response({"error": code or "invalid_request"}, status=status or 400)


@served("notify.token", _denied)
async def issue(request: web.Request) -> web.Response:
    """An access token for an assertion that is signed, meant for this address, and used for the first time."""
    books, form = request.app[BOOKS], await request.post()
    if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != ASSERTION_TYPE:
        raise Refusal(_denied(400, "invalid_request"))
    client = _client(books, str(form.get("client_assertion", "")), str(request.url.with_query(None)))
    token = books.notices.issue(client, books.clock.time() + client.token_seconds)
    return web.json_response(
        {"access_token": token, "expires_in": str(int(client.token_seconds)), "token_type": "Bearer"}
    )


def _client(books: Books, assertion: str, address: str) -> Client:
    """Who signed this assertion for this address. Raises Refusal."""
    try:
        unproven = jwt.decode(assertion, options={"verify_signature": False})
        client = books.notices.client(str(unproven.get("iss")))
        if client is None or jwt.get_unverified_header(assertion).get("kid") != client.key_id:
            raise Refusal(_denied(401, "invalid_client"))
        claims = jwt.decode(
            assertion,
            client.public_key,
            algorithms=["RS512"],
            audience=address,
            leeway=LEEWAY_SECONDS,
            # The sandbox's clock may have been moved; what is signed goes by the real one.
            options={"require": list(_CLAIMS)},
        )
    except jwt.PyJWTError:
        raise Refusal(_denied(401, "invalid_client")) from None
    ahead = claims["exp"] - time.time()
    if claims["sub"] != claims["iss"] or ahead > LONGEST_SECONDS + LEEWAY_SECONDS:
        raise Refusal(_denied(400, "invalid_request"))
    if not books.notices.first_use(str(claims["jti"])):
        raise Refusal(_denied(401, "invalid_client"))
    return client


def admit(request: web.Request) -> Client:
    """The application that is asking, by its access token. Raises Refusal."""
    books = request.app[BOOKS]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    client = books.notices.bearer(token, books.clock.time()) if scheme == "Bearer" else None
    if client is None:
        raise refuse("CM_DENIED")
    return client
