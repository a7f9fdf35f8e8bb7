"""What a provider says about itself: its capability statement and its locations."""

from aiohttp import web

from integrations.sandbox.gp_connect import resources
from integrations.sandbox.gp_connect.admission import admit
from integrations.sandbox.gp_connect.answers import not_there, proxy_error, resource
from integrations.sandbox.serving import BOOKS, served

STATEMENT = {
    "resourceType": "CapabilityStatement",
    "version": "1.2.9",
    "status": "active",
    "date": "2024-01-09",
    "kind": "instance",
    "fhirVersion": "3.0.1",
    "acceptUnknown": "no",
    "format": ["application/fhir+json"],
}


@served("gp_connect.metadata", proxy_error)
async def metadata(request: web.Request) -> web.Response:
    """GET /metadata: the CapabilityStatement."""
    admit(request, "read:metadata-1")
    return resource(STATEMENT)


@served("gp_connect.location", proxy_error)
async def read_location(request: web.Request) -> web.Response:
    """GET /Location/{id}: where a session is held."""
    practice, _ = admit(request, "read:location-1")
    sql = "SELECT id, name, address FROM locations WHERE ods = ? AND id = ?"
    row = request.app[BOOKS].store.row(sql, practice.ods, request.match_info["id"])
    if row is None:
        raise not_there(request.app[BOOKS], "location", request.match_info["id"])
    return resource(resources.location(row["id"], row["name"], practice.ods, row["address"]))
