"""A whole site to measure: a database with so many invitations on file, a web server, a worker, and its patients."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles
from time import monotonic, perf_counter, sleep
from typing import Any, cast
from uuid import UUID

import pgtrigger
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg.sql import SQL, Identifier

from bench.booking.client import Answers, Load
from bench.booking.server import PRODUCT, Server, serving
from bench.booking.surgery import Surgery, link_of
from bench.engines import ROOT
from bench.sending.workers import PRODUCT as WORKER
from bench.sending.workers import own_redis, workers
from integrations.sandbox.server import SandboxServer

_BOOKED_WITHIN, _LOOK_EVERY = 120, 0.03


class Site:
    """The product with a surgery of its own, in a database and a Redis of its own."""

    def __init__(self, name: str, on_file: int, sandbox: SandboxServer, texts_to: str, ods: str) -> None:
        """Make the database, with so many invitations that nobody answers."""
        self._database, self._redis = name, own_redis()
        self._url = new_database(name)
        with self.open():
            call_command("migrate", verbosity=0)
            with pgtrigger.ignore("practices.AuditEvent:never_emptied", "practices.AuditSeal:never_emptied"):
                call_command("flush", verbosity=0, interactive=False)
            self.surgery = Surgery(sandbox, texts_to, ods)
            self.surgery.invite(on_file, registered=False)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")

    @contextmanager
    def open(self) -> Iterator[None]:
        """Our own process uses this site's database meanwhile."""
        before = connection.settings_dict["NAME"]
        _switch(self._database)
        try:
            yield
        finally:
            _switch(before)

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """The site's web server, up."""
        with serving(PRODUCT, DATABASE_URL=self._url, REDIS_URL=self._redis) as server:
            yield server

    @contextmanager
    def working(self) -> Iterator[None]:
        """The site's worker, up, with nothing left to do."""
        with workers(WORKER, 2, DATABASE_URL=self._url, REDIS_URL=self._redis):
            self.wait_until_booked()
            yield

    def walk(self, server: Server, invitations: Sequence[UUID], at_once: int) -> tuple[float, Answers]:
        """These patients go the whole way; the seconds until the last of them is in the book, and the answers."""
        answers = browse(server, at_once, journeys=[link_of(invitation) for invitation in invitations])
        booked = self.wait_until_booked()
        return booked - answers["begun"], answers

    def wait_until_booked(self) -> float:
        """The moment when all who confirmed were booked. Raises RuntimeError when that does not come."""
        with self.open():
            deadline = monotonic() + _BOOKED_WITHIN
            while waiting := self.surgery.waiting():
                if monotonic() > deadline:
                    raise RuntimeError(f"{waiting} patients were not booked")
                sleep(_LOOK_EVERY)
            moment = perf_counter()
            assert self.surgery.in_the_book() == self.surgery.booked(), "The clinical system's book and ours differ"
        return moment


def browse(
    server: Server, at_once: int, *, requests: Sequence[dict[str, Any]] = (), journeys: Sequence[str] = ()
) -> Answers:
    """Have the browsers' process ask for all of it. Raises RuntimeError when anything is not as it should be."""
    load = Load(base=server.url, at_once=at_once, requests=list(requests), journeys=list(journeys))
    command = [sys.executable, "-m", "bench.booking.client"]
    ran = subprocess.run(  # noqa: S603 - our own words
        command, cwd=ROOT, input=json.dumps(load), stdout=subprocess.PIPE, text=True, check=True
    )
    answers: Answers = json.loads(ran.stdout)
    if answers["wrong"]:
        raise RuntimeError(f"{len(answers['wrong'])} answers were wrong: {answers['wrong'][:5]}")
    return answers


def percentile(seconds: Sequence[float], of_hundred: int) -> float:
    """The time within which so many of a hundred came."""
    return quantiles(seconds, n=100)[of_hundred - 1]


def new_database(name: str) -> str:
    """A new database on the server of the measurements; its DATABASE_URL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.connection.autocommit = True
            cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    before, _, query = os.environ["DATABASE_URL"].partition("?")
    return f"{before.rpartition('/')[0]}/{name}?{query}"


def _switch(database: str) -> None:
    """Let our own process use another database from now on."""
    connection.close()
    cast(DatabaseWrapper, connection).close_pool()
    connection.settings_dict["NAME"] = database
