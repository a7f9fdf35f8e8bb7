"""What every log line carries, and what is struck out of it."""

import logging
import re
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from psycopg import Error as PostgresError

REQUEST_ID = "selfbook.request_id"
"""Where a request keeps its id: Django reports a failed request when the middleware is done with it."""

request_id: ContextVar[str] = ContextVar("request_id", default="")

# Personal links, and those by which staff join and choose a new password, have a secret in their paths; Django's own
# warnings, and a web server's log of requests, name paths. Signs and spaces that nobody meant may stand before the
# token, and whoever types a link may leave out what comes before it: any part of a path that is as long as a token is
# struck out, unless it is an id of ours.
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w%~.-])"
_LINK = re.compile(
    rf"""
    /i/[^a-z0-9_-]*[a-z0-9_-]*[^\s"']* | /(?!{_ID})[\w%~-]{{22,}} | (?<=/join/)[^\s"']+ | (?<=/reset/key/)[^\s"']+
    """,
    re.IGNORECASE | re.VERBOSE,
)
MOST_TEXT = 4_000
"""Characters of a message, or of any other value of a line."""

MOST_TRACE = 16_000
"""Characters of where an error happened, its causes included."""

MOST_VALUES = 50
"""Values of a list or a dictionary in a line."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has by itself: file names, and the message, which is seen to by itself."""


class ContextFilter(logging.Filter):
    """Adds the request's id, and removes secret links, the request itself and the words of errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mend the record; every record passes."""
        request = record.__dict__.pop("request", None)
        record.request_id = request_id.get() or getattr(request, "META", {}).get(REQUEST_ID, "")
        # Celery repeats a failed task's error, in words, beside its traceback.
        if isinstance(getattr(record, "data", None), dict):
            record.__dict__.pop("data")
            if isinstance(record.args, dict) and "exc" in record.args:
                record.args = {**record.args, "exc": "-"}
        record.msg = _cut(strike(record.getMessage()), MOST_TEXT)
        record.args = None
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            record.exc_text, record.exc_info = _cut(strike(_where(record.exc_info[1])), MOST_TRACE), None
        if record.stack_info:
            record.stack_info = _cut(strike(record.stack_info), MOST_TRACE)
        for name in set(vars(record)) - _OWN:
            record.__dict__[name] = _bounded(strike(record.__dict__[name]))
        return True


def strike(value: Any) -> Any:
    """A value of a log line with every secret link struck out of it, however deep it stands."""
    if isinstance(value, str):
        return _LINK.sub(lambda match: "/i/-" if match[0].startswith("/") else "-", value)
    if isinstance(value, Mapping):
        return {name: strike(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [strike(inner) for inner in value]
    return value


def _cut(text: str, most: int) -> str:
    """A text that is not too long, with its beginning and, since that says most of an error, its end."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} … {len(text) - 2 * half} characters left out … {text[-half:]}"


def _bounded(value: Any) -> Any:
    """A value of a line that makes it no longer than anybody reads."""
    if isinstance(value, str):
        return _cut(value, MOST_TEXT)
    if isinstance(value, Mapping):
        return {name: _bounded(inner) for name, inner in list(value.items())[:MOST_VALUES]}
    if isinstance(value, list | tuple | set | frozenset):
        return [_bounded(inner) for inner in list(value)[:MOST_VALUES]]
    return value


def _where(error: BaseException) -> str:
    """What kind of error happened where, and what led to it, without its words.

    PostgreSQL quotes the row that it refuses, and so a patient: of its errors the names of what refused are kept.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = "".join(traceback.format_tb(error.__traceback__))
    before = f"{_where(cause)}\n\n" if cause is not None else ""
    return f"{before}{frames}{type(error).__module__}.{type(error).__qualname__}{_named(error)}"


def _named(error: BaseException) -> str:
    """The SQLSTATE of an error of PostgreSQL, and its own names for what it is about. They come from migrations."""
    if not isinstance(error, PostgresError):
        return ""
    diag = error.diag
    names = {
        "sqlstate": error.sqlstate or diag.sqlstate,
        "table": diag.table_name,
        "column": diag.column_name,
        "constraint": diag.constraint_name,
        "type": diag.datatype_name,
    }
    known = " ".join(f"{name}={value}" for name, value in names.items() if value)
    return f" ({known})" if known else ""
