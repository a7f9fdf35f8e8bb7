"""What holds for every test of a run."""

import os
from collections.abc import Generator, Iterator

import pgtrigger
import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings
from pytest_django.plugin import DjangoDbBlocker
from xdist.remote import Producer  # type: ignore[import-untyped] # xdist has no types
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # xdist has no types

# How long one example takes says more about the machine's other work than about the code.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


class _OneStack(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Deal out each test by itself, but all browser journeys to one worker: they share one running product.

    xdist's own groups would do the same, but xdist 3.8 finds none with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/system/"):
            return "system"
        return "busy" if nodeid.startswith(("tests/crash/", "tests/storm/")) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """See `_OneStack`."""
    return _OneStack(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where all must run (CI), a skipped test is a failed one: a browser that is missing must not pass for green."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and every test must run here: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def emptied_between_tests() -> Iterator[None]:
    """Let the tests that commit empty the audit trail after themselves, which nothing of the product may."""
    tear_down = TransactionTestCase.__dict__["_fixture_teardown"]  # it has no name in the types

    def empty(case: TransactionTestCase) -> None:
        with pgtrigger.ignore("practices.AuditEvent:never_emptied", "practices.AuditSeal:never_emptied"):
            tear_down(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End what threads of tests left connected, so that the run's database can be dropped."""
    yield
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        cursor.execute(others, cursor.fetchone())
    connection.close()
