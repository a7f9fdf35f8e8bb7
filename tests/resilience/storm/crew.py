"""Workers in threads: each runs the outbox's own tasks again and again, as Celery's workers and the beat would."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connections

from integrations import tasks
from practices.models import Practice
from tests.waiting import PATIENCE

SENDERS = 3
ASKERS = 2
PAUSE = 0.4
"""Real seconds between two rounds of one worker."""


class Crew:
    """Some senders, some who ask the provider, and one sweeper, for these practices."""

    def __init__(self, practices: Sequence[Practice], *, senders: int = SENDERS) -> None:
        """Nobody works yet."""
        ids = [str(practice.id) for practice in practices]
        jobs = [lambda: _each(tasks.send_messages, ids)] * senders
        jobs += [lambda: _each(tasks.ask_provider, ids)] * ASKERS
        jobs += [tasks.sweep]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(job,), daemon=True) for job in jobs]
        self.failures: list[BaseException] = []

    def _work(self, job: Callable[[], None]) -> None:
        try:
            while not self._over.wait(PAUSE):
                job()
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            connections.close_all()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Work until the end of the block; nobody may have failed."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join(PATIENCE)
        assert not self.failures, self.failures


def _each(task: Callable[[str], None], ids: Sequence[str]) -> None:
    for practice_id in ids:
        task(practice_id)
