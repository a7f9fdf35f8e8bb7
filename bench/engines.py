"""PostgreSQL and Redis for the measurements, real ones, in a folder of their own, and settings with made-up keys."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from selfbook.embedded.postgres import EmbeddedPostgres
from selfbook.embedded.redis import EmbeddedRedis

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".selfbook" / "bench"

_ENVIRONMENT = {
    "SELFBOOK_ENV": "test",
    "DJANGO_SETTINGS_MODULE": "selfbook.settings",
    "SECRET_KEY": "measuring-only-" + "k" * 50,
    "LINK_KEYS": "measuring-only-" + "l" * 32,
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "ALLOWED_HOSTS": "127.0.0.1",
    "PUBLIC_BASE_URL": "http://127.0.0.1",
    "ALLOW_TEST_NUMBERS": "off",
    "SECOND_FACTOR_REQUIRED": "off",
    "CHECK_SYSTMONE_RECORDS": "off",
    "EMAIL_URL": "memorymail://",
    "LOG_LEVEL": "WARNING",
}


@contextmanager
def running() -> Iterator[None]:
    """Both engines up, Django set up, and an empty database with all tables. Raises SystemExit when they are in use."""
    with _alone():
        yield from _running()


@contextmanager
def _alone() -> Iterator[None]:
    """Let nobody else measure in this folder meanwhile: each begins by emptying the database."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("Something else is measuring here: wait until it is done.") from None
        yield


def _running() -> Iterator[None]:
    postgres, redis = EmbeddedPostgres(STATE / "postgres"), EmbeddedRedis(STATE / "redis")
    postgres.start()
    redis.start()
    try:
        os.environ |= _ENVIRONMENT
        os.environ["DATABASE_URL"] = postgres.ensure_database("bench")
        os.environ["REDIS_URL"] = redis.url
        django.setup()
        _migrate()
        yield
    finally:
        redis.stop()
        postgres.stop()


def _migrate() -> None:
    import pgtrigger  # both only once Django is set up
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with pgtrigger.ignore("practices.AuditEvent:never_emptied", "practices.AuditSeal:never_emptied"):
        call_command("flush", verbosity=0, interactive=False)
