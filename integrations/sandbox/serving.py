"""What every part of the sandbox does around a request: faults, refusals and the journal."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any

from aiohttp import web

from integrations.sandbox.books import Books
from integrations.sandbox.faults import Fault

logger = logging.getLogger(__name__)

BOOKS = web.AppKey("BOOKS", Books)
TASKS = web.AppKey("TASKS", set[asyncio.Task[None]])

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ErrorAnswer = Callable[[int | None, str | None], web.Response]


class Refusal(Exception):
    """Ends the handling of a request with an answer that says no."""

    def __init__(self, response: web.Response) -> None:
        """`response` is what the caller gets, whatever the handler was about to answer."""
        super().__init__(response.status)
        self.response = response


def plain_error(status: int | None, code: str | None) -> web.Response:
    """An error answer for a part that has no form of its own for errors."""
    return web.json_response({"code": code or "ERROR"}, status=status or 500)


def served(target: str, errors: ErrorAnswer = plain_error) -> Callable[[Handler], Handler]:
    """Name a handler, so that faults can be aimed at it and its calls are written into the journal.

    `errors` makes the part's own error answer for the `status`, `status_after` and `refuse` faults. The handler may
    raise `Refusal`.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def serve(request: web.Request) -> web.StreamResponse:
            books = request.app[BOOKS]
            response = await _with_faults(target, handler, errors, request)
            status = 0 if response is None else response.status
            books.note(request.method, target, request.match_info.get("ods", ""), status)
            return _dropped(request) if response is None else response

        return serve

    return decorate


async def _with_faults(
    target: str, handler: Handler, errors: ErrorAnswer, request: web.Request
) -> web.StreamResponse | None:
    """Handle a request with whatever is to go wrong; None when the connection shall be dropped."""
    faults = request.app[BOOKS].faults
    if not faults.any_for(target):
        return await _handled(handler, errors, request)
    facts = await facts_of(request)
    if slow := faults.take(target, {"latency"}, facts):
        await faults.hold_up(slow.seconds)
    if early := faults.take(target, {"timeout_before", "status", "refuse"}, facts):
        await asyncio.sleep(early.seconds)
        return None if early.kind == "timeout_before" else _error(early, errors)
    late = faults.take(target, {"timeout_after", "status_after"}, facts)
    response = await _handled(handler, errors, request)
    if late is None:
        return response
    await asyncio.sleep(late.seconds)
    return None if late.kind == "timeout_after" else _error(late, errors)


async def _handled(handler: Handler, errors: ErrorAnswer, request: web.Request) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return refusal.response
    except (TypeError, AttributeError, LookupError, ValueError):
        # Most often a body with text where an object belongs. A real system fails there too, in its own form.
        logger.exception("The sandbox could not handle a request")
        return errors(500, "INTERNAL_SERVER_ERROR")


def _error(fault: Fault, errors: ErrorAnswer) -> web.Response:
    if fault.body is None:
        response = errors(fault.status, fault.code)
    else:
        response = web.Response(status=fault.status or 500, text=fault.body, content_type=fault.content_type)
    response.headers.update(fault.headers)
    return response


def _dropped(request: web.Request) -> web.Response:
    """Cut the connection; the answer returned here reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def facts_of(request: web.Request) -> dict[str, object]:
    """What a fault's `match` may ask for: path parts, query, and the fields of a form or of a JSON object."""
    facts: dict[str, object] = {**request.query, **request.match_info}
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        facts.update(await request.post())
    elif request.content_type.endswith("json") and request.can_read_body:
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        if isinstance(body, dict):
            facts.update(body)
    if number := str(facts.get("identifier", "")).rpartition("|")[2]:
        facts["nhs_number"] = number
    return facts


def spawn(app: web.Application, work: Coroutine[Any, Any, None]) -> None:
    """Run something beside the requests (a callback, say); it is stopped when the sandbox stops."""
    task = asyncio.get_running_loop().create_task(work)
    app[TASKS].add(task)
    task.add_done_callback(app[TASKS].discard)


async def tasks_context(app: web.Application) -> AsyncIterator[None]:
    """Stop what was spawned when the sandbox stops (for `app.cleanup_ctx`)."""
    yield
    running = app[TASKS].copy()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
