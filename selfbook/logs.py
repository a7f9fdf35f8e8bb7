"""What every log line carries, and what is struck out of it."""

import logging
import re
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

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
        record.msg = strike(record.getMessage())
        record.args = None
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            record.exc_text, record.exc_info = _where(record.exc_info[1]), None
        for name in set(vars(record)) - _OWN:
            record.__dict__[name] = strike(record.__dict__[name])
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


def _where(error: BaseException) -> str:
    """What kind of error happened where, and what led to it, without its words.

    PostgreSQL quotes the row that it refuses, and so a patient.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = "".join(traceback.format_tb(error.__traceback__))
    before = f"{_where(cause)}\n\n" if cause is not None else ""
    return f"{before}{frames}{type(error).__module__}.{type(error).__qualname__}"
