"""django-allauth's OpenID Connect, made strict: it takes nothing from a provider that it has not checked.

allauth trusts an ID token that came straight from the token endpoint without looking at its signature, and uses no
nonce. Here the signature, its algorithm, the nonce, issuer, audience and times are always checked (ASVS 10.5.1 to
10.5.4), and a request cannot add to what we ask the provider for.
"""

import secrets
from typing import Any, ClassVar

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse

ALGORITHMS = ["RS256", "RS512", "PS256", "ES256"]
"""Signatures by a key that only the provider has. Never `none`, nor one made with a secret that we share."""

LEEWAY = 30
"""Seconds that the provider's clock and ours may differ."""

NONCE = "openid_nonce"


class LoginRefused(OAuth2Error):  # type: ignore[misc] # allauth has no types
    """An ID token that proves nothing. Never says more than why, and nothing of the token itself."""


class StrictAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # allauth has no types
    """Believes of the provider's answers only an ID token whose signature and claims were checked."""

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Who the ID token says has logged in. Only what it signs is believed. Raises LoginRefused."""
        claims = self.checked(kwargs["response"].get("id_token", ""), app.client_id)
        nonce = request.session.pop(NONCE, "")
        if not nonce or not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
            raise LoginRefused("the nonce is not ours")
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})

    def checked(self, id_token: str, client_id: str) -> dict[str, Any]:
        """The token's claims, if the provider signed them for us and they hold now. Raises LoginRefused."""
        try:
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=self._key(id_token),
                algorithms=ALGORITHMS,
                audience=client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "strict_aud": False},
            )
        except (jwt.PyJWTError, KeyError, TypeError) as error:
            raise LoginRefused(type(error).__name__) from None
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
            raise LoginRefused("the token is for several, and not first of all for us")
        return claims

    def _key(self, id_token: str) -> Any:
        """The provider's public key that the token names. Raises jwt.PyJWTError."""
        header = jwt.get_unverified_header(id_token)
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        return jwt.PyJWKSet.from_dict(answer.json())[header["kid"]].key


class StaffProvider(OpenIDConnectProvider):  # type: ignore[misc] # allauth has no types
    """The OpenID Connect provider that the settings name, asked for the settings' scopes and for a nonce."""

    oauth2_adapter_class: ClassVar = StrictAdapter
    supports_token_authentication = False

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """What we ask for, whatever the address says."""
        return list(self.get_scope())

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """The same, with a nonce that only this browser's session knows."""
        request.session[NONCE] = secrets.token_urlsafe(16)
        return {**self.get_auth_params(), "nonce": request.session[NONCE]}

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponse:
        """To the provider, always to log in: a running session is never linked to another account."""
        response: HttpResponse = super().redirect(request, "login", **kwargs)
        return response


provider_classes = [StaffProvider]
