"""PgBouncer before the tests' PostgreSQL, with the configuration that deploy/ ships, but for its addresses."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfbook.embedded.ports import free_port, is_free
from tests.waiting import wait_until

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "pgbouncer" / "pgbouncer.ini"
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
"""Debian: `apt-get install pgbouncer`."""


@contextmanager
def pgbouncer(folder: Path, socket: str, role: str, *, sessions: int, ignore: str = "") -> Iterator[int]:
    """Run it, on the port that is given back. At PostgreSQL, whose `socket` is a folder, everybody is `role`.

    `sessions` is how many it opens there; `ignore` names parameters of a start that it lets pass unused.
    """
    assert PROGRAM
    port = free_port()
    changes = {
        "selfbook = host=postgres port=5432 dbname=selfbook": f"* = host={socket} user={role}",
        "listen_addr = 0.0.0.0": "listen_addr = 127.0.0.1",
        "listen_port = 6432": f"listen_port = {port}",
        "auth_type = scram-sha-256": "auth_type = any",  # the tests' PostgreSQL asks nobody for a password
        "auth_file = /tmp/userlist.txt": f"ignore_startup_parameters = {ignore}",
        "default_pool_size = 60": f"default_pool_size = {sessions}",
    }
    text = SHIPPED.read_text(encoding="utf-8")
    for shipped, here in changes.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    if os.getuid() == 0:  # as root it does not run, and only this user may reach the socket
        text += f"user = {pwd.getpwuid(Path(socket).stat().st_uid).pw_name}\n"
    configuration = folder / f"{role}-{port}.ini"
    configuration.write_text(text, encoding="utf-8")
    with subprocess.Popen([PROGRAM, "--quiet", str(configuration)], stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: process.poll() is not None or not is_free(port))
            assert process.poll() is None, "PgBouncer has ended"
            yield port
        finally:
            process.terminate()
