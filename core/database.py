"""What we ask of the database beyond the ORM: let go, join whole sets, take many rows, guard states, index."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, TypeVar, cast

import pgtrigger
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import NotSupportedError, connection, migrations, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler
from psycopg import Connection, Cursor
from psycopg.sql import SQL, Identifier

_Row = TypeVar("_Row", bound=models.Model)


def release() -> None:
    """Give this thread's connection back to the pool before calling out (calls#database-connections).

    Inside a transaction there is nothing to give back, and it would be lost: no caller may be in one but a test.
    """
    if not connection.in_atomic_block:
        connection.close()


@contextmanager
def whole_sets() -> Iterator[None]:
    """Have PostgreSQL join sets of rows as wholes, never row by row.

    A batch's rows may have been stored a moment ago, before any statistics of them: PostgreSQL then takes them for a
    few, and would look through all the others again for each one of 100,000.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = DEFAULT")  # the transaction may be the caller's


def copy_in(rows: Sequence[models.Model]) -> None:
    """Store new rows of one model with COPY, several times as fast as `bulk_create`, in the caller's transaction.

    For models whose fields hold what the database does: no JSON, no arrays, nothing encrypted.
    """
    if not rows:
        return
    table, fields = rows[0]._meta.db_table, rows[0]._meta.concrete_fields
    columns = [Identifier(str(field.column)) for field in fields]
    command = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), SQL(", ").join(columns))
    values = attrgetter(*(field.attname for field in fields))
    with connection.cursor() as cursor, cast(Cursor, cursor).copy(command) as copy:
        for row in rows:
            copy.write_row(values(row))


def forward_only(moves: Mapping[str, Collection[str]]) -> pgtrigger.FSM:
    """A trigger by which the database itself refuses every change of `state` that its table of moves does not have.

    `moves` gives the states that may follow each. Services ask the table before; this is for the mistake in one of
    them, or a hand at a console: nothing is written, and ProgrammingError is raised.
    """
    transitions = [(str(before), str(after)) for before, allowed in moves.items() for after in sorted(allowed)]
    return pgtrigger.FSM(
        name="forward_only", field="state", transitions=transitions, condition=pgtrigger.AnyChange("state")
    )


