"""Reading FHIR carefully: each function takes whatever stands in an answer, and gives a value that can be relied upon.

What is missing, empty or of another type than promised is empty here; only what nobody can do without raises
ValueError.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from integrations.clinical.errors import ClinicalError, UnreadableAnswer

Resource = dict[str, Any]

LONGEST_TEXT = 200
_ID = re.compile(r"(?=[!-~]*[A-Za-z0-9])[!$&-.0-;=@-\[\]^_`a-~]{1,64}", re.ASCII)
_REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/([^/]+?)(?:/_history/[^/]+)?", re.DOTALL)


@contextmanager
def promised(error: type[ClinicalError] = UnreadableAnswer) -> Iterator[None]:
    """Turn whatever a malformed resource trips over into an error of the port, without the words of the resource."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as trouble:
        raise error(f"malformed resource: {type(trouble).__name__}") from None


def parsed(content: bytes) -> Resource | None:
    """The resource in a body of JSON; None for all else: a log-in page, a cut-off body, NaN, or nested too deep."""
    try:
        body = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and isinstance(body.get("resourceType"), str) else None


def _refuse(constant: str) -> None:
    """JSON has no NaN and no infinities."""
    raise ValueError(constant)


def text(value: object) -> str:
    """A text as it may be shown and stored: in one line, without what cannot be seen; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in value[:LONGEST_TEXT]).strip()


def texts(value: object) -> list[str]:
    """The texts of a list, or the one that stands in its place, without empty ones."""
    values = value if isinstance(value, list) else [value]
    return [written for written in map(text, values) if written]


def part(resource: Resource, name: str) -> Resource:
    """An object inside a resource; empty where there is none."""
    value = resource.get(name)
    return value if isinstance(value, dict) else {}


def parts(resource: Resource, name: str) -> list[Resource]:
    """The objects of a list inside a resource, without whatever else stands there."""
    value = resource.get(name)
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def resource_id(resource: Resource) -> str:
    """The resource's id, as it can stand in an address and in a reference. Raises ValueError without one."""
    value = resource.get("id")
    if not (isinstance(value, str) and _ID.fullmatch(value)):
        raise ValueError("no usable id")
    return value


def reference(value: object) -> str:
    """What a reference names, such as Slot/1584, however it is written: relative, absolute or with a version.

    Empty for one that names nothing on the server, and for anything else.
    """
    written = value.get("reference") if isinstance(value, dict) else None
    match = _REFERENCE.fullmatch(written.strip()) if isinstance(written, str) else None
    return f"{match[1]}/{match[2]}" if match and _ID.fullmatch(match[2]) else ""


def concept(value: object) -> str:
    """A CodeableConcept in words: its text, or else the first of its codings that has any."""
    if not isinstance(value, dict):
        return ""
    displays = (text(coding.get("display")) for coding in parts(value, "coding"))
    return text(value.get("text")) or next(filter(None, displays), "")


def extensions(resource: Resource, url: str) -> list[Resource]:
    """The extensions of a resource by their address."""
    return [item for item in parts(resource, "extension") if item.get("url") == url]


def moment(value: object) -> datetime:
    """A time in UTC. One without an offset could be an hour out: it is refused with ValueError, as all else is."""
    if not isinstance(value, str):
        raise ValueError("no time")
    try:
        read = datetime.fromisoformat(value.strip())
        if read.tzinfo is None:
            raise ValueError("no offset")
        return read.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def day(value: object) -> date | None:
    """A whole date; a record may hold only a year, or none."""
    try:
        return date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def human_name(resource: Resource) -> Resource:
    """The name to go by: the official one, or else the first; empty where there is none."""
    names = parts(resource, "name")
    return next((name for name in names if name.get("use") == "official"), names[0] if names else {})
