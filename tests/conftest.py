"""What holds for every test of a run."""

import gc
import os
import sys
from collections.abc import Generator, Iterator
from typing import Any, cast

import pgtrigger
import pytest
from django.db import connection
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.test import TransactionTestCase
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from pytest_django.plugin import DjangoDbBlocker
from whitenoise import WhiteNoise
from xdist.remote import Producer  # type: ignore[import-untyped] # xdist has no types
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # xdist has no types
from xdist.workermanage import WorkerController  # type: ignore[import-untyped] # xdist has no types

from tests.tab import Tab
from tests.tables import TEMPLATES, template

# How long one example takes says more about the machine's other work than about the code. Every run has the same
# examples: a release waits for no luck. EXAMPLES=10 has ten times as many, and others each time.
_MORE = int(os.environ.get("EXAMPLES", "1"))
settings.register_profile("tests", deadline=None, derandomize=True)
settings.register_profile("more", deadline=None, max_examples=100 * _MORE)
settings.load_profile("more" if _MORE > 1 else "tests")

_LONG = (
    "tests/resilience/aborts/",
    "tests/resilience/machine/",
    "tests/resilience/races/",
    "tests/pages/",
    "tests/selfbook/access/",
    "tests/resilience/clock/",
)
"""Where tests take seconds."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first, each kind in its own random order, so that no worker is left with one in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


def pytest_collection_finish() -> None:
    """Thousands of tests and all modules stay until the end: have the garbage collector look through them no more."""
    gc.collect()
    gc.freeze()


class _FewStacks(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Deal out each test by itself, but all browser journeys together: they share one running product.

    They wait more than they work, and so do four workers on two cores. xdist's own groups would do the same, but
    xdist 3.8 finds none with pytest 9.2.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._places: dict[WorkerController, dict[str, int]] = {}

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/system/"):
            return "journeys"
        return "busy" if nodeid.startswith(("tests/resilience/crash/", "tests/resilience/storm/")) else nodeid

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Forget what is done: xdist counts a worker's work anew after each test, thousands that are done with it."""
        super().mark_test_complete(node, item_index, duration)
        work = self.assigned_work[node]
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(work[scope].values()):
            del work[scope]

    def _assign_work_unit(self, node: WorkerController) -> None:
        """As xdist does, which looks through all tests for the place of each."""
        scope, tests = self.workqueue.popitem(last=False)
        self.assigned_work.setdefault(node, {})[scope] = tests
        if node not in self._places:
            self._places[node] = {name: place for place, name in enumerate(self.registered_collections[node])}
        node.send_runtest_some([self._places[node][name] for name, is_done in tests.items() if not is_done])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """See `_FewStacks`."""
    return _FewStacks(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where all must run (CI), a skipped test is a failed one: a browser that is missing must not pass for green."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and every test must run here: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _cached_static_files() -> Iterator[None]:
    """Have WhiteNoise look through the static files once: it does so for each client of each test."""
    look_through, cached = WhiteNoise.add_files, dict[Any, dict[str, Any]]()

    def add_files(self: Any, root: str, prefix: str | None = None) -> None:
        if self.autorefresh:
            look_through(self, root, prefix)
            return
        place = (str(root), prefix, self.max_age)
        if place not in cached:
            before = dict(self.files)
            look_through(self, root, prefix)
            cached[place] = {url: file for url, file in self.files.items() if before.get(url) is not file}
        self.files.update(cached[place])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "add_files", add_files)
        yield


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once() -> None:
    """Not once by each worker of each run: a page is put together from dozens."""
    folder = TEMPLATES / "compiled"
    folder.mkdir(exist_ok=True)
    cast(Jinja2, engines["jinja2"]).env.bytecode_cache = FileSystemBytecodeCache(str(folder))


@pytest.fixture(scope="session", autouse=True)
def _one_browser_for_all() -> Iterator[None]:
    """It is started by the first test that needs it; where none does, its library is not even loaded."""
    yield
    if used := sys.modules.get("tests.chromium"):
        used.shut()


_PRESERVED_TABLES = {"django_content_type", "auth_permission"}
"""Tables that Django fills by itself, as no test does."""


@pytest.fixture(scope="session", autouse=True)
def _only_full_tables_are_emptied() -> Iterator[None]:
    """After a test with transactions of its own. Django empties all and fills some again: more work than most tests.

    The audit trail is emptied too, which nothing of the product may.
    """
    tables: list[str] = []

    def empty(self: TransactionTestCase) -> None:
        tables[:] = tables or sorted(
            set(connection.introspection.django_table_names(only_existing=True)) - _PRESERVED_TABLES
        )
        look = "SELECT '{0}', pg_relation_size('{0}') > 1000000 WHERE EXISTS (SELECT FROM {0})"
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(look.format(name) for name in tables))
            full = dict(cursor.fetchall())
            if big := ", ".join(name for name, is_big in full.items() if is_big):
                with pgtrigger.ignore("practices.AuditEvent:never_emptied", "practices.AuditSeal:never_emptied"):
                    cursor.execute(f"TRUNCATE {big} CASCADE")
            if full:
                # A few rows: TRUNCATE would make new files for every table that refers to these, and each connection
                # would learn anew of all of them. As a replica no key and no trigger is asked.
                deletes = "; ".join(f"DELETE FROM {name}" for name in full)
                cursor.execute(f"SET session_replication_role = replica; {deletes}; RESET session_replication_role")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture
def client() -> Tab:
    """A browser, which finds its way under the addresses of a patient's visit too."""
    return Tab()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Have this run's databases copied from one with all tables."""
    connection.settings_dict["TEST"]["TEMPLATE"] = template(os.environ["DATABASE_URL"], TEMPLATES)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End what threads of tests left connected, so that the run's database can be dropped."""
    yield
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        cursor.execute(others, cursor.fetchone())
    connection.close()
