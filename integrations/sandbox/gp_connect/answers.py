"""Answers in FHIR: resources, bundles and errors (gp-connect#refusals)."""

import json
from typing import Any

from aiohttp import web

from integrations.sandbox.books import Books
from integrations.sandbox.serving import Refusal

CONTENT_TYPE = "application/fhir+json"
SPINE_SYSTEM = "https://fhir.nhs.uk/STU3/ValueSet/Spine-ErrorOrWarningCode-1"
SSP_SYSTEM = "http://fhir.nhs.net/ValueSet/gpconnect-schedule-response-code-1-0"
STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition/"

SPINE_CODES = {
    "INVALID_IDENTIFIER_SYSTEM": (400, "value", "Invalid identifier system"),
    "INVALID_IDENTIFIER_VALUE": (400, "value", "Invalid identifier value"),
    "INVALID_NHS_NUMBER": (400, "value", "NHS number invalid"),
    "INVALID_PATIENT_DEMOGRAPHICS": (400, "business-rule", "Demographics do not match"),
    "BAD_REQUEST": (400, "invalid", "Bad request"),
    "NO_PATIENT_CONSENT": (403, "forbidden", "Patient has not consented"),
    "NO_ORGANISATION_CONSENT": (403, "forbidden", "Organisation has not consented"),
    "ACCESS DENIED": (403, "forbidden", "Access has been denied to process this request"),
    "ORGANISATION_NOT_FOUND": (404, "not-found", "Organisation record not found"),
    "PATIENT_NOT_FOUND": (404, "not-found", "Patient record not found"),
    "PRACTITIONER_NOT_FOUND": (404, "not-found", "Practitioner record not found"),
    "NO_RECORD_FOUND": (404, "not-found", "No record found"),
    "DUPLICATE_REJECTED": (409, "duplicate", "Create would make a duplicate resource"),
    "FHIR_CONSTRAINT_VIOLATION": (409, "conflict", "FHIR constraint violated"),
    "INVALID_RESOURCE": (422, "invalid", "Resource failed validation"),
    "INVALID_PARAMETER": (422, "invalid", "Parameter is not usable"),
    "REFERENCE_NOT_FOUND": (422, "invalid", "Referenced resource not found"),
    "NOT_IMPLEMENTED": (501, "not-supported", "Not implemented"),
    "INTERNAL_SERVER_ERROR": (500, "processing", "Unexpected internal server error"),
}


def resource(body: dict[str, Any], status: int = 200, **headers: str) -> web.Response:
    """An answer that is one resource; its version is the ETag."""
    version = body.get("meta", {}).get("versionId")
    sent = {"Cache-Control": "no-store", **headers}
    if version is not None:
        sent["ETag"] = f'W/"{version}"'
    return web.Response(body=json.dumps(body), status=status, content_type=CONTENT_TYPE, charset="utf-8", headers=sent)


def bundle_of(entries: list[Any]) -> dict[str, Any]:
    """A searchset of these entries; without any when nothing was found."""
    return {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {})}


def refuse(code: str, diagnostics: str = "", status: int = 0) -> Refusal:
    """The refusal for a Spine code, to be raised; with another status than is usual for it where one is given."""
    usual, issue, display = SPINE_CODES[code]
    status = status or usual
    return Refusal(_outcome(status, issue, SPINE_SYSTEM, code, display, diagnostics or display))


def not_there(books: Books, kind: str, number: str) -> Refusal:
    """The refusal of an address at which nothing is, as the specification or the demonstrator has it."""
    diagnostics = f"No {kind} details found for ID: {number}"
    if books.like_demonstrator:
        return refuse("REFERENCE_NOT_FOUND", diagnostics, status=404)
    return refuse("NO_RECORD_FOUND", diagnostics)


def bad_reference(books: Books, reference: str) -> Refusal:
    """The refusal of a reference to what is not there, as the specification or the demonstrator has it."""
    if not books.like_demonstrator:
        return refuse("REFERENCE_NOT_FOUND", f"{reference} was not found")
    kind, _, number = reference.partition("/")
    words = "resource reference value" if kind == "Slot" else "resource reference"
    return refuse("INVALID_RESOURCE", f"{kind} {words} {number} is not a valid resource.")


def proxy_error(status: int | None, code: str | None) -> web.Response:
    """The Spine Secure Proxy's own error, or the provider's when `code` is one of its codes."""
    if code in SPINE_CODES:
        known, issue, display = SPINE_CODES[code]
        return _outcome(status or known, issue, SPINE_SYSTEM, code, display, display)
    status = status or 502
    return _outcome(status, "processing", SSP_SYSTEM, code or "INTERNAL_SERVER_ERROR", "Proxy error", f"HTTP {status}")


def refuse_at_proxy(status: int, code: str) -> Refusal:
    """The proxy's refusal, to be raised."""
    return Refusal(proxy_error(status, code))


def _outcome(status: int, issue: str, system: str, code: str, display: str, diagnostics: str) -> web.Response:
    body = {
        "resourceType": "OperationOutcome",
        "meta": {"profile": [STRUCTURE + "GPConnect-OperationOutcome-1"]},
        "issue": [
            {
                "severity": "error",
                "code": issue,
                "details": {"coding": [{"system": system, "code": code, "display": display}]},
                "diagnostics": diagnostics,
            }
        ],
    }
    return resource(body, status)
