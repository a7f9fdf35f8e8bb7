"""A batch with the former release and this one at once, and after a roll-back: `make soak`.

The former release is a commit of this repository: `SOAK_FORMER` names it, and is v0.2.0 where nothing is said. Where it
cannot be had, this fails and says how; `tests/upgrades` needs no such commit.
"""

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.resilience.crash.batch import check, send_batch, wait_for, wait_for_end
from tests.resilience.crash.yard import ROOT, Yard

FORMER = os.environ.get("SOAK_FORMER", "v0.2.0")
PATIENTS = int(os.environ.get("SOAK_TEXTS", "600"))
HOUR = 3600.0

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3 * HOUR)]


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The former release's code, in a folder."""
    folder = tmp_path_factory.mktemp("former")
    archive = folder / "code.tar"
    made = subprocess.run(
        ["git", "archive", "--output", str(archive), FORMER], cwd=ROOT, capture_output=True, text=True
    )
    if made.returncode:
        pytest.fail(f"{FORMER} is not here. Fetch it (git fetch --tags --unshallow), or name a commit in SOAK_FORMER.")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def test_both_at_once(yard: Yard, former: Path) -> None:
    """In mid-batch: workers of both on this release's tables, each taking what the other has left."""
    campaign = send_batch(yard, PATIENTS, first=20_000)
    beat = yard.beat()
    both = [yard.worker(root=former), yard.worker()]
    wait_for_end(campaign, HOUR)
    alive = [process.poll() is None for process in both]
    yard.kill_all()
    assert beat.returncode is not None
    check(yard, campaign)
    assert alive == [True, True]


@pytest.mark.parametrize("back", [False, True], ids=["forward", "back"])
def test_one_after_the_other(yard: Yard, former: Path, back: bool) -> None:
    """The first is killed in the middle of its work, and the other ends the batch; and the other way round."""
    campaign = send_batch(yard, PATIENTS, first=40_000 if back else 60_000)
    yard.beat()
    first, second = (ROOT, former) if back else (former, ROOT)
    worker = yard.worker(root=first)
    wait_for(campaign, PATIENTS // 2, HOUR)
    yard.kill(worker)
    yard.worker(root=second)
    wait_for_end(campaign, HOUR)
    yard.kill_all()
    check(yard, campaign)
