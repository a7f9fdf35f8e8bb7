"""Who may call: the headers, the practice's capability and the token (gp-connect#calls, gp-connect#token)."""

import base64
import json
import re
from typing import Any

from aiohttp import web

from integrations.sandbox.clinic import Practice
from integrations.sandbox.gp_connect.answers import refuse, refuse_at_proxy
from integrations.sandbox.serving import BOOKS

PREFIX = "urn:nhs:names:services:gpconnect:fhir:rest:"
TRACE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TOKEN_SECONDS = 300
# A caller's clock may be this far ahead of ours.
SKEW_SECONDS = 60
PARTS = {
    "requesting_device": "Device",
    "requesting_organization": "Organization",
    "requesting_practitioner": "Practitioner",
}
# The scope that goes with each interaction; everything else is `patient/*.read`.
SCOPES = {
    "read:metadata-1": "organization/*.read",
    "search:slot-1": "organization/*.read",
    "read:location-1": "organization/*.read",
    "create:appointment-1": "patient/*.write",
    "update:appointment-1": "patient/*.write",
    "cancel:appointment-1": "patient/*.write",
}


def admit(request: web.Request, *interactions: str) -> tuple[Practice, str]:
    """The practice called, and which of the interactions allowed here was named. Raises Refusal."""
    for name in ("Ssp-TraceID", "Ssp-From", "Ssp-To", "Ssp-InteractionID"):
        if not request.headers.get(name):
            raise refuse("BAD_REQUEST", f"header {name} is missing")
    if not TRACE.fullmatch(request.headers["Ssp-TraceID"]):
        raise refuse("BAD_REQUEST", "the trace id is not a GUID")
    interaction = request.headers["Ssp-InteractionID"].removeprefix(PREFIX)
    if interaction not in interactions:
        raise refuse("BAD_REQUEST", "the interaction id does not belong to this path and method")
    _check_media(request)
    practice = request.app[BOOKS].clinic.practice(request.match_info["ods"])
    if practice is None:
        raise refuse("ORGANISATION_NOT_FOUND")
    _check_route(request, practice)
    if not practice.enabled:
        raise refuse("ACCESS DENIED", "the capability is not enabled at this practice")
    _check_token(request, SCOPES.get(interaction, "patient/*.read"), practice)
    return practice, interaction


def _check_media(request: web.Request) -> None:
    known = {"application/fhir+json", "application/json", "*/*", ""}
    if request.headers.get("Accept", "").partition(";")[0] not in known:
        raise refuse_at_proxy(415, "UNSUPPORTED_MEDIA_TYPE")
    # A body is in UTF-8, and has to say so.
    if request.can_read_body and (request.content_type not in known or (request.charset or "").lower() != "utf-8"):
        raise refuse_at_proxy(415, "UNSUPPORTED_MEDIA_TYPE")
    if "|" in request.raw_path:
        raise refuse("BAD_REQUEST", "the query is not percent-encoded")


def _check_route(request: web.Request, practice: Practice) -> None:
    """What the proxy itself holds against the directory: the two ASIDs and the provider's address."""
    if request.headers["Ssp-To"] != practice.asid:
        raise refuse_at_proxy(403, "ASID_NOT_AUTHORISED")
    if practice.consumer_asid and request.headers["Ssp-From"] != practice.consumer_asid:
        raise refuse_at_proxy(403, "ASID_NOT_AUTHORISED")
    provider = request.match_info.get("provider")
    if provider is not None and provider.partition("://")[2] != request.host:
        raise refuse_at_proxy(400, "ENDPOINT_MISMATCH")


def _check_token(request: web.Request, scope: str, practice: Practice) -> None:
    claims = _claims(request.headers.get("Authorization", ""))
    now = request.app[BOOKS].clock.time()
    issued, expires = claims.get("iat"), claims.get("exp")
    if not (isinstance(issued, int) and isinstance(expires, int) and expires - issued == TOKEN_SECONDS):
        raise refuse("BAD_REQUEST", "exp is not iat + 300")
    if not issued - SKEW_SECONDS <= now < expires:
        raise refuse("BAD_REQUEST", "the token has expired or is not valid yet")
    if claims.get("reason_for_request") != "directcare" or claims.get("requested_scope") != scope:
        raise refuse("BAD_REQUEST", "reason_for_request or requested_scope is wrong")
    if not all(isinstance(claims.get(name), str) and claims[name] for name in ("iss", "sub", "aud")):
        raise refuse("BAD_REQUEST", "iss, sub or aud is missing")
    if not claims["aud"].endswith(f"/gpconnect/{practice.ods}/STU3/1/gpconnect"):
        raise refuse("BAD_REQUEST", "aud is another provider")
    _check_parts(claims)


def _claims(header: str) -> dict[str, Any]:
    scheme, _, token = header.partition(" ")
    parts = token.split(".")
    if scheme != "Bearer" or len(parts) != 3 or parts[2]:
        raise refuse("BAD_REQUEST", "the token is not an unsigned JWT with its trailing dot")
    head, payload = _decoded(parts[0]), _decoded(parts[1])
    if head.get("alg") != "none":
        raise refuse("BAD_REQUEST", "the token must be unsigned")
    return payload


def _decoded(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError as error:
        raise refuse("BAD_REQUEST", "the token is not JSON") from error
    if not isinstance(value, dict):
        raise refuse("BAD_REQUEST", "the token is not a JSON object")
    return value


def _check_parts(claims: dict[str, Any]) -> None:
    """The three resources inside the token: of the right type (400), and complete (422)."""
    for name, kind in PARTS.items():
        part = claims.get(name)
        if not isinstance(part, dict) or part.get("resourceType") != kind:
            raise refuse("BAD_REQUEST", f"{name} is not a {kind}")
        if not part.get("identifier"):
            raise refuse("INVALID_RESOURCE", f"{name} has no identifier")
    practitioner = claims["requesting_practitioner"]
    if practitioner.get("id") != claims["sub"]:
        raise refuse("BAD_REQUEST", "sub is not the practitioner's id")
    if not practitioner.get("name") or len(practitioner["identifier"]) < 3:
        raise refuse("INVALID_RESOURCE", "requesting_practitioner is not a named person")
