"""A connection of the pool is looked at before each use, and PostgreSQL is asked only where it may be gone."""

import select
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

from selfbook.database.pool import check
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

Connection = psycopg.Connection[Any]


@pytest.fixture
def other() -> Iterator[Connection]:
    """A connection beside the pool's."""
    with psycopg.connect(**address(), autocommit=True) as other:
        yield other


@pytest.fixture
def pool() -> Iterator[ConnectionPool[Connection]]:
    with ConnectionPool(kwargs={**address(), "autocommit": True}, min_size=0, max_size=1, check=check) as pool:
        yield pool


def address() -> dict[str, Any]:
    values = connection.get_connection_params()
    return {name: values[name] for name in ("dbname", "user", "password", "host", "port") if values.get(name)}


def has_something_to_read(given: Connection) -> bool:
    rests = select.poll()
    rests.register(given.fileno(), select.POLLIN)
    return bool(rests.poll(0))


def test_a_connection_that_rests_is_given_out_without_a_question(
    pool: ConnectionPool[Connection], other: Connection
) -> None:
    with pool.connection() as first:
        first.execute("SELECT 'the last question'")
        pid = first.info.backend_pid
    with pool.connection() as again:
        assert again.info.backend_pid == pid
        asked = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
        assert asked == ("SELECT 'the last question'",)


def test_one_that_postgresql_has_ended_is_replaced(pool: ConnectionPool[Connection], other: Connection) -> None:
    with pool.connection() as first:
        ended = first.info.backend_pid
    other.execute("SELECT pg_terminate_backend(%s, 10000)", [ended])
    with pool.connection() as another:
        assert another.info.backend_pid != ended
        assert another.execute("SELECT 1").fetchone() == (1,)


def test_a_notice_is_no_reason_to_give_one_up(pool: ConnectionPool[Connection], other: Connection) -> None:
    with pool.connection() as first:
        first.execute("LISTEN pool_of_a_test")
        pid = first.info.backend_pid
    other.execute("NOTIFY pool_of_a_test")
    wait_until(lambda: has_something_to_read(first))
    with pool.connection() as again:
        assert again.info.backend_pid == pid


def test_one_that_is_closed_here_is_refused() -> None:
    with psycopg.connect(**address()) as closed:
        pass
    with pytest.raises(OperationalError):
        check(closed)
