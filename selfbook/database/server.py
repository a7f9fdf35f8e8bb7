"""What the database's server says of itself at a start, and what of that production refuses.

A pooler in transaction mode, such as PgBouncer, may stand in between. Then a session lasts no longer than a
transaction: nothing of ours is kept in one, no cursor lives between transactions, and nothing is asked for at the start
of a connection that the pooler would refuse (architecture.md, "Connections to PostgreSQL").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.core import checks
from django.db import connection

CONNECT_SECONDS = 3

SPARE = 10
"""Connections for what is neither web nor worker: beat, `manage.py`, a backup, monitoring, an administrator's psql."""

_LASTING = ("on", "remote_apply")
"""Values of `synchronous_commit` by which a commit is on disk, here and on a standby that is waited for."""

_FACTS = """
SELECT pg_backend_pid(), setting, source IN ('client', 'user', 'database', 'database user'),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int,
       (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
       (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
FROM pg_settings WHERE name = 'synchronous_commit'
"""


@dataclass(frozen=True, slots=True)
class Server:
    """One server as a connection of ours sees it."""

    behind_pooler: bool
    synchronous_commit: str
    is_pinned: bool
    """Whether that value is our role's, our database's or our connection's own, whatever the server's default is."""
    connections: int
    """How many our role may open to our database at once."""


def look() -> Server | None:
    """Ask the server; None where it does not answer. Raises PoolerRefusal where a pooler refuses how we connect."""
    parameters: dict[str, Any] = connection.get_connection_params() | {"connect_timeout": CONNECT_SECONDS}
    try:
        with psycopg.connect(**parameters, autocommit=True) as probe:
            row = probe.execute(_FACTS).fetchone()
            announced = probe.info.backend_pid
    except psycopg.OperationalError as error:
        if "startup parameter" in str(error):
            raise PoolerRefusal from None
        return None
    assert row is not None
    process, commit, is_pinned, *limits = row
    # A pooler announces a number of its own making, since the process changes from one transaction to the next.
    return Server(process != announced, commit, is_pinned, min(limit for limit in limits if limit is not None))


class PoolerRefusal(Exception):
    """A pooler does not pass on what we ask for at the start of a connection."""


def needed() -> int:
    """Connections that web and workers may open at once, and some to spare; 0 where settings put no bound to them."""
    if not settings.DATABASE_POOL_MAX:
        return 0
    web = settings.WEB_PROCESSES * settings.DATABASE_POOL_MAX
    return web + settings.WORKER_PROCESSES * settings.WORKER_POOL_MAX + SPARE


def faults() -> Iterator[str]:
    """What is wrong with the server for real patients, a sentence each with its remedy. None while it is away."""
    try:
        server = look()
    except PoolerRefusal:
        yield _POOLER
        return
    if server is None:
        return
    if server.behind_pooler and not settings.DATABASE_POOLER:
        yield _POOLER
    if server.synchronous_commit not in _LASTING or not server.is_pinned:
        yield (
            "PostgreSQL's synchronous_commit is not set to on for our role: a claim could be lost in a crash, and its "
            "text would go again. Run as a role that may: ALTER ROLE of web and workers SET synchronous_commit = on "
            "(`manage.py grant_app_role` does it where it may)."
        )
    if not settings.DATABASE_POOLER and needed() > server.connections:
        yield (
            f"PostgreSQL gives our role {server.connections} connections, and web and workers may open {needed()}: "
            f"WEB_PROCESSES {settings.WEB_PROCESSES} x DATABASE_POOL_MAX {settings.DATABASE_POOL_MAX} + "
            f"WORKER_PROCESSES {settings.WORKER_PROCESSES} x WORKER_POOL_MAX {settings.WORKER_POOL_MAX} + {SPARE} to "
            "spare. Raise max_connections, or lower one of these (docs/operating.md, “Size”)."
        )


_POOLER = (
    "A pooler such as PgBouncer stands before PostgreSQL. Set DATABASE_POOLER=on for web, workers and beat, and let "
    "`migrate` connect to PostgreSQL itself (docs/operating.md, “PgBouncer”)."
)


def server_fits(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """For `manage.py check --deploy --database default`, with the DATABASE_URL of web, workers and beat."""
    return [checks.Error(fault, id="selfbook.E005") for fault in faults()] if databases else []


def limit_pool_of_worker(**_: Any) -> None:
    """Give each process of a worker a pool of its own size, before its first connection.

    One task at a time needs one connection, and a web process needs one for each of its threads.
    """
    options = connection.settings_dict["OPTIONS"]
    if options.get("pool"):
        options["pool"] = {**options["pool"], "max_size": settings.WORKER_POOL_MAX}
