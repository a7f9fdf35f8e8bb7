"""A pytest plugin loaded before anything reads the settings: real engines, and an environment for tests.

The first process of a run starts PostgreSQL and Redis; parallel workers inherit their addresses.
"""

import atexit
import os
import sys
from pathlib import Path

from selfbook.embedded.postgres import EmbeddedPostgres
from selfbook.embedded.redis import EmbeddedRedis

_STATE = Path(__file__).resolve().parent.parent / ".selfbook" / "tests"

_ENVIRONMENT = {
    "SELFBOOK_ENV": "test",
    "DJANGO_SETTINGS_MODULE": "selfbook.settings",
    "SECRET_KEY": "tests-only-" + "k" * 50,
    "LINK_KEYS": "tests-only-" + "l" * 32,
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "PUBLIC_BASE_URL": "http://testserver",
    "ALLOW_TEST_NUMBERS": "on",
    "EMAIL_URL": "memorymail://",
    "LOG_LEVEL": "WARNING",
    # Most tests are not about logging in; those that are switch this on.
    "SECOND_FACTOR_REQUIRED": "off",
    # Most tests are about lists by themselves; those about the record switch this on.
    "CHECK_SYSTMONE_RECORDS": "off",
    # Most tests have no clinical system to ask before texts go; those about that switch this on.
    "RECHECK_AFTER_HOURS": "720",
    "BOOKED_ALREADY_DAYS": "0",
    # The same at every hour, and at once. Tests about the time to send set these as they need them.
    "SOCIABLE_FROM": "0",
    "SOCIABLE_UNTIL": "24",
    "UNDO_SECONDS": "0",
    # No worker runs beside most tests; those about that switch the notice on.
    "WORK_NOTICE": "off",
}


def _start_engines() -> None:
    postgres = EmbeddedPostgres(_STATE / "postgres", durable=False)
    postgres.start()
    redis = EmbeddedRedis(_STATE / "redis")
    redis.start()
    atexit.register(redis.stop)
    # Runs at the same time keep out of each other's databases.
    os.environ["DATABASE_URL"] = postgres.url(f"run{os.getpid()}")
    os.environ["REDIS_URL"] = redis.url


def _settle() -> None:
    os.environ.update(_ENVIRONMENT)
    # Where nothing compiled is stored, every process of a run compiles all of the tests and of the product anew.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _start_engines()
    else:
        number = int(worker.removeprefix("gw"))
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{number + 1}"


_settle()
