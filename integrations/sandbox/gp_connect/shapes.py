"""The shape that an Appointment must have before anything of it is read (gp-connect#booking): FHIR's and the profile's.

A shape is a pattern for a text, an object with the shapes of its members, or a list with the shape of its items. What
else an object has is not looked at here.
"""

import re
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.gp_connect import resources
from integrations.sandbox.gp_connect.answers import STRUCTURE, refuse

TEXT, ANY_TEXT = re.compile(r".+", re.DOTALL), re.compile(r".*", re.DOTALL)
_STATUS = re.compile(r"accepted|declined|tentative|needs-action")
_CONTACT = re.compile(r"phone|fax|email|pager|url|sms|other")


def _exactly(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))


@dataclass(frozen=True, slots=True)
class Maybe:
    """A member that may be missing."""

    shape: Any


def _meta(profile: str) -> dict[str, Any]:
    return {"profile": [_exactly(STRUCTURE + profile)]}


CODING = {"system": _exactly(resources.ORGANISATION_TYPE), "code": TEXT}
ORGANISATION = {
    "resourceType": _exactly("Organization"),
    "id": TEXT,
    "meta": _meta("CareConnect-GPC-Organization-1"),
    "identifier": [{"system": _exactly(resources.ODS_CODE), "value": TEXT}],
    "type": Maybe([{"coding": [CODING]}]),
    "name": TEXT,
    "telecom": [{"system": _CONTACT, "value": TEXT}],
}
APPOINTMENT = {
    "resourceType": _exactly("Appointment"),
    "meta": _meta("GPConnect-Appointment-1"),
    "contained": [ORGANISATION],
    "extension": [{"url": TEXT, "valueString": Maybe(ANY_TEXT)}],
    "status": TEXT,
    "description": TEXT,
    "comment": Maybe(ANY_TEXT),
    "start": TEXT,
    "end": TEXT,
    "slot": [{"reference": TEXT}],
    "created": TEXT,
    "participant": [{"actor": {"reference": TEXT}, "status": _STATUS}],
}


def check_appointment(body: dict[str, Any]) -> None:
    """Raises Refusal for what is no Appointment of the profile, whatever is to become of it."""
    if wrong := _wrong(body, APPOINTMENT, "Appointment"):
        raise refuse("INVALID_RESOURCE", f"{wrong} is missing or is not what it must be")
    for name, most in (("contained", 1), ("type", 1)):
        items = body["contained"] if name == "contained" else body["contained"][0].get("type", [])
        if len(items) > most:
            raise refuse("INVALID_RESOURCE", f"there is more than one {name}")
    actors = [participant["actor"]["reference"].partition("/")[0] for participant in body["participant"]]
    if any(actors.count(kind) != 1 for kind in ("Patient", "Location")):
        raise refuse("INVALID_RESOURCE", "exactly one patient and one location must take part")
    for extension in body["extension"]:
        if extension["url"] == resources.BOOKING_ORGANISATION:
            reference = {"url": TEXT, "valueReference": {"reference": re.compile(r"#.+")}}
            if set(extension) != set(reference) or _wrong(extension, reference, "extension"):
                raise refuse("INVALID_RESOURCE", "the booking organisation is not referred to")


def _wrong(value: Any, shape: Any, where: str) -> str:
    """Where a value is not of a shape; empty where it is."""
    if isinstance(shape, re.Pattern):
        return "" if isinstance(value, str) and shape.fullmatch(value) else where
    if isinstance(shape, list):
        if not isinstance(value, list) or not value:
            return where
        return next((wrong for item in value if (wrong := _wrong(item, shape[0], where))), "")
    if not isinstance(value, dict):
        return where
    for name, inner in shape.items():
        if isinstance(inner, Maybe) and name not in value:
            continue
        inner = inner.shape if isinstance(inner, Maybe) else inner
        if wrong := _wrong(value.get(name), inner, f"{where}.{name}"):
            return wrong
    return ""
