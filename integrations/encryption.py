"""A text field that is encrypted at rest (ASVS 11.3), for the secrets of connections."""

import logging
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

logger = logging.getLogger(__name__)


@lru_cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty: set one Fernet key.")
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """Encrypts with the newest key and decrypts with any of FIELD_ENCRYPTION_KEYS."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class EncryptedTextField(models.TextField[str, str]):
    """Text that only this service can read: a database dump does not give it away. It cannot be searched."""

    def get_prep_value(self, value: Any) -> str:
        """Encrypt on the way in; nothing stays nothing."""
        return cipher().encrypt(str(value).encode()).decode() if value else ""

    def from_db_value(self, value: str | None, *_: Any) -> str:
        """Decrypt on the way out. What no key opens counts as not stored, so that it can be typed in again."""
        try:
            return cipher().decrypt(value.encode()).decode() if value else ""
        except InvalidToken:
            logger.error("a stored secret cannot be read: is its key missing from FIELD_ENCRYPTION_KEYS?")
            return ""
