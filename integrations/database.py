"""What we ask of the database beyond the ORM: to let it go, to join whole sets, to take many rows at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import cast

from django.db import connection, models, transaction
from psycopg import Cursor
from psycopg.sql import SQL, Identifier


def release() -> None:
    """Give this thread's connection back to the pool before calling out: a slow answer must not hold it (safety P6).

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
    fields = rows[0]._meta.concrete_fields
    command = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(rows[0]._meta.db_table), SQL(", ").join([Identifier(field.column) for field in fields])
    )
    values = attrgetter(*(field.attname for field in fields))
    with connection.cursor() as cursor, cast(Cursor, cursor).copy(command) as copy:
        for row in rows:
            copy.write_row(values(row))
