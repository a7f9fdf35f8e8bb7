"""Personal links. The token is made from a key and the invitation's id whenever it is needed, and never stored.

A link can so be sent again as it was, while the database holds only its digest: a stolen dump opens no link
(ASVS 6.5.2). 128 bits of HMAC output cannot be guessed.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

LINK = "{link}"
"""Where a stored message body wants the link."""


RETIRED = "retired"
"""Stands among LINK_KEYS in the place of a key that nothing uses any more: keys are known by their place."""


class NoSuchKey(Exception):
    """The key that a link was made with is no longer among LINK_KEYS."""


def token_for(invitation_id: UUID, *, key_number: int = 0) -> str:
    """The 22 characters that end an invitation's link. `key_number` counts LINK_KEYS from the oldest.

    Raises NoSuchKey when there are not so many, or that one is retired.
    """
    keys = settings.LINK_KEYS
    if not keys:
        raise ImproperlyConfigured("LINK_KEYS is empty: set 32 random characters or more.")
    oldest_first = keys[::-1]
    if key_number >= len(keys) or oldest_first[key_number] == RETIRED:
        raise NoSuchKey
    mac = hmac.digest(oldest_first[key_number].encode(), b"invitation:" + invitation_id.bytes, "sha256")
    return urlsafe_b64encode(mac[:16]).rstrip(b"=").decode()


def newest_key_number() -> int:
    """The key that new invitations are given; stored with them, so that links outlive a change of keys."""
    return max(len(settings.LINK_KEYS) - 1, 0)


def digest(token: str) -> bytes:
    """What is stored of a token. Plain SHA-256 is enough for 128 random bits (ASVS 6.5.2)."""
    return hashlib.sha256(token.encode()).digest()


def link_for(invitation_id: UUID, *, key_number: int = 0) -> str:
    """The whole link as the patient gets it."""
    return f"{settings.PUBLIC_BASE_URL}/i/{token_for(invitation_id, key_number=key_number)}"
