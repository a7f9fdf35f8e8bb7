"""Is a connection of the pool still there? Without a question to PostgreSQL before each page."""

import select
from typing import Any, cast

from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import Connection
from psycopg_pool import ConnectionPool


def look_before_use() -> None:
    """Have this process's pool look at a connection before it gives it out, and ask only where there is a doubt.

    By Django's CONN_HEALTH_CHECKS the pool asks each time: a second trip to PostgreSQL for pages that make one.
    """
    pool = cast(DatabaseWrapper, connection).pool
    if pool is not None and pool._check is not None:
        pool._check = check


def check(given: Connection[Any]) -> None:
    """Return quietly where a connection can be used. Raises OperationalError where it cannot.

    PostgreSQL says nothing of itself on a connection that rests: what there is to read on one is its goodbye, the end
    of the stream, or a notice. Then it is asked, as psycopg_pool would always do.
    """
    rests = select.poll()
    rests.register(given.fileno(), select.POLLIN)
    if rests.poll(0):
        ConnectionPool.check_connection(given)
