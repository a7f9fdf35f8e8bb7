"""Whether PostgreSQL answers, and soon: whoever asks about health waits no longer than a load balancer does."""

from django.db import connection

WITHIN = 2.0
"""Seconds that the pool may take to give a connection, where pages wait for ten."""


def ask() -> None:
    """Ask it the least there is. Raises the error of Django, or of psycopg's pool, where there is no answer."""
    pool = getattr(connection, "pool", None)
    if pool is None or connection.connection is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return
    pool.open()
    with pool.connection(timeout=WITHIN) as idle:
        idle.execute("SELECT 1")
