"""The former release's statements on this release's tables: its rows go in, are changed and read, and nothing is lost.

`former_release.json` has its columns and rows as it wrote them (`record_release.py`). A clone
without that release's commits needs no more than this; `make soak` runs both releases in earnest.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from psycopg.sql import SQL, Identifier

from integrations.models import ChannelConnection, NotifyConnection
from tests.upgrades.rules import Release

pytestmark = pytest.mark.django_db

Column = tuple[str, bool, bool]
"""Its type, whether it may be empty, whether the database has a default for it."""

FORMER: dict[str, Any] = json.loads((Path(__file__).parent / "former_release.json").read_text(encoding="utf-8"))
TABLES: dict[str, dict[str, Any]] = FORMER["tables"]
DROPPED = set(Release.read().dropped)
APPEND_ONLY = {"practices_auditevent", "practices_auditseal"}
"""The database lets nobody change these."""


def columns_now() -> dict[str, dict[str, Column]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable = 'YES',"
            " column_default IS NOT NULL OR is_identity = 'YES'"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        )
        now: dict[str, dict[str, Column]] = {}
        for table, name, kind, length, empty, default in cursor.fetchall():
            now.setdefault(table, {})[name] = (f"{kind}({length})" if length else kind, empty, default)
    return now


def test_it_is_of_the_last_release() -> None:
    assert FORMER["version"] == Release.read().version
    assert sum(bool(table["rows"]) for table in TABLES.values()) >= 14


def test_every_column_is_there_and_what_is_new_needs_nobody_to_name_it() -> None:
    now = columns_now()
    gone = [
        f"{table}.{name}"
        for table, former in TABLES.items()
        for name in former["columns"]
        if name not in now.get(table, {}) and not any(name in operation for operation in DROPPED)
    ]
    needed = [
        f"{table}.{name}"
        for table, former in TABLES.items()
        for name, (_, empty, default) in now[table].items()
        if name not in former["columns"] and not empty and not default
    ]
    assert (gone, needed) == ([], [])


def test_no_column_holds_less_or_may_be_empty_where_the_former_release_expects_a_value() -> None:
    now = columns_now()
    changed = [
        f"{table}.{name}: {former} has become {now[table][name]}"
        for table, content in TABLES.items()
        for name, former in content["columns"].items()
        if name in now[table] and not fits(former, now[table][name])
    ]
    assert changed == []


def fits(former: list[Any], now: Column) -> bool:
    """Whether what the former release stores goes in, and what comes out is what it expects."""
    kind, empty, default = former
    wider = kind.startswith("character varying") and (now[0] == "text" or length(now[0]) >= length(kind))
    return (now[0] == kind or wider) and now[1] is empty and (now[2] or not default)


def length(kind: str) -> int:
    """Of `character varying(20)`: 20; of one without an end, more than any."""
    return int(kind.partition("(")[2].rstrip(")") or 10**9)


def insert(table: str, row: dict[str, Any]) -> None:
    """As the former release would: naming its own columns, each with a value."""
    names = [name for name in TABLES[table]["columns"] if name in row]
    listed = SQL(", ").join(map(Identifier, names))
    statement = SQL("INSERT INTO {0} ({1}) SELECT {1} FROM json_populate_record(NULL::{0}, %s)")
    with connection.cursor() as cursor:
        cursor.execute(statement.format(Identifier(table), listed), [json.dumps(row)])


@pytest.mark.hazard("H-22.4")
def test_its_rows_go_in_are_changed_and_are_read_by_this_release() -> None:
    for table, content in TABLES.items():
        for row in content["rows"]:
            insert(table, row)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES.keys() - APPEND_ONLY:
            names = TABLES[table]["rows"][0] if TABLES[table]["rows"] else {}
            same = SQL(", ").join(SQL("{0} = {0}").format(Identifier(name)) for name in names)
            if not names:
                continue
            cursor.execute(SQL("UPDATE {} SET {}").format(Identifier(table), same))
            assert cursor.rowcount == len(TABLES[table]["rows"]), table
    read = {model._meta.db_table: list(model._default_manager.all()) for model in apps.get_models()}
    for table, content in TABLES.items():
        assert len(read[table]) == len(content["rows"]), table
    assert ChannelConnection.objects.get().auth_token == "made-up"
    assert NotifyConnection.objects.get().hours_in_app == 24


def test_it_reads_what_this_release_writes() -> None:
    """Every column that it names is there, and none that it takes for filled is empty: see above."""
    with connection.cursor() as cursor:
        for table, content in TABLES.items():
            names = SQL(", ").join(map(Identifier, content["columns"]))
            cursor.execute(SQL("SELECT {} FROM {}").format(names, Identifier(table)))
