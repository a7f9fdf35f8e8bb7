"""Keeping database connections out of slow outside calls (safety P6)."""

from django.db import connection


def release() -> None:
    """Give this thread's connection back to the pool before calling out: a slow answer must not hold it.

    Inside a transaction there is nothing to give back, and it would be lost: no caller may be in one but a test.
    """
    if not connection.in_atomic_block:
        connection.close()
