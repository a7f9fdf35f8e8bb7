"""A database with all tables in it, made once for all workers of a run and for later runs, which copy it.

Migrating takes seconds for each worker, and most runs of a few tests would wait for little else.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

_ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = _ROOT / ".selfbook" / "tests"
"""The folder of the lock by which one process makes the template."""

_PREFIX = "tables_"


def template(url: str, folder: Path) -> str:
    """The name of the database to copy, on the server at `url`. By the lock in `folder` one worker makes it."""
    server, query = _parts(url)
    name = _PREFIX + _fingerprint()
    with (
        (folder / "tables.lock").open("w") as lock,
        psycopg.connect(f"{server}/postgres{query}", autocommit=True) as connection,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
        if name not in names:
            for former in names:
                if former.startswith(_PREFIX):
                    connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(former)))
            # It gets its name last: one that somebody broke off is not taken for whole.
            unfinished = f"{_PREFIX}unfinished"
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(unfinished)))
            _migrate(f"{server}/{unfinished}{query}")
            connection.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(unfinished), Identifier(name)))
    return name


def made_copy(url: str, folder: Path, name: str) -> str:
    """The address of a new database with all tables, on the server at `url`; see `template` for `folder`."""
    (server, query), whole = _parts(url), template(url, folder)
    with psycopg.connect(f"{server}/postgres{query}", autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(whole)))
    return f"{server}/{name}{query}"


def made_empty(url: str, name: str) -> None:
    """Make a database without tables, on the server at `url`: for a dump that is to be restored."""
    server, query = _parts(url)
    with psycopg.connect(f"{server}/postgres{query}", autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(name)))


def drop(url: str) -> None:
    """Throw the database at this address away, whoever is connected to it."""
    (server, query), name = _parts(url), url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(f"{server}/postgres{query}", autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _parts(url: str) -> tuple[str, str]:
    """The address of the server, and the query with its question mark."""
    address, _, query = url.partition("?")
    return address.rpartition("/")[0], f"?{query}" if query else ""


def _fingerprint() -> str:
    """Of all that decides which tables there are: the migrations, and the packages that bring some."""
    digest = hashlib.sha256((_ROOT / "requirements.txt").read_bytes())
    for file in sorted(_ROOT.glob("*/migrations/*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    environment = os.environ | {"DATABASE_URL": url, "DATABASE_POOL_MAX": "0"}
    subprocess.run(command, cwd=_ROOT, env=environment, check=True)
