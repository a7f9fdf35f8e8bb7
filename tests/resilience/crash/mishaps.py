"""What befalls a running product, by chance: killed processes, a database that is struck down, a Redis that forgets."""

import random
import subprocess
import threading
from collections.abc import Callable, Collection

from django.db import connection

from campaigns.models import Campaign
from tests.resilience.crash.batch import check, send_batch, wait_for, wait_for_end
from tests.resilience.crash.yard import Yard
from tests.waiting import wait_until

WORKERS = 2
REDIS_AWAY = 3.0
"""Seconds: long enough for everybody to miss it, and to fail to find it again at first."""


class Mishaps:
    """Two workers and a beat at work, and one mishap after the other. What was killed is started again."""

    def __init__(self, yard: Yard, chance: random.Random) -> None:
        """Start the workers and the beat."""
        self._yard, self._chance = yard, chance
        self._workers = [yard.worker() for _ in range(WORKERS)]
        self._beat = yard.beat()
        self.ended: list[int] = []
        """The exit codes of those that have ended by themselves, and were started again."""
        self.kinds: dict[str, Callable[[], None]] = {
            "worker": self.kill_a_worker,
            "child": self.kill_a_child,
            "beat": self.kill_the_beat,
            "postgres": self.restart_postgres,
            "flush": yard.flush_redis,
            "redis": self.restart_redis,
        }

    def befall(self, names: list[str], campaign: Campaign, seconds: float) -> None:
        """Let these mishaps happen while the batch is on its way, each when so much more of it is done, by chance."""
        assert campaign.patient_list is not None
        whole = 2 * campaign.patient_list.row_count
        # None at the very end: what comes after the last mishap must still be work.
        moments = sorted(self._chance.uniform(0, 0.8) * whole for _ in names)
        for name, moment in zip(names, moments, strict=True):
            wait_for(campaign, int(moment), seconds, self.start_again)
            self.kinds[name]()

    def start_again(self) -> None:
        """Do as deploy/compose.yml does (`restart: always`): whoever has ended by itself begins anew.

        A worker may end when its Redis goes away, and then says that all is well: its exit code is 0.
        """
        for place, worker in enumerate(self._workers):
            if (code := worker.poll()) is not None:
                self.ended.append(code)
                self._workers[place] = self._yard.worker()
        if (code := self._beat.poll()) is not None:
            self.ended.append(code)
            self._beat = self._yard.beat()

    def kill_a_worker(self) -> None:
        """A worker with its processes, as when a machine is lost; a new one comes."""
        place = self._chance.randrange(WORKERS)
        self._yard.kill(self._workers[place])
        self._workers[place] = self._yard.worker()

    def kill_a_child(self) -> None:
        """One process of a worker, as the kernel does when memory runs out; its parent starts another.

        A parent that is only just beginning gives up instead: then it is started again, as deploy/compose.yml has it.
        """
        place = self._chance.randrange(WORKERS)
        parent = self._workers[place]
        before = _children(parent)
        if not before:
            return
        killed = self._chance.choice(before)
        subprocess.run(["kill", "-KILL", killed])

        def is_over() -> bool:
            now = _children(parent)
            return parent.poll() is not None or (len(now) >= len(before) and killed not in now)

        wait_until(is_over)
        if parent.poll() is not None:
            self._workers[place] = self._yard.worker()

    def kill_the_beat(self) -> None:
        """The beat; a new one comes."""
        self._yard.kill(self._beat)
        self._beat = self._yard.beat()

    def restart_postgres(self) -> None:
        """PostgreSQL is stopped at once and started again; nobody else is."""
        connection.close()
        self._yard.restart_postgres()

    def restart_redis(self) -> None:
        """Redis is away for a moment, and empty when it is back; the others find it again, or are begun anew."""
        self._yard.stop_redis()
        threading.Event().wait(REDIS_AWAY)
        self._yard.start_redis()

    def by_chance(self, count: int) -> list[str]:
        """So many kinds, each of them as often as the others if there are enough."""
        kinds = [*self.kinds] * (count // len(self.kinds) + 1)
        return self._chance.sample(kinds[:count], count)

    def end(self, befallen: Collection[str]) -> None:
        """Stop everybody. Nobody may have ended by themselves, unless Redis went away: what they lost, they found."""
        alive = [process.poll() is None for process in (*self._workers, self._beat)] + [False for _ in self.ended]
        for process in (*self._workers, self._beat):
            self._yard.kill(process)
        assert all(alive) or "redis" in befallen, (alive, self.ended)


def _children(parent: subprocess.Popen[bytes]) -> list[str]:
    """The process ids of a worker's own processes."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent.pid)], capture_output=True, text=True)
    return listed.stdout.split()


def run(yard: Yard, patients: int, count: int, seed: int, seconds: float) -> None:
    """Send a batch through so many mishaps, and check it in the end. No step of it may take longer than `seconds`."""
    print(f"\nseed {seed}")  # noqa: T201 - shown when it fails
    campaign = send_batch(yard, patients, first=seed % 100_000)
    mishaps = Mishaps(yard, random.Random(seed))
    names = mishaps.by_chance(count)
    mishaps.befall(names, campaign, seconds)
    wait_for_end(campaign, seconds, mishaps.start_again)
    mishaps.end(names)
    check(yard, campaign)


def restart_redis_again_and_again(yard: Yard, patients: int, count: int, seconds: float) -> list[int]:
    """Send a batch while Redis restarts so many times; the exit codes of those that ended and were begun anew."""
    campaign = send_batch(yard, patients, first=70_000)
    mishaps = Mishaps(yard, random.Random(count))
    names = ["redis"] * count
    mishaps.befall(names, campaign, seconds)
    wait_for_end(campaign, seconds, mishaps.start_again)
    mishaps.end(names)
    check(yard, campaign)
    return mishaps.ended
