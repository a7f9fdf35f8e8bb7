"""One yard for all crash tests of a process."""

import os
import shutil
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.resilience.crash.yard import ROOT, Yard
from tests.waiting import wait_until

_FOLDERS = ROOT / ".selfbook" / "crash"


@pytest.fixture(scope="module")
def yard(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Yard]:
    """Everything, running, but for workers and beat. Its folder, with the logs, stays until the next run."""
    for former in _FOLDERS.glob("*"):
        if not _is_running(int(former.name)):
            shutil.rmtree(former, ignore_errors=True)
    folder = _FOLDERS / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    running = Yard(folder)
    with django_db_blocker.unblock(), running.open():
        yield running


@pytest.fixture(autouse=True)
def _nobody_is_left(yard: Yard, transactional_db: None) -> Iterator[None]:
    """In the end. What the dead left under way must let go of its locks before the tables are emptied."""
    yield
    yard.kill_all()
    wait_until(lambda: not yard.sessions())
    yard.forget()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True
