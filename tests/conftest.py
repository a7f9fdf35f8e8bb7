"""What holds for every test of a run."""

import os
from collections.abc import Generator, Iterator

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where all must run (CI), a skipped test is a failed one: a browser that is missing must not pass for green."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and every test must run here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End what threads of tests left connected, so that the run's database can be dropped."""
    yield
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        cursor.execute(others, cursor.fetchone())
    connection.close()
