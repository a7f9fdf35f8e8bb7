"""Fixtures that every room's tests share, and how tests are dealt out to parallel workers."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class _OneStack(LoadScopeScheduling):
    """Deal out each test by itself, but all browser journeys to one worker: they share one running product.

    xdist's own groups (`--dist loadgroup`) do the same, but have no effect with pytest 9.2 and xdist 3.8.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "system" if nodeid.startswith("tests/system/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """See `_OneStack`."""
    return _OneStack(config, log)
