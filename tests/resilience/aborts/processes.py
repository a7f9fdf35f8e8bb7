"""Work in a process of its own that is killed at a chosen point, as SIGKILL does it.

A fork of the test's process does the work and sends itself SIGKILL there: so no `finally`, no `except`, no callback
after a commit and no thread of it runs on, and its connections are cut by the kernel, exactly as when a machine dies.
"""

import json
import os
import select
import signal
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import cast

from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from tests.resilience.aborts.points import Point, Watch
from tests.waiting import wait_until

LONGEST_SECONDS = 120.0


Taker = Callable[[str, list[str], float], None]
"""Takes a hint: the task's name, its ids, and how many seconds it is to wait."""


class Killed(Exception):
    """The process that did the work died in the middle of it: whoever waited for its answer gets none."""


@dataclass
class Remains:
    """What is known of a dead process: the hints that it had sent, and where it died (None: it came to its end)."""

    hints: list[tuple[str, list[str], float]] = field(default_factory=list)
    point: Point | None = None


def killed_at(number: int, work: Callable[[], object], watch: Watch, send_hints_to: Callable[[Taker], None]) -> Remains:
    """Do the work in a process that is killed at its n-th point, or at its end when it has fewer.

    `send_hints_to` is called in that process, and says who takes its hints. Returns once PostgreSQL has let go of all
    that the process held. Raises AssertionError when the work broke off by itself.
    """
    others = _connected()
    # A connection must not be used on both sides of a fork, nor a pool, whose threads stay on this side.
    connection.close()
    cast(DatabaseWrapper, connection).close_pool()
    reading, writing = os.pipe()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        child = os.fork()  # newer Pythons warn of other threads' locks: those of the stand-ins, which are idle
    if child == 0:
        os.close(reading)
        _live_and_die(number, work, watch, send_hints_to, writing)
    os.close(writing)
    try:
        remains = _parse_output(_read(reading))
    finally:
        os.close(reading)
        if os.waitpid(child, os.WNOHANG) == (0, 0):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    wait_until(lambda: _connected() <= others)
    return remains


def _live_and_die(
    number: int, work: Callable[[], object], watch: Watch, send_hints_to: Callable[[Taker], None], writing: int
) -> None:
    def say(kind: str, *what: object) -> None:
        os.write(writing, json.dumps([kind, *what]).encode() + b"\n")

    try:
        send_hints_to(lambda name, arguments, after: say("hint", name, arguments, after))
        watch.last_words = lambda point: say("point", point.side, point.touch, point.place)
        watch.deadly = number
        with watch.counting():
            work()
    except BaseException:
        say("broke", traceback.format_exc())
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


def _read(reading: int) -> str:
    """All that the process says until it is dead."""
    output, deadline = bytearray(), monotonic() + LONGEST_SECONDS
    while select.select([reading], [], [], max(0, deadline - monotonic()))[0]:
        part = os.read(reading, 65536)
        if not part:
            return output.decode()
        output += part
    raise AssertionError(f"the work took longer than {LONGEST_SECONDS} s")


def _parse_output(output: str) -> Remains:
    remains = Remains()
    for line in output.splitlines():
        kind, *what = json.loads(line)
        if kind == "broke":
            raise AssertionError(f"the work broke off by itself:\n{what[0]}")
        if kind == "hint":
            remains.hints.append((what[0], what[1], what[2]))
        else:
            remains.point = Point(*what)
    return remains


def _connected() -> set[int]:
    """The PostgreSQL sessions of this database, but our own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}
