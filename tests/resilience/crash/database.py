"""Another database than the test run's, for this thread's Django."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import quote

import environ
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Use the database at this address in this thread until the end of the block."""
    usual = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    # Without a pool: pools go by the alias, and would mix up the two.
    other = DatabaseWrapper({**usual.settings_dict, "OPTIONS": {}, **environ.Env.db_url_config(url)}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = usual


def copy(programs: Path, url: str) -> None:
    """Fill the empty database at this address as this thread's is: quicker than all the migrations once more.

    `programs` is the folder of PostgreSQL's own.
    """
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT current_user, current_database(), current_setting('unix_socket_directories')")
        user, name, socket = cursor.fetchone()
    source = f"postgres://{user}@/{name}?host={quote(socket, safe='')}"
    dump = subprocess.run([programs / "pg_dump", "--dbname", source], check=True, capture_output=True)
    fill: list[str | Path] = [programs / "psql", "--dbname", url, "--quiet", "--set", "ON_ERROR_STOP=1"]
    subprocess.run(fill, check=True, input=dump.stdout, stdout=subprocess.DEVNULL)
