"""What production refuses of a server, and that it names the remedy."""

from collections.abc import Callable

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from selfbook import start
from selfbook.database import server
from selfbook.settings.variables import VARIABLES
from tests.selfbook.database.conftest import Alter


def faults() -> list[str]:
    return list(server.faults())


def test_the_role_that_the_command_makes_is_fit_for_production(role: str, connect_as: Callable[..., None]) -> None:
    connect_as(USER=role)
    assert faults() == []
    seen = server.look()
    assert seen
    assert (seen.behind_pooler, seen.synchronous_commit, seen.is_pinned) == (False, "on", True)


@pytest.mark.parametrize("value", ["off", "local", "remote_write"])
def test_a_commit_that_may_be_lost_is_refused(
    role: str, alter: Alter, connect_as: Callable[..., None], value: str
) -> None:
    alter(f"SET synchronous_commit = {value}")
    connect_as(USER=role)
    (fault,) = faults()
    assert "SET synchronous_commit = on" in fault


def test_a_commit_that_lasts_by_the_server_s_default_alone_is_refused(
    role: str, alter: Alter, connect_as: Callable[..., None]
) -> None:
    """Whoever changed the default would not think of us."""
    alter("RESET synchronous_commit")
    connect_as(USER=role)
    assert len(faults()) == 1


def test_what_a_connection_itself_asks_for_will_do(role: str, alter: Alter, connect_as: Callable[..., None]) -> None:
    """As production does wherever no pooler stands between."""
    alter("RESET synchronous_commit")
    connect_as(USER=role, OPTIONS={"options": "-c synchronous_commit=on"})
    assert faults() == []


def test_connections_that_do_not_fit_are_refused_with_the_sum(
    role: str, alter: Alter, connect_as: Callable[..., None], settings: Settings
) -> None:
    alter("CONNECTION LIMIT 49")
    connect_as(USER=role)
    settings.DATABASE_POOL_MAX, settings.WORKER_POOL_MAX = 10, 2
    settings.WEB_PROCESSES, settings.WORKER_PROCESSES = 2, 10
    assert server.needed() == 2 * 10 + 10 * 2 + server.SPARE == 50
    (fault,) = faults()
    for part in ("49 connections", "may open 50", "WEB_PROCESSES 2 x DATABASE_POOL_MAX 10", "max_connections"):
        assert part in fault
    alter("CONNECTION LIMIT 50")
    assert faults() == []


def test_the_server_s_own_limit_counts(role: str, connect_as: Callable[..., None], settings: Settings) -> None:
    connect_as(USER=role)
    settings.DATABASE_POOL_MAX, settings.WEB_PROCESSES = 10, 1000
    (fault,) = faults()
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        (most,) = cursor.fetchone()
    assert f"{int(most) - 3} connections" in fault, "three are an administrator's"
    settings.DATABASE_POOL_MAX = 0
    assert faults() == [], "without a pool there is no bound to hold against it"


def test_the_defaults_fit_a_server_as_it_is_installed(settings: Settings) -> None:
    defaults = {variable.name: variable.default for variable in VARIABLES}
    for name in ("DATABASE_POOL_MAX", "WORKER_POOL_MAX", "WEB_PROCESSES", "WORKER_PROCESSES"):
        setattr(settings, name, defaults[name])
    assert 0 < server.needed() <= 97


def test_nothing_is_said_while_the_server_is_away(connect_as: Callable[..., None]) -> None:
    connect_as(HOST="127.0.0.1", PORT="1")
    assert server.look() is None
    assert faults() == []


def test_the_start_and_the_check_say_so(
    role: str, alter: Alter, connect_as: Callable[..., None], settings: Settings
) -> None:
    alter("SET synchronous_commit = off")
    connect_as(USER=role)
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="synchronous_commit"):
        start.refuse_bad_start()
    messages = checks.run_checks(tags=["database"], databases=["default"], include_deployment_checks=True)
    assert [message.id for message in messages if message.id == "selfbook.E005"] == ["selfbook.E005"]


def test_migrations_do_not_run_behind_a_pooler(settings: Settings) -> None:
    settings.DATABASE_POOLER = True
    with pytest.raises(CommandError, match="DATABASE_POOLER=off"):
        call_command("migrate")


def test_each_process_of_a_worker_has_a_pool_of_its_own_size(
    connect_as: Callable[..., None], settings: Settings
) -> None:
    settings.WORKER_POOL_MAX = 3
    connect_as(OPTIONS={"pool": {"min_size": 0, "max_size": 10}})
    server.limit_pool_of_worker()
    assert connection.settings_dict["OPTIONS"]["pool"]["max_size"] == 3
    connect_as(OPTIONS={"pool": None})
    server.limit_pool_of_worker()
    assert connection.settings_dict["OPTIONS"]["pool"] is None, "where there is none, there stays none"
