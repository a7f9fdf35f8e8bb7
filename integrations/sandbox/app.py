"""The sandbox as one web application: all its parts over one `Books`."""

from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import web

from integrations.sandbox import control, gp_connect, phone
from integrations.sandbox.books import Books
from integrations.sandbox.gateway import api as gateway
from integrations.sandbox.notify import api as notify
from integrations.sandbox.notify.journeys import journeys_context
from integrations.sandbox.serving import BOOKS, TASKS, tasks_context
from integrations.sandbox.twilio import api as twilio
from integrations.sandbox.twilio.callbacks import callbacks_context

# A seed of 10,000 patients and 20,000 slots fits.
MOST_BYTES = 64 * 1024 * 1024


Part = Callable[[Books], Sequence[web.RouteDef]]
"""Gives the addresses of a stand-in, over the books."""


def create_app(books: Books, more: Sequence[Part] = ()) -> web.Application:
    """All parts of the sandbox, and more, over these books, which are closed when the application is."""
    app = web.Application(client_max_size=MOST_BYTES)
    app[BOOKS] = books
    app[TASKS] = set()
    app.cleanup_ctx.append(_books_context)
    app.cleanup_ctx.append(callbacks_context)
    app.cleanup_ctx.append(journeys_context)
    app.cleanup_ctx.append(tasks_context)
    for part in (control, gp_connect, gateway, twilio, notify, phone):
        app.add_routes(part.routes(books))
    for add in more:
        app.add_routes(add(books))
    return app


async def _books_context(app: web.Application) -> AsyncIterator[None]:
    yield
    app[BOOKS].close()
