"""Whatever a provider answers, an adapter gives values or a typed error, and whole slots stay (gp-connect#odd-answers).

Bundles that are well-formed are changed at random: fields dropped, emptied, doubled and given other types; entries
added, taken away and mixed; times with every kind of offset.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import fields
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clinical.calls import Response
from integrations.clinical.errors import ClinicalError
from integrations.clinical.gp_connect import GpConnect, reading
from integrations.clinical.gp_connect.transport import Interaction, Transport
from integrations.clinical.port import Appointment, PatientDetails, Slot, left_out_of
from tests.integrations.clinical.test_reading import LOCATION, PATIENT, SCHEDULE, SLOT, bundle
from tests.integrations.clinical.test_token import CONNECTION
from tests.integrations.clinical.world import ACTOR, ASHA, day, today

TIMES = ("T09:00:00Z", "T09:00:00+01:00", "T09:00:00.125+01:00", "T09:00:00", "T09:00:00-11:30", "", "T25:00:00Z")
START, END = f"{day(2)}T09:00:00+01:00", f"{day(2)}T09:05:00+01:00"
FREE: dict[str, Any] = {**SLOT, "start": START, "end": END}
MADE: dict[str, Any] = {
    "resourceType": "Appointment",
    "id": "9",
    "meta": {"versionId": "3"},
    "status": "booked",
    "slot": [{"reference": "Slot/1584"}],
    "start": START,
    "end": END,
    "extension": [{"url": "https://example.com", "valueString": "x"}],
}
PERSON = {"resourceType": "Practitioner", "id": "2", "name": [{"family": "Black", "given": ["Sara"]}]}
SESSION = {**SCHEDULE, "actor": [{"reference": "Location/17"}, {"reference": "Practitioner/2"}]}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "details": {"coding": [{"code": "X"}]}}]}

STRANGE: list[Any] = [None, {}, 5, {"resource": None}, {"resource": OUTCOME}, {"resource": {}}, []]
CALLS: list[Callable[[GpConnect], object]] = [
    lambda client: client.find_patient(ASHA),
    lambda client: client.slot_types(today(), day(1)),
    lambda client: client.cancel("9", "x"),
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True),
    st.text(max_size=5),
    st.sampled_from(["", "..", "a/b", "\x00", "\ud800", "Slot/", "https://x.example/Location/17", "0001-01-01T00:00Z"]),
    st.builds(lambda time: f"{day(2)}{time}", st.sampled_from(TIMES)),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside a value: what holds it, and under which key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from places(inner)


@st.composite
def mutated(draw: st.DrawFn, *resources: dict[str, Any]) -> bytes:
    """An answer: these resources in a bundle, with some places changed, as bytes."""
    body = deepcopy(bundle(*resources))
    for _ in range(draw(st.integers(0, 4))):
        inside = list(places(body))
        if not inside:
            break
        holder, key = draw(st.sampled_from(inside))
        how = draw(st.sampled_from(["drop", "replace", "double", "wrap"]))
        if how == "drop":
            del holder[key]
        elif how == "replace":
            holder[key] = draw(values)
        else:
            holder[key] = [holder[key], deepcopy(holder[key])] if how == "double" else {"value": holder[key]}
    if isinstance(body.get("entry"), list):
        for entry in draw(st.lists(st.sampled_from(STRANGE), max_size=2)):
            body["entry"].insert(draw(st.integers(0, len(body["entry"]))), entry)
    return json.dumps(body).encode()


class Answers:
    """Stands where `Calls` stands: every call gets the same bytes with the same status."""

    def __init__(self, content: bytes, status: int = 200) -> None:
        self.content, self.status = content, status

    def get(self, url: str, headers: Any, read_seconds: float = 0) -> Response:
        assert url.startswith(CONNECTION.gp_connect_url)
        assert headers()["Authorization"]
        return Response(self.status, httpx.Headers(), self.content)

    def send(self, method: str, url: str, headers: Any, content: bytes, read_seconds: float = 0) -> Response:
        return self.get(url, headers)


def adapter(content: bytes, status: int = 200) -> GpConnect:
    return GpConnect(Answers(content, status), CONNECTION, ACTOR)  # type: ignore[arg-type] # it has what is called


def check(value: Slot | Appointment | PatientDetails) -> None:
    """A value can be relied upon: texts that can be stored, times that can be compared."""
    for field in fields(value):
        written = getattr(value, field.name)
        for text in written if isinstance(written, tuple) else (written,):
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()
            if isinstance(text, datetime):
                assert text.utcoffset() is not None


@given(mutated(FREE, {**FREE, "id": "1585"}, SESSION, LOCATION, PERSON))
def test_slots_are_values_or_a_typed_error(content: bytes) -> None:
    with suppress(ClinicalError):
        for slot in adapter(content).free_slots(today(), day(13), "Flu clinic"):
            check(slot)
            assert slot.end > slot.start
            assert slot.id
            assert slot.location_id


@given(st.data())
def test_what_is_wrong_with_one_slot_costs_no_other(data: st.DataObject) -> None:
    odd = deepcopy({**FREE, "id": "1585"})
    name = data.draw(st.sampled_from(sorted(set(odd) - {"resourceType", "id"})))
    if data.draw(st.booleans()):
        odd.pop(name)
    else:
        odd[name] = data.draw(values)
    answer = json.dumps(bundle(odd, FREE, SESSION, LOCATION, PERSON)).encode()
    try:
        listed = adapter(answer).free_slots(today(), day(13), "Flu clinic")
    except ClinicalError:
        assert b"NaN" in answer or b"Infinity" in answer  # which is no JSON, and no FHIR
        return
    assert "1584" in [slot.id for slot in listed]
    assert len(listed) + sum(left_out_of(listed).values()) <= 2


@given(mutated(PATIENT))
def test_patients_are_values_or_a_typed_error(content: bytes) -> None:
    with suppress(ClinicalError):
        found = adapter(content).find_patient(ASHA)
        check(found)
        assert found.nhs_number == ASHA


@given(mutated(MADE, {**MADE, "id": "10", "status": "cancelled"}))
def test_appointments_are_values_and_counts_or_a_typed_error(content: bytes) -> None:
    with suppress(ClinicalError):
        answers: Any = Answers(content)
        found = Transport(answers, CONNECTION, ACTOR).search(Interaction.PATIENT_APPOINTMENTS, ["Patient"], [])
        listed = reading.appointments(found)
        for appointment in listed:
            check(appointment)
        entries = json.loads(content).get("entry") or []
        if not listed and MADE["id"] in str(entries):
            # Nobody is told that there is none where something like one was in the answer.
            assert left_out_of(listed) or "Appointment" not in str(entries)


@given(mutated(MADE), st.sampled_from([200, 201, 302, 400, 404, 409, 410, 422, 500, 501]))
def test_writes_end_in_a_value_or_a_typed_error(content: bytes, status: int) -> None:
    resource = json.loads(content).get("entry")
    single = json.dumps(resource[0].get("resource") if resource and isinstance(resource[0], dict) else resource)
    with suppress(ClinicalError):
        adapter(single.encode(), status).cancel("9", "Cancelled by patient")
    with suppress(ClinicalError):
        adapter(content, status).cancel("9", "Cancelled by patient")


@given(st.binary(max_size=200) | st.text(max_size=50).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_bytes_of_any_kind_end_in_a_typed_error(content: bytes) -> None:
    for status in (200, 404, 422):
        for call in CALLS:
            with pytest.raises(ClinicalError):
                call(adapter(content, status))
