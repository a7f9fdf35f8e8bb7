"""Requests that a schema refuses: a right one with each of its parts in turn left out, emptied, or made another.

The sandbox must refuse each of them too, so that it is never more lenient than the world.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.conformance.exchange import Request
from tests.conformance.oracle import Oracle
from tests.conformance.samples import Path, replaced, without, written

FORM = "application/x-www-form-urlencoded"
OTHERS: tuple[Any, ...] = ("", None, 7, "nonsense", [], {})
"""What stands in the place of a member, one after the other."""


def spoiled(by: Oracle, request: Request) -> Iterator[tuple[str, Request]]:
    """Every request that differs from this one in one part and that the schema refuses, with what was done to it."""
    for name, other in (*_headers(by, request), *_query(request), *_body(request)):
        if by.request_faults(other):
            yield name, other


Dressing = Callable[[Request], Request]
"""Gives a request whatever must be new once the sandbox was put back, such as a token."""


def lenience(by: Oracle, request: Request, address: str, afresh: Callable[[], Dressing]) -> tuple[int, list[str]]:
    """How many spoiled requests were sent to an address, and which of them were not refused with 4xx.

    `afresh` puts the sandbox back, which is done after each request that was not refused. The request as it was must be
    taken in the end, or nothing is shown: raises AssertionError.
    """
    count, differences, dressed = 0, [], afresh()
    for name, other in spoiled(by, request):
        status = dressed(other).send(address).status_code
        count += 1
        if not 400 <= status < 500:
            differences.append(f"{by.operation(request)['operationId']} {name}: answered {status}")
            dressed = afresh()
    right = afresh()(request).send(address)
    assert right.status_code < 300, right.text
    return count, differences


def _headers(by: Oracle, request: Request) -> Iterator[tuple[str, Request]]:
    names = [p["name"] for p in by.operation(request).get("parameters", []) if p["in"] == "header"]
    for name in (name for name in names if request.header(name)):
        yield f"without header {name}", request.with_header(name, None)
        for value in ("", "nonsense", request.header(name) + "x"):
            yield f"header {name} is {value[:40]!r}", request.with_header(name, value)
    if request.body:
        yield "another content type", request.with_header("Content-Type", "text/plain")


def _query(request: Request) -> Iterator[tuple[str, Request]]:
    for place, (name, value) in enumerate(request.query):
        others = (*request.query[:place], *request.query[place + 1 :])
        yield f"without {name}={value}", replace(request, query=others)
        yield f"{name}={value} twice", replace(request, query=(*request.query, (name, value)))
        yield f"{name} in other letters", replace(request, query=(*others, (name.swapcase(), value)))
        for other in ("", "nonsense", value + "x", value[1:], value[2:], value.swapcase()):
            yield f"{name}={other[:60]}", replace(request, query=(*others, (name, other)))


def _body(request: Request) -> Iterator[tuple[str, Request]]:
    if not request.body:
        return
    yield "without a body", replace(request, body=b"")
    if request.header("Content-Type").startswith(FORM):
        form = parse_qsl(request.body.decode(), keep_blank_values=True)
        for place, (name, value) in enumerate(form):
            others = [*form[:place], *form[place + 1 :]]
            yield f"without {name}", replace(request, body=urlencode(others).encode())
            for other in ("", "nonsense", value * 100, value[1:]):
                yield f"{name}={other[:40]}", replace(request, body=urlencode([*others, (name, other)]).encode())
        return
    yield "no JSON", replace(request, body=b"nonsense")
    value = json.loads(request.body)
    for name, other in _members(value):
        yield name, replace(request, body=json.dumps(other).encode())


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    for path in paths(value):
        yield f"without {written(path)}", without(value, path)
        for other in OTHERS:
            yield f"{written(path)} is {other!r}", replaced(value, path, other)
        member = _at(value, path)
        if isinstance(member, dict):
            yield f"{written(path)} has more", replaced(value, path, {**member, "unexpected": "x"})
        if isinstance(member, list) and member:
            yield f"{written(path)} twice", replaced(value, path, [*member, member[0]])
        if isinstance(member, str):
            yield f"{written(path)} is longer", replaced(value, path, member + "x" * 600)
            yield f"{written(path)} is absolute", replaced(value, path, f"https://provider.example/{member}")
    yield "has more", {**value, "unexpected": "x"}
    yield "has a reason", {**value, "reason": [{"text": "x"}]}


def paths(value: Any, path: Path = ()) -> list[Path]:
    """The path of every member of a JSON value, at every depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [below for key, item in items for below in [(*path, key), *paths(item, (*path, key))]]


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value
