"""Files of many rows, made by more than one question to the database while others change what is in it."""

from collections.abc import Callable, Iterable, Iterator

from django.db import connection, transaction
from django.http import StreamingHttpResponse


def as_csv(make: Callable[[], Iterable[str]], name: str) -> StreamingHttpResponse:
    """A CSV as a download, a line at a time, all of it as the database stood when its first line was asked for."""
    return StreamingHttpResponse(
        in_one_snapshot(make),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def in_one_snapshot(make: Callable[[], Iterable[str]]) -> Iterator[str]:
    """The lines that `make` reads, all as of one moment: no row is in two of its parts, and none in neither.

    `make` is called when the first line is asked for, and writes nothing. The snapshot ends with the last line, or when
    whoever asked goes away. Inside a transaction there is none of its own: PostgreSQL takes one only at the beginning.
    """
    if connection.in_atomic_block:
        yield from make()
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield from make()
