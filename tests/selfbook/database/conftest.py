"""Roles of the real server, and connections of Django's that are made as one of them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

Alter = Callable[[str], None]


@pytest.fixture
def role(transactional_db: None) -> Iterator[str]:
    """A role of the server that runs the product, made as `grant_app_role` makes it."""
    from practices.audit import database_roles

    name = f"app_{uuid4().hex[:12]}"
    database_roles.grant(name)
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.fixture
def alter(role: str) -> Alter:
    """Change that role, as an administrator of the server: `alter("CONNECTION LIMIT 5")`."""
    administrator = connection.get_connection_params()

    def run(what: str) -> None:
        with psycopg.connect(**administrator, autocommit=True) as own:
            own.execute(f"ALTER ROLE {role} {what}")

    return run


@pytest.fixture
def connect_as() -> Iterator[Callable[..., None]]:
    """Have Django's connection begin anew with other values: `connect_as(USER="somebody")`. Undone at the end.

    OPTIONS are added to those that are there: the server's address is among them.
    """
    before = dict(connection.settings_dict)
    options = dict(connection.settings_dict["OPTIONS"])

    def change(**values: Any) -> None:
        restart()
        values["OPTIONS"] = options | values.get("OPTIONS", {})
        connection.settings_dict.update(values)

    def restart() -> None:
        connection.close()
        with suppress(AttributeError):
            connection.close_pool()  # type: ignore[attr-defined] # it is PostgreSQL's

    yield change
    restart()
    connection.settings_dict.update(before | {"OPTIONS": options})
