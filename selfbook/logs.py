"""What every log line carries, and what is struck out of it."""

import logging
import re
from contextvars import ContextVar

REQUEST_ID = "selfbook.request_id"
"""Where a request keeps its id: Django reports a failed request when the middleware is done with it."""

request_id: ContextVar[str] = ContextVar("request_id", default="")

# The personal link is a secret in a path; Django's own warnings name paths.
_LINK = re.compile(r"/i/[^/\s\"']+")


class ContextFilter(logging.Filter):
    """Adds the request's id, and removes personal links and the request itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mend the record; every record passes."""
        request = record.__dict__.pop("request", None)
        record.request_id = request_id.get() or getattr(request, "META", {}).get(REQUEST_ID, "")
        record.msg = _LINK.sub("/i/-", record.getMessage())
        record.args = None
        return True
