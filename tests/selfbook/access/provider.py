"""A stand-in OpenID Connect provider over real HTTP: as strict about PKCE as a real one, and as wrong as it is told."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from integrations.sandbox.server import serve_in_thread

CLIENT, SECRET = "selfbook-tests", "a shared secret of the tests, long enough for HS256"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


OURS, ANOTHER = _key(), _key()


class Provider:
    """What it says of whoever logs in: `claims` and `headers` are laid over the right ones; None takes one away."""

    def __init__(self) -> None:
        self.url = ""
        self.claims: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.key: Any = OURS
        self.id_token = True
        self.asked: dict[str, str] = {}
        self.refuses = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/.well-known/openid-configuration", self.configuration),
            web.get("/keys", self.keys),
            web.get("/authorize", self.authorize),
            web.post("/token", self.token),
        ]

    async def configuration(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )

    async def keys(self, _: web.Request) -> web.Response:
        key = json.loads(RSAAlgorithm.to_jwk(OURS.public_key()))
        return web.json_response({"keys": [key | {"kid": "first", "use": "sig", "alg": "RS256"}]})

    async def authorize(self, request: web.Request) -> web.Response:
        """Whoever comes is logged in, and goes back with a code."""
        self.asked = dict(request.query)
        outcome = {"error": self.refuses} if self.refuses else {"code": "one-time-code"}
        back = urlencode(outcome | {"state": self.asked["state"]})
        raise web.HTTPFound(f"{self.asked['redirect_uri']}?{back}")

    async def token(self, request: web.Request) -> web.Response:
        """An ID token for the code, if whoever asks is who began (PKCE) and knows the secret."""
        form = await request.post()
        verifier = str(form.get("code_verifier", ""))
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        proved = digest == self.asked.get("code_challenge") and self.asked["code_challenge_method"] == "S256"
        if not proved or form.get("client_secret") != SECRET or form.get("code") != "one-time-code":
            return web.json_response({"error": "invalid_grant"}, status=400)
        answer = {"access_token": "an access token", "token_type": "Bearer"}
        return web.json_response(answer | ({"id_token": self._id_token()} if self.id_token else {}))

    def _id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "555021935107",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked.get("nonce"),
        }
        payload = {name: value for name, value in (claims | self.claims).items() if value is not None}
        key = self.key if self.algorithm != "none" else ""
        return jwt.encode(payload, key, algorithm=self.algorithm, headers={"kid": "first"})


@contextmanager
def running() -> Iterator[Provider]:
    """The provider on a free port of this machine."""
    provider, app = Provider(), web.Application()
    app.add_routes(provider.routes())
    with serve_in_thread(app) as provider.url:
        yield provider
