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
_PREFIX = "tables_"


def template(url: str, folder: Path) -> str:
    """The name of the database to copy, on the server at `url`. By the lock in `folder` one worker makes it."""
    server, _, query = url.partition("?")
    server = server.rpartition("/")[0]
    query = f"?{query}" if query else ""
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
