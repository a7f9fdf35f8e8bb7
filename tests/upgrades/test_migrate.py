"""`migrate` gives way to whoever has a table, and an index is built again where its build was broken off."""

import io
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from core.database import BuildIndex
from integrations.models import CodedEntry
from selfbook.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)
TABLE, COLUMN, MIGRATION = "booking_booking", "cancel_reason", "0016_cancel_reason"
"""A migration of an app after which come only those that may run again, such as indexes that are there."""


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """Somebody in a long transaction, who has looked at the table."""
    options = connection.get_connection_params()
    with psycopg.connect(dbname=options["dbname"], user=options["user"], host=options["host"]) as other:
        other.execute(f"SELECT FROM {TABLE}")
        yield other
        other.rollback()


def execute(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.hazard("H-14.10")
def test_it_gives_way_and_goes_on_when_the_table_is_free(
    reader: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.rollback()
    execute(f"ALTER TABLE {TABLE} DROP COLUMN {COLUMN}")
    execute(f"DELETE FROM django_migrations WHERE app = 'booking' AND name >= '{MIGRATION}'")
    reader.execute(f"SELECT FROM {TABLE}")
    paused: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "sleep", paused.append)
        errors = io.StringIO()
        with pytest.raises(CommandError, match="in use at every try"):
            call_command("migrate", verbosity=0, lock_timeout=0.05, tries=2, stderr=errors)
        assert "1 tries left" in errors.getvalue()
        assert len(paused) == 1
        patch.setattr(migrate, "sleep", lambda _: reader.rollback())
        call_command("migrate", verbosity=0, lock_timeout=0.05, tries=2, stderr=errors)
    assert execute(f"SELECT count({COLUMN}) FROM {TABLE}") == [(0,)]
    assert execute("SHOW lock_timeout") == [("0",)]
    assert execute(f"SELECT count(*) FROM django_migrations WHERE name = '{MIGRATION}'") == [(1,)]


def test_an_index_that_was_broken_off_is_built_anew() -> None:
    [index] = [index for index in CodedEntry._meta.indexes if index.name == "code_for_staff"]
    operation = BuildIndex("codedentry", index)
    state = MigrationLoader(None).project_state()
    standing = "SELECT indisvalid, indexrelid FROM pg_index WHERE indexrelid = 'code_for_staff'::regclass"
    [(valid, before)] = execute(standing)
    assert valid
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("integrations", editor, state, state)
        assert execute(standing) == [(True, before)], "what is there stays"
        execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'code_for_staff'::regclass")
        operation.database_forwards("integrations", editor, state, state)
    [(valid, after)] = execute(standing)
    assert valid
    assert after != before
