"""What every log line carries, and what is struck out of it."""

import logging
import re
import traceback
from contextvars import ContextVar

REQUEST_ID = "selfbook.request_id"
"""Where a request keeps its id: Django reports a failed request when the middleware is done with it."""

request_id: ContextVar[str] = ContextVar("request_id", default="")

# The personal link is a secret in a path; Django's own warnings name paths. Signs and spaces that nobody meant may
# stand before the token, and whoever types a link may leave the /i out.
_LINK = re.compile(r"/i/[^a-z0-9_-]*[a-z0-9_-]*[^\s\"']*|/[a-z0-9_-]{22}(?![a-z0-9_-])", re.IGNORECASE)


class ContextFilter(logging.Filter):
    """Adds the request's id, and removes personal links, the request itself and the words of errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mend the record; every record passes."""
        request = record.__dict__.pop("request", None)
        record.request_id = request_id.get() or getattr(request, "META", {}).get(REQUEST_ID, "")
        # Celery repeats a failed task's error, in words, beside its traceback.
        if isinstance(getattr(record, "data", None), dict):
            record.__dict__.pop("data")
            if isinstance(record.args, dict) and "exc" in record.args:
                record.args = {**record.args, "exc": "-"}
        record.msg = _LINK.sub("/i/-", record.getMessage())
        record.args = None
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            record.exc_text, record.exc_info = _where(record.exc_info[1]), None
        return True


def _where(error: BaseException) -> str:
    """What kind of error happened where, and what led to it, without its words.

    PostgreSQL quotes the row that it refuses, and so a patient.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = "".join(traceback.format_tb(error.__traceback__))
    before = f"{_where(cause)}\n\n" if cause is not None else ""
    return f"{before}{frames}{type(error).__module__}.{type(error).__qualname__}"
