"""Odd answers that real providers give (gp-connect#odd-answers), on demand: each is a fault of its own kind.

A kind may be asked for at `gp_connect.slots`, `gp_connect.patient`, `gp_connect.appointments` or
`gp_connect.appointment`. It changes the first resource that it fits, or with `code` the one of that id; `all` in
`code` changes every one. The kinds of paging are asked for at the searches, most of them with `times` null.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from aiohttp import web
from yarl import URL

from integrations.sandbox.faults import Fault
from integrations.sandbox.gp_connect import resources
from integrations.sandbox.gp_connect.answers import bundle_of, resource
from integrations.sandbox.serving import BOOKS

Resource = dict[str, Any]
Change = Callable[[Resource], Resource | None]
"""A resource as it is sent instead; None leaves an entry without one."""

PAGE = 2
"""Resources on a page, where answers come in pages."""


def _without(name: str) -> Change:
    return lambda item: {key: value for key, value in item.items() if key != name}


def _with(**fields: object) -> Change:
    return lambda item: {**item, **fields}


def _retimed(change: Callable[[str], str]) -> Change:
    return lambda item: {**item, **{name: change(item[name]) for name in ("start", "end")}}


def _without_actor(kind: str) -> Change:
    return lambda item: {**item, "actor": [one for one in item["actor"] if not one["reference"].startswith(kind)]}


def _absolute(item: Resource) -> Resource:
    """References as a server writes them that gives its own address with them."""
    if isinstance(reference := item.get("reference"), str) and "://" not in reference and reference[:1] != "#":
        return {**item, "reference": f"https://provider.example.nhs.uk/STU3/1/gpconnect/{reference}"}
    return {name: _absolute_value(value) for name, value in item.items()}


def _absolute_value(value: object) -> object:
    if isinstance(value, list):
        return [_absolute_value(item) for item in value]
    return _absolute(value) if isinstance(value, dict) else value


def _with_reason(item: Resource) -> Resource:
    reason = {"url": resources.CANCELLATION_REASON, "valueString": "Said before"}
    return {**item, "extension": [*item.get("extension", []), reason]}


def _as_utc(time: str) -> str:
    return resources.moment(time).isoformat().replace("+00:00", "Z")


CHANGES: dict[str, tuple[str, Change]] = {
    "slot_without_start": ("Slot", _without("start")),
    "slot_without_end": ("Slot", _without("end")),
    "slot_without_id": ("Slot", _without("id")),
    "slot_without_session": ("Slot", _without("schedule")),
    "slot_without_channel": ("Slot", _without("extension")),
    "slot_of_no_length": ("Slot", lambda item: {**item, "end": item["start"]}),
    "slot_backwards": ("Slot", lambda item: {**item, "start": item["end"], "end": item["start"]}),
    "slot_of_other_type": ("Slot", _with(start=5, serviceType="Flu clinic")),
    "slot_without_offset": ("Slot", _retimed(lambda time: time[:19])),
    "slot_in_utc": ("Slot", _retimed(_as_utc)),
    "slot_with_fraction": ("Slot", _retimed(lambda time: f"{time[:19]}.000{time[19:]}")),
    "session_missing": ("Schedule", lambda item: None),
    "session_without_place": ("Schedule", _without_actor("Location/")),
    "place_missing": ("Location", _with(resourceType="Basic")),
    "clinician_without_name": ("Practitioner", _without("name")),
    "clinician_missing": ("Practitioner", lambda item: None),
    "absolute_references": ("", _absolute),
    "unknown_type": ("Organization", _with(resourceType="Spaceship")),
    "patient_without_number": ("Patient", _without("identifier")),
    "patient_without_name": ("Patient", _without("name")),
    "appointment_without_start": ("Appointment", _without("start")),
    "appointment_without_status": ("Appointment", _without("status")),
    "appointment_without_slot": ("Appointment", _without("slot")),
    "appointment_without_version": ("Appointment", lambda item: {**item, "meta": {"profile": item["meta"]["profile"]}}),
    "appointment_with_reason": ("Appointment", _with_reason),
}
"""What is odd: the type of resource that it fits (empty: any), and what is sent in its place."""

ENTRIES: dict[str, Any] = {
    "entry_without_resource": {"search": {"mode": "match"}},
    "entry_of_nothing": None,
    "remark": {"resource": resources.outcome("information", "Some criteria were ignored")},
    "entry_of_error": {"resource": resources.outcome("error", "One resource could not be shown")},
}
"""Entries that come before all others."""

PAGED = ("paged", "paged_relative", "paged_elsewhere", "paged_in_a_circle", "paged_without_end")


def searched(request: web.Request, target: str, found: list[Resource]) -> web.Response:
    """The answer to a search, with whatever is to be odd about it."""
    faults = request.app[BOOKS].faults
    if not faults.any_for(target):
        return resource(bundle_of([{"resource": item} for item in found]))
    facts = dict(request.match_info)
    for kind in CHANGES:
        if fault := faults.take(target, {kind}, facts):
            found = _changed(kind, fault, found)
    entries: list[Any] = [{"resource": item} if item else {} for item in found]
    for kind, entry in ENTRIES.items():
        if faults.take(target, {kind}, facts):
            entries.insert(0, entry)
    if fault := faults.take(target, {"twice"}, facts):
        entries.append(deepcopy(next(entry for entry in entries if entry)))
    paged = faults.take(target, PAGED, facts)
    return resource(_page(request, entries, paged.kind) if paged else bundle_of(entries))


def read(request: web.Request, target: str, one: Resource) -> web.Response:
    """The answer to a read of one resource, with whatever is to be odd about it."""
    faults, version = request.app[BOOKS].faults, one["meta"]["versionId"]
    for kind in CHANGES:
        if fault := faults.take(target, {kind}):
            one = _changed(kind, fault, [one])[0] or {}
    return resource(one, ETag=f'W/"{version}"')


def _changed(kind: str, fault: Fault, found: list[Resource]) -> list[Resource]:
    fitting, change = CHANGES[kind]
    changed = []
    is_done = False
    for item in found:
        fits = fitting in ("", item.get("resourceType")) and fault.code in (None, "all", item.get("id"))
        if fits and (fault.code == "all" or fitting == "" or not is_done):
            is_done = True
            changed.append(change(item) or {})
        else:
            changed.append(item)
    return changed


def _page(request: web.Request, entries: list[Any], kind: str) -> Resource:
    """One page of an answer: which one is in the address, `_page`."""
    number = int(request.query.get("_page", "0"))
    rest = entries[number * PAGE :]
    following = 0 if kind == "paged_in_a_circle" else number + 1
    # The provider's own address, as it is behind a proxy.
    own = URL(str(request.url)).with_path(f"/gpconnect/{request.path.partition('/gpconnect/')[2]}", keep_query=True)
    address = own.update_query(_page=str(following))
    if kind == "paged_elsewhere":
        address = address.with_host("elsewhere.example.nhs.uk")
    has_more = len(rest) > PAGE or kind in ("paged_in_a_circle", "paged_without_end")
    url = f"Slot?{address.raw_query_string}" if kind == "paged_relative" else str(address)
    links = [{"relation": "self", "url": str(own)}, *([{"relation": "next", "url": url}] if has_more else [])]
    return {**bundle_of(rest[:PAGE]), "link": links}