def ask(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement that many pages ask. PostgreSQL plans it once for each connection.

    Planning takes most of the time of a small statement. `sql` must say the type of what may be NULL. A pooler gives
    each transaction whatever session is free, and that has not seen the statement: there it is planned each time. So it
    is where Django logs statements, which it reads from its own cursors alone.
    """
    if settings.DATABASE_POOLER or connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    given = cast("Connection[Any]", connection.connection)
    before, given.prepare_threshold = given.prepare_threshold, 0
    try:
        # As Django wraps its own cursors, so that errors are Django's.
        with cast(Any, connection)._prepare_cursor(Cursor(given)) as cursor:
            cursor.execute(sql, values)
            rows = cursor.fetchall()
            return rows
    finally:
        given.prepare_threshold = before


class Joined:
    """Rows of one model with the rows that belong to each, read by SQL that is written once.

    The ORM writes its SQL anew at every query, which is most of what a small one costs. For the few with which every
    page of a patient begins.
    """

    def __init__(self, model: type[models.Model], *related: str, where: str) -> None:
        """Rows of `model` with those that its foreign keys `related` name. `where` may use the model's table."""
        keys = [cast(models.ForeignKey[Any], model._meta.get_field(name)) for name in related]
        self._related, self._models = related, [model, *(key.related_model for key in keys)]
        columns = [columns_of(table, f'"{table._meta.db_table}".') for table in self._models]
        joins = [
            f'JOIN "{table._meta.db_table}" ON "{table._meta.db_table}"."id" = "{model._meta.db_table}"."{key.column}"'
            for table, key in zip(self._models[1:], keys, strict=True)
        ]
        self._sql = f'SELECT {", ".join(columns)} FROM "{model._meta.db_table}" {" ".join(joins)} WHERE {where}'  # noqa: S608 - names of ours

    def first(self, *values: Any) -> Any:
        """The first row of which `where` holds with these values in its places, or None."""
        rows = ask(self._sql, values)
        if not rows:
            return None
        row, instances, start = rows[0], [], 0
        for model in self._models:
            instances.append(from_row(model, row[start:]))
            start += len(_fields(model))
        for name, instance in zip(self._related, instances[1:], strict=True):
            setattr(instances[0], name, instance)
        return instances[0]


def columns_of(model: type[models.Model], table: str = "") -> str:
    """The columns of a model as a `SELECT` names them, in the order of `from_row`; `table` goes before each."""
    return ", ".join(f'{table}"{field.column}"' for field in _fields(model))


def from_row(model: type[_Row], row: Sequence[Any]) -> _Row:
    """The instance that a row's first columns are, the model's own in their order, as the ORM would read it."""
    fields = _fields(model)
    return model.from_db("default", [field.attname for field in fields], _read(fields, row))


def _fields(model: type[models.Model]) -> Sequence[models.Field[Any, Any]]:
    return model._meta.concrete_fields


def _read(fields: Sequence[models.Field[Any, Any]], row: Sequence[Any]) -> list[Any]:
    """The values of a model's fields from the columns of a row, as the ORM would read them."""
    values = zip(fields, row, strict=False)
    return [
        field.from_db_value(value, field.cached_col, connection) if hasattr(field, "from_db_value") else value
        for field, value in values
    ]


@models.Field.register_lookup
class AnyOf(models.Lookup[Any]):
    """`field__any_of=[...]`: the same rows as `__in`, for many values at little cost.

    The values travel as one array. The ORM prepares, and PostgreSQL parses, each value of an `IN` by itself.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """The condition, and the values as its one parameter."""
        left, values = self.process_lhs(compiler, connection)
        # Without its length: a cast to `varchar(16)` would cut a longer value, and so find a row that is not meant.
        kind = self.lhs.output_field.db_type(connection).partition("(")[0]
        return f"{left} = ANY(%s::{kind}[])", (*values, list(self.rhs))


_STANDING = """
SELECT index.indisvalid FROM pg_index index JOIN pg_class class ON class.oid = index.indexrelid
WHERE class.relname = %s AND pg_table_is_visible(class.oid)
"""


class BuildIndex(AddIndexConcurrently):
    """An index on a table in use. Like Django's own, in a migration with `atomic = False`, and safe to begin again.

    A build that was broken off leaves an index that is not valid: it is dropped first. One that is there stays. The
    build waits for transactions that began before it, and nobody waits for the build, so it has no `lock_timeout`.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Build it unless it is there and whole."""
        self._ensure_not_in_transaction(schema_editor)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_STANDING, [self.index.name])
            standing = cursor.fetchone()
            if standing == (True,):
                return
            cursor.execute("SELECT current_setting('lock_timeout')")
            (patience,) = cursor.fetchone()
            cursor.execute("SET lock_timeout = 0")
            try:
                if standing:
                    name = schema_editor.quote_name(self.index.name)
                    cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
                super().database_forwards(app_label, schema_editor, from_state, to_state)
            finally:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [patience])


class BuildUnique(migrations.AddConstraint):
    """Uniqueness on a table in use: its index is built beside the work, then becomes the constraint, in a moment.

    Like `BuildIndex` in a migration with `atomic = False`, and safe to begin again. For constraints on columns alone.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Build it unless it is there."""
        if schema_editor.connection.in_atomic_block:
            raise NotSupportedError("an index is built beside the work outside a transaction: set atomic = False")
        model = to_state.apps.get_model(app_label, self.model_name)
        quote = schema_editor.quote_name
        table, name = quote(model._meta.db_table), quote(self.constraint.name)
        assert isinstance(self.constraint, models.UniqueConstraint)
        columns = ", ".join(quote(model._meta.get_field(field).column) for field in self.constraint.fields)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_constraint WHERE conname = %s", [self.constraint.name])
            if cursor.fetchone():
                return
            cursor.execute(_STANDING, [self.constraint.name])
            standing = cursor.fetchone()
            if standing != (True,):
                cursor.execute("SELECT current_setting('lock_timeout')")
                (patience,) = cursor.fetchone()
                cursor.execute("SET lock_timeout = 0")
                try:
                    if standing:
                        cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
                    cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns})")
                finally:
                    cursor.execute("SELECT set_config('lock_timeout', %s, false)", [patience])
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}")
