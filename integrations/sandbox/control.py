"""The sandbox's own controls, under /__control/: seed, faults, clock, and a look into the books."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from integrations.sandbox.books import Books, local
from integrations.sandbox.faults import Fault
from integrations.sandbox.notify.journeys import JOURNEYS
from integrations.sandbox.seeding import SeedError, seed
from integrations.sandbox.serving import BOOKS

DEFAULT_PARTS = ("appointments", "codes", "texts", "journal")


def routes(books: Books) -> list[web.RouteDef]:
    """The control's addresses, all below `/__control/`."""
    return [
        web.get("/__control/health", _health),
        web.post("/__control/reset", _reset),
        web.post("/__control/seed", _seed),
        web.post("/__control/faults", _add_fault),
        web.get("/__control/faults", _list_faults),
        web.delete("/__control/faults", _clear_faults),
        web.get("/__control/clock", _clock),
        web.post("/__control/clock", _set_clock),
        web.post("/__control/take", _take),
        web.post("/__control/remove-appointment", _remove_appointment),
        web.post("/__control/mark-appointment", _mark_appointment),
        web.post("/__control/gp-connect", _gp_connect),
        web.post("/__control/change-record", _change_record),
        web.post("/__control/app-read", _read),
        web.get("/__control/books", _books),
    ]


async def _health(request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def _reset(request: web.Request) -> web.Response:
    request.app[BOOKS].reset()
    return web.json_response({"ok": True})


async def _seed(request: web.Request) -> web.Response:
    try:
        return web.json_response(seed(request.app[BOOKS], await request.json()))
    except SeedError as error:
        return web.json_response({"error": str(error)}, status=400)


async def _add_fault(request: web.Request) -> web.Response:
    try:
        fault = Fault(**await request.json())
    except TypeError as error:
        return web.json_response({"error": str(error)}, status=400)
    request.app[BOOKS].faults.add(fault)
    return await _list_faults(request)


async def _list_faults(request: web.Request) -> web.Response:
    return web.json_response({"faults": request.app[BOOKS].faults.listed()})


async def _clear_faults(request: web.Request) -> web.Response:
    request.app[BOOKS].faults.clear()
    return await _list_faults(request)


async def _clock(request: web.Request) -> web.Response:
    clock = request.app[BOOKS].clock
    facts = {"offset_seconds": clock.offset_seconds, "rate": clock.rate, "since": clock.since}
    return web.json_response({"now": local(clock.time()).isoformat(), **facts})


async def _set_clock(request: web.Request) -> web.Response:
    """Move the clock, or let it run `rate` times as fast from the real time `since` on. What is not named stays."""
    clock, wanted = request.app[BOOKS].clock, await request.json()
    for name in ("offset_seconds", "rate", "since"):
        if name in wanted:
            setattr(clock, name, float(wanted[name]))
    return await _clock(request)


async def _take(request: web.Request) -> web.Response:
    """A receptionist takes a slot by hand."""
    taken = request.app[BOOKS].clinic.take(int((await request.json())["slot_id"]))
    return web.json_response({"taken": taken})


async def _remove_appointment(request: web.Request) -> web.Response:
    """Somebody at the practice deletes an appointment: its slot is free again, and nobody hears of it any more."""
    return web.json_response({"removed": request.app[BOOKS].clinic.remove(str((await request.json())["id"]))})


async def _mark_appointment(request: web.Request) -> web.Response:
    """Somebody at the practice notes that a patient came, or did not: `status` as FHIR names it."""
    wanted = await request.json()
    try:
        marked = request.app[BOOKS].clinic.mark(str(wanted["id"]), str(wanted["status"]))
    except (KeyError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=400)
    return web.json_response({"marked": marked})


async def _gp_connect(request: web.Request) -> web.Response:
    """Answer like the specification, or like the demonstrator (`like_demonstrator`) where the two differ."""
    books = request.app[BOOKS]
    books.like_demonstrator = bool((await request.json())["like_demonstrator"])
    return web.json_response({"like_demonstrator": books.like_demonstrator})


async def _change_record(request: web.Request) -> web.Response:
    """Somebody at the practice changes a patient's record: the columns of `patients`, by ODS code and NHS number."""
    wanted = await request.json()
    try:
        changed = request.app[BOOKS].clinic.change_record(wanted.pop("ods"), wanted.pop("nhs_number"), **wanted)
    except (KeyError, TypeError) as error:
        return web.json_response({"error": str(error)}, status=400)
    return web.json_response({"changed": changed})


async def _read(request: web.Request) -> web.Response:
    """A patient opens a message in the NHS App."""
    return web.json_response({"read": await request.app[JOURNEYS].read(str((await request.json())["id"]))})


async def _books(request: web.Request) -> web.Response:
    """The parts asked for by `?part=` (may be repeated), of one practice with `?ods=`."""
    books, ods = request.app[BOOKS], request.query.get("ods", "")
    wanted = request.query.getall("part", list(DEFAULT_PARTS))
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        return web.json_response({"error": f"no such part: {unknown[0]}", "parts": sorted(PARTS)}, status=400)
    return web.json_response({part: PARTS[part](books, ods) for part in wanted})


def _appointments(books: Books, ods: str) -> list[dict[str, Any]]:
    rows = books.store.rows(
        "SELECT a.*, p.nhs_number, json_extract(a.resource, '$.description') AS description FROM appointments a"
        " JOIN patients p ON p.id = a.patient_id WHERE ? IN ('', a.ods) ORDER BY a.id",
        ods,
    )
    return [_timed({name: row[name] for name in row.keys() if name != "resource"}) for row in rows]  # noqa: SIM118 (a Row iterates over values)


def _codes(books: Books, ods: str) -> list[dict[str, Any]]:
    rows = books.store.rows(
        "SELECT c.*, d.description_id, p.nhs_number FROM codes c JOIN patients p ON p.id = c.patient_id"
        " LEFT JOIN code_descriptions d USING (entry_id)"
        " WHERE ? IN ('', c.ods) ORDER BY c.rowid",
        ods,
    )
    return [dict(row) for row in rows]


def _slots(books: Books, ods: str) -> list[dict[str, Any]]:
    rows = books.store.rows("SELECT * FROM slots WHERE ? IN ('', ods) ORDER BY start, id", ods)
    return [_timed(dict(row)) for row in rows]


def _patients(books: Books, ods: str) -> list[dict[str, Any]]:
    return [dict(row) for row in books.store.rows("SELECT * FROM patients WHERE ? IN ('', ods) ORDER BY id", ods)]


def _texts(books: Books, ods: str) -> list[dict[str, Any]]:
    return [asdict(text) for text in reversed(books.texts.find(limit=1_000_000))]


def _notices(books: Books, ods: str) -> list[dict[str, Any]]:
    return [asdict(notice) for notice in books.notices.all(ods)]


def _journal(books: Books, ods: str) -> list[dict[str, Any]]:
    return [entry for entry in books.journal() if ods in ("", entry["ods"])]


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its times written as UK local times."""
    return {**row, "start": local(row["start"]).isoformat(), "finish": local(row["finish"]).isoformat()}


PARTS: dict[str, Callable[[Books, str], list[dict[str, Any]]]] = {
    "appointments": _appointments,
    "codes": _codes,
    "texts": _texts,
    "notices": _notices,
    "journal": _journal,
    "slots": _slots,
    "patients": _patients,
}
