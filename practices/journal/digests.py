"""Digests that stand for NHS numbers and mobiles that we no longer have (retention#digests).

With a key that the database does not have: of ten digits anybody could otherwise try all. Each practice has digests of
its own, so that nobody sees by them that two practices know the same patient.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from uuid import UUID

from django.conf import settings

NHS_NUMBER, MOBILE = "nhs_number", "mobile"
"""The kinds of numbers. Stored for ever."""


def known() -> Mapping[str, bytes]:
    """Every key that a digest may have been made with, by its name, the newest first.

    Those of DIGEST_KEYS. Where that names none, keys that are made out of the secret keys.
    """
    written = settings.DIGEST_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [hashlib.sha256(f"digests of numbers {text}".encode()).digest() for text in written]
    return {hashlib.sha256(b"name of " + key).hexdigest()[:8]: key for key in keys}


def newest(practice_id: UUID, kind: str, number: str) -> tuple[str, bytes]:
    """The name of the newest key, and the digest of a number with it: 32 bytes."""
    name, key = next(iter(known().items()))
    return name, _digest(key, practice_id, kind, number)


def with_key(name: str, practice_id: UUID, kind: str, number: str) -> bytes | None:
    """The digest of a number with a key of that name; None where the key is not known."""
    key = known().get(name)
    return None if key is None else _digest(key, practice_id, kind, number)


def by_digest(practice_id: UUID, kind: str, numbers: Collection[str]) -> dict[bytes, str]:
    """These numbers by each digest that they may be stored as, with every key that is known."""
    keys = known().values()
    return {_digest(key, practice_id, kind, number): number for number in numbers for key in keys}


def _digest(key: bytes, practice_id: UUID, kind: str, number: str) -> bytes:
    return hmac.digest(key, f"{practice_id} {kind} {number}".encode(), "sha256")
