"""The keys over the chain of seals: whoever can write to the database, and has none of them, cannot make it anew."""

import hashlib
import hmac
from collections.abc import Mapping

from django.conf import settings

NO_KEY = ""
"""What seals of before there were keys have for the name of theirs: anybody can compute those."""


def current() -> tuple[str, bytes]:
    """The name of the key that new seals are made with, and the key."""
    return next(iter(known().items()))


def known() -> Mapping[str, bytes]:
    """Every key that a seal may have been made with, by its name, the newest first.

    Those of AUDIT_KEYS. Where that names none, keys that are made out of the secret keys, which no database has either.
    """
    written = settings.AUDIT_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [hashlib.sha256(f"audit trail {text}".encode()).digest() for text in written]
    return {hashlib.sha256(b"name of " + key).hexdigest()[:8]: key for key in keys}


def link(key: bytes | None, former: bytes, content: bytes) -> bytes:
    """The digest of an event's bytes and the digest before: 32 bytes. Without a key, as before there were any."""
    joined = former + content
    return hmac.digest(key, joined, "sha256") if key is not None else hashlib.sha256(joined).digest()
