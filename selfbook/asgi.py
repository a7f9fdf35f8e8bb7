"""The application that the web server runs: Django's WSGI application behind `request_bodies`.

The pages are ordinary Django, a thread for each while it is made. A thread has the whole body when it begins, and ends
when the page is made: neither who sends slowly nor who reads slowly holds one.
"""

from collections.abc import Iterable
from typing import cast
from wsgiref.types import StartResponse

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi_typing import WSGIApp
from django.conf import settings

from selfbook.request_bodies import Application, BodiesFirst, Limits
from selfbook.wsgi import application as pages

THREADS = 8
"""Pages made at once by one process. No more than its connections to PostgreSQL (DATABASE_POOL_MAX)."""

_WAITING_PIECES = 10


def _in_one_piece(environ: dict[str, object], start_response: StartResponse) -> Iterable[bytes]:
    """Django's answer, made to its end and closed before any of it is sent: files of many pieces too."""
    answer = pages(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        if hasattr(answer, "close"):
            answer.close()


application = BodiesFirst(
    cast(Application, WSGIMiddleware(cast(WSGIApp, _in_one_piece), workers=THREADS, send_queue_size=_WAITING_PIECES)),
    Limits(most_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
)
