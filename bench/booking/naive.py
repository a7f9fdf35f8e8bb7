"""The usual site, up: its database, its server, and what is asked of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg

from bench.booking.server import USUAL, Server, serving
from bench.booking.site import new_database
from bench.engines import ROOT

_SLOTS = 50_000
_FILL = """
INSERT INTO naive_slot (starts_at, place)
SELECT now() + n * interval '10 minutes', 'Example Surgery' FROM generate_series(200, %s) n
"""


class Usual:
    """The usual site, which answers."""

    def __init__(self, server: Server) -> None:
        """It has enough slots for all rounds, from the first id on."""
        self.server = server
        self._slots = count(1)

    def pages(self, number: int) -> list[dict[str, Any]]:
        """Requests for its page of times."""
        return [{"method": "GET", "path": "/times/", "status": 200}] * number

    def bookings(self, number: int) -> list[dict[str, Any]]:
        """Requests for a slot each."""
        return [
            {
                "method": "POST",
                "path": "/book/",
                "status": 201,
                "body": {"slot": str(slot), "patient": f"patient {slot}"},
            }
            for slot, _ in zip(self._slots, range(number), strict=False)
        ]


@contextmanager
def usual_site() -> Iterator[Usual]:
    """Its database and its server, for as long as they are needed."""
    own = {"DATABASE_URL": new_database("bench_usual")}
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
    environment = {**os.environ, **own, "DATABASE_POOL_MAX": "2", "DJANGO_SETTINGS_MODULE": "bench.naive.settings"}
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)  # noqa: S603 - our own words
    with psycopg.connect(own["DATABASE_URL"]) as database:
        database.execute("TRUNCATE naive_slot, naive_appointment RESTART IDENTITY")
        database.execute(_FILL, [_SLOTS + 199])
    with serving(USUAL, DATABASE_URL=own["DATABASE_URL"]) as server:
        yield Usual(server)
