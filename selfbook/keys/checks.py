"""What `manage.py check` and every start say of keys: nothing runs on while rows need a key that is missing.

Without a database, or before its first migration, there are no rows to ask: then nothing is said.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.models import Count

from campaigns.models import Invitation
from core.egress import is_loopback
from patients.models import ErasedOptOut
from practices.journal import digests
from selfbook.keys.links import keys_of_links
from selfbook.keys.secrets import usage
from selfbook.settings.safety import key_faults

_PUT_BACK = (
    "Put the key that they were encrypted with back, at the end of FIELD_ENCRYPTION_KEYS. If it is lost for good: "
    "`manage.py rotate_keys --give-up`, after which administrators enter these secrets again (docs/keys.md)."
)
_LINKS_BACK = (
    "Put LINK_KEYS back as they were, each key in its place: links know their key by its place, counted from the last, "
    "which is the oldest. A new key goes in front. In the place of a key that nothing uses stands the word retired "
    "(docs/keys.md)."
)
_DIGESTS_BACK = (
    "Put the key back, at the end of DIGEST_KEYS. While DIGEST_KEYS is empty the keys are made out of SECRET_KEY and "
    "SECRET_KEY_FALLBACKS: then it is a former SECRET_KEY (docs/keys.md)."
)
CONNECT_SECONDS = 3


def is_reachable() -> bool:
    """Whether the database answers, without waiting for a pool or for longer than a few seconds."""
    options = {name: value for name, value in connection.get_connection_params().items() if name in _PLAIN}
    try:
        psycopg.connect(**options, connect_timeout=CONNECT_SECONDS).close()
    except psycopg.OperationalError:
        return False
    return True


_PLAIN = frozenset(
    ("dbname", "user", "password", "host", "port", "service", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey")
)
"""What says where the database is, and who asks."""


def stored_keys(**_: Any) -> list[checks.CheckMessage]:
    """Errors for secrets that no key opens, and for live links whose key is missing or is another now."""
    if key_faults(settings.FIELD_ENCRYPTION_KEYS) or not is_reachable():
        return []
    return [*_secrets(), *_links(), *_digests()]


def _secrets() -> Iterator[checks.CheckMessage]:
    for used in usage():
        if used.unreadable:
            yield checks.Error(
                f"{used.name}: {used.unreadable} of {used.by_key.total()} secrets can be read with none of "
                "FIELD_ENCRYPTION_KEYS.",
                hint=_PUT_BACK,
                id="selfbook.E002",
            )


def _links() -> Iterator[checks.CheckMessage]:
    if not _has_columns(Invitation._meta.db_table, {"link_key", "token_digest", "expires_at", "state", "created_at"}):
        return
    for key in keys_of_links(whole=False):
        if key.wrong:
            yield checks.Error(
                f"LINK_KEYS: {key.live} links that are in use name key {key.number}, counted from 0, the oldest. It is "
                "missing, or another is in its place: texts would hold links that open nothing.",
                hint=_LINKS_BACK,
                id="selfbook.E003",
            )


def _digests() -> Iterator[checks.CheckMessage]:
    """Opt-outs of erased numbers whose key is missing: nobody would see that a patient has opted out."""
    if not _has_columns(ErasedOptOut._meta.db_table, {"key_name"}):
        return
    rows = ErasedOptOut.objects.exclude(key_name__in=list(digests.known()))
    for key_name, count in rows.order_by().values_list("key_name").annotate(Count("pk")):
        yield checks.Error(
            f"DIGEST_KEYS: {count} opt-outs of erased numbers were made with a key that is missing, whose name is "
            f"{key_name}: these patients would be texted.",
            hint=_DIGESTS_BACK,
            id="selfbook.E004",
        )


def _has_columns(table: str, names: set[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = ANY(current_schemas(false)) AND table_name = %s",
            [table],
        )
        return names <= {name for (name,) in cursor.fetchall()}


def redis_password(**_: Any) -> list[checks.CheckMessage]:
    """A warning where Redis on another machine asks nobody for a password."""
    parts = urlsplit(settings.CELERY_BROKER_URL.split(";")[0])
    if parts.password or parts.scheme == "unix" or is_loopback(f"http://{parts.hostname}/"):
        return []
    return [
        checks.Warning(
            "REDIS_URL has no password: whoever reaches Redis could queue work and change what pages show.",
            hint="Give Redis a password (requirepass), and REDIS_URL the same: redis://:PASSWORD@host:6379/0.",
            id="selfbook.W001",
        )
    ]
