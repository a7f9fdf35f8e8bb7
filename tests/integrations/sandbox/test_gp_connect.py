"""The stand-in provider's rules on headers, tokens, patients and slots (gp-connect#calls)."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from integrations.sandbox.server import SandboxServer
from tests.integrations.sandbox.practice import ASHA, NHS_NUMBER, ODS, ODS_CODE, UNKNOWN, Caller, day, session, spine

FIND = f"?identifier={NHS_NUMBER}%7C{ASHA}"


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def caller(running: SandboxServer) -> Iterator[Caller]:
    made = Caller(running)
    with made.http:
        yield made


def resources(response: httpx.Response, kind: str) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return [item["resource"] for item in response.json().get("entry", []) if item["resource"]["resourceType"] == kind]


def test_a_patient_is_answered_with_version_and_no_store(caller: Caller) -> None:
    response = caller.find(FIND)
    assert response.headers["Content-Type"].startswith("application/fhir+json")
    assert response.headers["Cache-Control"] == "no-store"
    (patient,) = resources(response, "Patient")
    assert patient["identifier"][0]["value"] == ASHA
    assert patient["birthDate"] == "1958-03-09"
    assert "telecom" not in patient


@pytest.mark.parametrize("header", ["Ssp-TraceID", "Ssp-From", "Ssp-To", "Ssp-InteractionID"])
def test_every_proxy_header_is_needed(caller: Caller, header: str) -> None:
    assert spine(caller.find(FIND, headers={header: None})) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Ssp-InteractionID": "urn:nhs:names:services:gpconnect:fhir:rest:search:slot-1"}, (400, "BAD_REQUEST")),
        ({"Ssp-To": "1"}, (403, "ASID_NOT_AUTHORISED")),
        ({"Accept": "text/html"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        ({"Authorization": None}, (400, "BAD_REQUEST")),
        ({"Authorization": "Bearer a.b."}, (400, "BAD_REQUEST")),
        ({"Authorization": "Bearer e30.e30"}, (400, "BAD_REQUEST")),
        ({"Authorization": "Bearer e30.e30."}, (400, "BAD_REQUEST")),
        ({"Authorization": "Bearer e30.W10."}, (400, "BAD_REQUEST")),
    ],
)
def test_wrong_headers_are_refused(caller: Caller, headers: dict[str, str], expected: tuple[int, str]) -> None:
    assert spine(caller.find(FIND, headers=headers)) == expected


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iat": 1000, "exp": 1300}, (400, "BAD_REQUEST")),
        ({"exp": 9_999_999_999}, (400, "BAD_REQUEST")),
        ({"iat": None}, (400, "BAD_REQUEST")),
        ({"sub": "2"}, (400, "BAD_REQUEST")),
        ({"aud": "https://provider.example.nhs.uk/gpconnect/Y99999/STU3/1/gpconnect"}, (400, "BAD_REQUEST")),
        ({"reason_for_request": "secondaryuses"}, (400, "BAD_REQUEST")),
        ({"requested_scope": "patient/*.write"}, (400, "BAD_REQUEST")),
        ({"requesting_device": None}, (400, "BAD_REQUEST")),
        ({"requesting_device": {"resourceType": "Patient"}}, (400, "BAD_REQUEST")),
        ({"requesting_organization": {"resourceType": "Organization"}}, (422, "INVALID_RESOURCE")),
    ],
)
def test_wrong_tokens_are_refused(caller: Caller, claims: dict[str, Any], expected: tuple[int, str]) -> None:
    assert spine(caller.find(FIND, **claims)) == expected


def test_the_providers_own_clock_judges_a_token(caller: Caller) -> None:
    caller.sandbox.control("clock", {"offset_seconds": 301})
    assert spine(caller.find(FIND)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (400, "BAD_REQUEST")),
        (f"?Identifier={NHS_NUMBER}%7C{ASHA}", (400, "BAD_REQUEST")),
        (f"{FIND}&identifier={NHS_NUMBER}%7C{ASHA}", (400, "BAD_REQUEST")),
        (f"?identifier={ASHA}", (422, "INVALID_PARAMETER")),
        (f"?identifier=%7C{ASHA}", (422, "INVALID_PARAMETER")),
        (f"?identifier={NHS_NUMBER}%7C", (422, "INVALID_PARAMETER")),
        (f"?identifier=https://example.com%7C{ASHA}", (400, "INVALID_IDENTIFIER_SYSTEM")),
        (f"?identifier={NHS_NUMBER}%7C9990000019", (400, "INVALID_NHS_NUMBER")),
        (f"?identifier={NHS_NUMBER}%7C999%20000%200018", (400, "INVALID_NHS_NUMBER")),
    ],
)
def test_wrong_patient_searches_are_refused(caller: Caller, query: str, expected: tuple[int, str]) -> None:
    assert spine(caller.find(query)) == expected


def test_nobody_found_is_an_empty_bundle(caller: Caller) -> None:
    response = caller.find(f"?identifier={NHS_NUMBER}%7C{UNKNOWN}")
    assert (response.status_code, "entry" in response.json()) == (200, False)


def test_an_unknown_practice_is_not_found(caller: Caller) -> None:
    caller.sandbox.control("reset", {})
    assert spine(caller.find(FIND)) == (404, "ORGANISATION_NOT_FOUND")


def test_slots_come_with_what_was_asked_for(caller: Caller) -> None:
    plain = caller.search()
    assert len(resources(plain, "Slot")) == 3
    assert len(resources(plain, "Schedule")) == 1
    assert resources(plain, "Practitioner") == resources(plain, "Location") == []
    assert resources(plain, "Organization")[0]["identifier"][0]["value"] == ODS
    everything = caller.search(**{"_include:recurse": ["Schedule:actor:Practitioner", "Schedule:actor:Location"]})
    assert resources(everything, "Practitioner")[0]["name"][0]["family"] == "Black"
    assert resources(everything, "Location")[0]["name"] == "Main site"


def test_no_slots_is_a_bundle_without_entries(caller: Caller) -> None:
    assert "entry" not in caller.search(start=f"ge{day(3)}", end=f"le{day(4)}").json()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (lambda: {"start": None}, (400, "BAD_REQUEST")),
        (lambda: {"end": None}, (400, "BAD_REQUEST")),
        (lambda: {"status": None}, (400, "BAD_REQUEST")),
        (lambda: {"_include": None}, (400, "BAD_REQUEST")),
        (lambda: {"start": [f"ge{day(0)}", f"ge{day(1)}"]}, (400, "BAD_REQUEST")),
        (lambda: {"status": "busy"}, (422, "INVALID_PARAMETER")),
        (lambda: {"end": f"le{day(15)}"}, (422, "INVALID_PARAMETER")),
        (lambda: {"end": f"le{day(-1)}"}, (422, "INVALID_PARAMETER")),
        (lambda: {"start": f"gt{day(0)}"}, (422, "INVALID_PARAMETER")),
        (lambda: {"start": f"{day(0)}"}, (422, "INVALID_PARAMETER")),
        (lambda: {"start": f"le{day(0)}"}, (422, "INVALID_PARAMETER")),
        (lambda: {"end": f"ge{day(7)}"}, (422, "INVALID_PARAMETER")),
        (lambda: {"start": "ge2026-10"}, (422, "INVALID_PARAMETER")),
        (lambda: {"start": ""}, (422, "INVALID_PARAMETER")),
        (lambda: {"start": "ge2026-02-30"}, (422, "INVALID_PARAMETER")),
        (lambda: {"start": "ge2026-07-01T09:00:00+00:00", "end": "le2026-07-02"}, (422, "INVALID_PARAMETER")),
    ],
)
def test_wrong_slot_searches_are_refused(
    caller: Caller, changes: Callable[[], dict[str, Any]], expected: tuple[int, str]
) -> None:
    """The days are worked out as the test runs: a suite may be collected before midnight and run after it."""
    assert spine(caller.search(**changes())) == expected


@pytest.mark.parametrize("days", [0, 8, 14])
def test_two_weeks_are_the_longest_range(caller: Caller, days: int) -> None:
    assert caller.search(end=f"le{day(days)}").status_code == 200


def test_a_range_may_be_in_uk_times(caller: Caller) -> None:
    start = resources(caller.search(), "Slot")[1]["start"]
    slots = resources(caller.search(start=f"ge{start}", end=f"le{day(7)}"), "Slot")
    assert [item["start"] for item in slots][:1] == [start]
    assert len(slots) == 2


def test_organisation_filters_only_ever_add_slots(caller: Caller) -> None:
    start = f"{day(2)}T09:00:00"
    caller.sandbox.control(
        "seed",
        {
            "sessions": [
                session(start, count=1, only_ods=ODS),
                session(start, count=1, only_organisation_type="gp-practice"),
                session(start, count=1, only_ods="Y99999"),
            ]
        },
    )
    kind = "https://fhir.nhs.uk/STU3/CodeSystem/GPConnect-OrganisationType-1|gp-practice"
    counts = [
        len(resources(caller.search(start=f"ge{day(2)}", searchFilter=filters), "Slot"))
        for filters in ([], [kind], [f"{ODS_CODE}|{ODS}"], [kind, f"{ODS_CODE}|{ODS}"], ["https://example.com|x"])
    ]
    assert counts == [0, 1, 1, 2, 0]


def last_sunday(year: int, month: int) -> date:
    end = date(year, month, 31)
    return end - timedelta(days=(end.weekday() + 1) % 7)


@pytest.mark.parametrize(
    ("month", "starts"),
    [
        (3, ["00:30:00+00:00", "02:30:00+01:00", "03:30:00+01:00"]),
        (10, ["00:30:00+01:00", "01:30:00+01:00", "01:30:00+00:00"]),
    ],
)
def test_slots_keep_their_place_when_the_clocks_change(caller: Caller, month: int, starts: list[str]) -> None:
    sunday = last_sunday(day(0).year + 1, month)
    caller.sandbox.control("seed", {"sessions": [session(f"{sunday}T00:30:00", minutes=60)]})
    slots = resources(caller.search(start=f"ge{sunday}", end=f"le{sunday}"), "Slot")
    assert [item["start"] for item in slots] == [f"{sunday}T{start}" for start in starts]


def appointments(caller: Caller, query: str, patient_id: str = "") -> httpx.Response:
    path = f"/Patient/{patient_id or caller.patient_id()}/Appointment{query}"
    return caller.fhir("GET", path, "search:patient_appointments-1")


def test_a_patients_appointments_are_from_today_on(caller: Caller) -> None:
    assert caller.book(caller.appointment()).status_code == 201
    response = appointments(caller, f"?start=ge{day(0)}&start=le{day(90)}")
    assert len(resources(response, "Appointment")) == 1


def test_the_appointments_of_an_unknown_patient_are_not_found(caller: Caller) -> None:
    response = appointments(caller, f"?start=ge{day(0)}&start=le{day(1)}", "98765")
    assert spine(response) == (404, "PATIENT_NOT_FOUND")


@pytest.mark.parametrize(
    "query",
    [
        lambda: "",
        lambda: f"?start=ge{day(0)}",
        lambda: f"?start=ge{day(0)}&start=ge{day(1)}",
        lambda: f"?start=ge{day(-1)}&start=le{day(1)}",
        lambda: f"?start=ge{day(2)}&start=le{day(1)}",
        lambda: f"?start=ge{day(0)}T00:00:00%2B00:00&start=le{day(1)}",
    ],
    ids=["none", "one", "both ge", "past", "backwards", "a time"],
)
def test_wrong_ranges_of_appointments_are_refused(caller: Caller, query: Callable[[], str]) -> None:
    assert spine(appointments(caller, query())) == (422, "INVALID_PARAMETER")


def test_a_location_and_the_capability_statement_can_be_read(caller: Caller) -> None:
    location = caller.appointment()["participant"][1]["actor"]["reference"]
    read = caller.fhir("GET", f"/{location}", "read:location-1", "organization/*.read")
    assert read.json()["name"] == "Main site"
    stated = caller.fhir("GET", "/metadata", "read:metadata-1", "organization/*.read")
    assert stated.json()["resourceType"] == "CapabilityStatement"
