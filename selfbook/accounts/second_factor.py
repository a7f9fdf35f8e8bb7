"""How staff prove who they are beyond a password: what of django-allauth's second factors is ours to decide."""

from typing import Any, ClassVar

import qrcode
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from integrations.encryption import cipher
from practices.audit import trail as audit
from practices.models import User

ELSEWHERE = "second_factor_elsewhere"
"""The session's name for a second factor that the OpenID Connect provider asked for, and that we trust."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Secrets are encrypted at rest, and the last factor stays while one is required."""

    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "The code is wrong. Wait for a new one in your app, then try again",
        "cannot_delete_authenticator": "You need a way to prove it is you. Add another one first",
        "cannot_generate_recovery_codes": "Set up an app or a passkey first",
    }

    def encrypt(self, text: str) -> str:
        """A secret as it is stored."""
        return str(cipher().encrypt(text.encode()).decode())

    def decrypt(self, encrypted_text: str) -> str:
        """A secret as it is used."""
        return str(cipher().decrypt(encrypted_text.encode()).decode())

    def build_totp_svg(self, url: str) -> str:
        """The QR code: how many squares it is wide, a space, and its dark squares as an SVG path. The page draws it."""
        code = qrcode.QRCode(border=4)
        code.add_data(url)
        code.make(fit=True)
        rows = code.get_matrix()
        dark = ((x, y) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
        return f"{len(rows)} " + "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whether another factor is left, or none is required."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        left = others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
        return left or not settings.SECOND_FACTOR_REQUIRED

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """What a passkey is called when its owner gave it no name."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"

    def _get_site_name(self) -> str:
        return "Selfbook"


def is_proved(request: HttpRequest, user: User) -> bool:
    """Whether this session has shown a second factor: here, or at a provider that we trust with it."""
    records = get_authentication_records(request, user)
    return any(record["method"] == "mfa" for record in records) or bool(request.session.get(ELSEWHERE))


def has_factor(user: User) -> bool:
    """Whether somebody has set up an app or a passkey."""
    factors = Authenticator.objects.filter(user_id=user.pk)
    return bool(factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


def added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A factor was set up, which takes showing that it works: that proves it for this session too."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    audit.record("account.factor_added", practice=None, actor=user, object_id=user.pk, type=str(authenticator.type))


def removed(user: User | AnonymousUser, authenticator: Authenticator, **_: Any) -> None:
    """A factor was taken away."""
    owner = authenticator.user
    audit.record("account.factor_removed", practice=None, actor=owner, object_id=owner.pk, type=str(authenticator.type))
