"""The search for free slots (gp-connect#slots)."""

import sqlite3
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from integrations.sandbox.clinic import Practice
from integrations.sandbox.gp_connect import odd, resources
from integrations.sandbox.gp_connect.admission import admit
from integrations.sandbox.gp_connect.answers import proxy_error, refuse
from integrations.sandbox.gp_connect.dates import day, midnight_after, midnight_before, uk_moment
from integrations.sandbox.serving import BOOKS, served

LONGEST = timedelta(days=14)


@served("gp_connect.slots", proxy_error)
async def search(request: web.Request) -> web.Response:
    """GET /Slot: everything free in at most two weeks, in one page unless asked otherwise, of whatever slot type."""
    practice, _ = admit(request, "search:slot-1")
    start, finish = _range(request)
    filters = dict(value.rpartition("|")[::2] for value in request.query.getall("searchFilter", []))
    rows = request.app[BOOKS].clinic.free_slots(
        practice.ods, start, finish, filters.get(resources.ORGANISATION_TYPE, ""), filters.get(resources.ODS_CODE, "")
    )
    return odd.searched(request, "gp_connect.slots", _with_includes(request, practice, rows))


def _range(request: web.Request) -> tuple[float, float]:
    query = request.query
    for name in ("start", "end", "status"):
        if len(query.getall(name, [])) != 1:
            raise refuse("BAD_REQUEST", f"{name} is needed exactly once")
    if "Slot:schedule" not in query.getall("_include", []):
        raise refuse("BAD_REQUEST", "_include=Slot:schedule is needed")
    if query["status"] != "free":
        raise refuse("INVALID_PARAMETER", "status must be free")
    start, finish = _edge(query["start"], "ge"), _edge(query["end"], "le")
    if not timedelta() <= _as_day(finish) - _as_day(start) <= LONGEST:
        raise refuse("INVALID_PARAMETER", "the range is longer than two weeks, or ends before it starts")
    return (
        start.timestamp() if isinstance(start, datetime) else midnight_before(start),
        finish.timestamp() if isinstance(finish, datetime) else midnight_after(finish),
    )


def _edge(value: str, prefix: str) -> date:
    """One end of the range: a day, or a UK local time with its offset."""
    parsed = day(value[2:]) or uk_moment(value[2:])
    if not value.startswith(prefix) or parsed is None:
        raise refuse("INVALID_PARAMETER", f"{prefix} and a date, or a UK local time with its offset, is needed")
    return parsed


def _as_day(edge: date) -> date:
    return edge.date() if isinstance(edge, datetime) else edge


def _with_includes(request: web.Request, practice: Practice, rows: list[sqlite3.Row]) -> list[dict[str, Any]]:
    """The slots, then each thing that they refer to once, as far as it was asked for."""
    if not rows:
        return []
    wanted = request.query.getall("_include:recurse", [])
    sessions = {row["session_id"]: row for row in reversed(rows)}
    entries = [resources.slot(row) for row in rows]
    entries += [resources.schedule(row) for row in sessions.values()]
    if "Schedule:actor:Practitioner" in wanted:
        people = {row["clinician_id"]: row for row in sessions.values() if row["clinician_id"] is not None}
        entries += [resources.practitioner(n, row["clinician"], row["gender"]) for n, row in people.items()]
    if "Schedule:actor:Location" in wanted:
        places = {row["location_id"]: row for row in sessions.values()}
        entries += [resources.location(n, row["location"], practice.ods, row["address"]) for n, row in places.items()]
    return [*entries, resources.organisation(practice)]
