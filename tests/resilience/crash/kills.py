"""Workers that are killed at one point after the other, while a batch is on its way."""

import signal
from collections.abc import Sequence

from tests.resilience.crash.batch import check, send_batch, wait_for_end
from tests.resilience.crash.yard import Yard


def kill_in_turn(yard: Yard, points: Sequence[str], patients: int) -> None:
    """Send a batch, with a worker killed at each of these points, and check it in the end."""
    campaign = send_batch(yard, patients, first=0)
    beat = yard.beat()
    for point in points:
        worker = yard.worker(crash_at=f"{point}:0")
        assert worker.wait(300) == -signal.SIGKILL, point
    last = yard.worker()
    wait_for_end(campaign, seconds=300)
    yard.kill(last)
    yard.kill(beat)
    check(yard, campaign)
