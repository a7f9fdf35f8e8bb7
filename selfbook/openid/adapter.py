"""Which of the provider's people may come in: staff whom we know, and nobody else."""

import logging
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render

from practices.audit import trail as audit
from practices.models import User
from selfbook.accounts.second_factor import ELSEWHERE

logger = logging.getLogger(__name__)


class StaffSignInAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth has no types
    """No accounts are made here: whoever comes in has one already (ASVS 6.8.2)."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never: somebody the provider knows, and we do not, gets no account."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in whom we have linked before; link somebody new to the account with the same, verified address.

        From then on the provider's subject counts, not the address, which it may give to another person one day. An
        account is linked to one subject only. Whether the provider's own second factor is enough is for the settings.
        """
        if not sociallogin.is_existing:
            self._link(request, sociallogin)
        claims = sociallogin.account.extra_data.get("id_token", {})
        trusted = settings.OPENID_SECOND_FACTOR_ACR
        request.session[ELSEWHERE] = bool(trusted) and claims.get("acr") in trusted

    def _link(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        claims = sociallogin.account.extra_data.get("id_token", {})
        email = str(claims.get("email", "")).lower()
        verified = claims.get("email_verified") is True
        user = User.objects.filter(email=email, is_active=True, socialaccount=None).first() if verified else None
        if user is None:
            refuse(request, "nobody of ours")
        sociallogin.connect(request, user)
        audit.record("account.openid_linked", practice=None, actor=user, object_id=user.id)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Say that it did not work, and log why without anything that the provider sent."""
        refuse(request, str(kwargs.get("error") or "") or type(kwargs.get("exception")).__name__)


def refuse(request: HttpRequest, why: str) -> NoReturn:
    """The one page for whoever does not come in, whatever the reason."""
    logger.warning("log-in through OpenID Connect was refused", extra={"why": why})
    raise ImmediateHttpResponse(render(request, "account/openid-refused.jinja", status=403))
