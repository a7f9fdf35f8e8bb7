"""What the outbox costs beside time: statements to the database for each text, and memory over many texts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from bench.engines import STATE
from bench.sending.contenders import Contest
from bench.sending.workers import PRODUCT, workers
from bench.timing import promise

_MOST_STATEMENTS, _MOST_GROWTH = 1.0, 15
_LOG = STATE / "postgres" / "log"
_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): ")


def statements(contest: Contest, texts: int) -> list[bool]:
    """Count what PostgreSQL itself says that it was asked, each BEGIN and COMMIT included."""
    print(f"\nStatements to PostgreSQL for {texts:,} texts, one worker process")
    results = []
    for latency in (0, 150):
        # Only connections made from now on are logged: the worker's.
        with _logged(), workers(PRODUCT, 1) as worker:
            before = _LOG.stat().st_size
            contest.outbox(worker, latency, texts)
        count = _count_since(before)
        print(f"  each text answered after {latency} ms: {count:,}")
        results.append(promise(f"at {latency} ms, statements a text", count / texts, at_most=_MOST_STATEMENTS))
    return results


@contextmanager
def _logged() -> Iterator[None]:
    """Have PostgreSQL log every statement of new connections to this database."""
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database} SET log_statement = 'all'")
        try:
            yield
        finally:
            cursor.execute(f"ALTER DATABASE {database} RESET log_statement")


def _count_since(place: int) -> int:
    with _LOG.open("rb") as log:
        log.seek(place)
        return len(_STATEMENT.findall(log.read().decode(errors="replace")))


def memory(contest: Contest, few: int, many: int) -> list[bool]:
    """One worker's peak after a batch of few, and after one of many that follows it."""
    print("\nPeak memory of a worker and its one process, added up")
    with workers(PRODUCT, 1) as worker:
        peaks = [worker.peak_megabytes()]
        for texts in (few, many):
            contest.outbox(worker, 0, texts)
            peaks.append(worker.peak_megabytes())
    for name, peak in zip(("before any text", f"{few:,} texts", f"then {many:,} texts"), peaks, strict=True):
        print(f"  {name:<20} {peak:>8.1f} MB")
    return [promise(f"MB more after {many:,} texts than after {few:,}", peaks[2] - peaks[1], at_most=_MOST_GROWTH)]
