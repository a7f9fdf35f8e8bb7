"""A stand-in provider of GP Connect Appointment Management (FHIR STU3, gp-connect#calls), with its errors."""

from aiohttp import web

from integrations.sandbox.books import Books
from integrations.sandbox.gp_connect import appointments, organisations, patients, slots

BASES = (
    "/gpconnect/{ods}/STU3/1/gpconnect",
    # The same behind a Spine Secure Proxy, whose calls have the provider's whole address in their path.
    "/ssp/{provider:https?://[^/]+}/gpconnect/{ods}/STU3/1/gpconnect",
)


def routes(books: Books) -> list[web.RouteDef]:
    """All calls of the interface, straight to the provider and through the proxy."""
    return [
        route
        for base in BASES
        for route in (
            web.get(f"{base}/metadata", organisations.metadata),
            web.get(f"{base}/Location/{{id}}", organisations.read_location),
            web.get(f"{base}/Patient", patients.search),
            web.get(f"{base}/Patient/{{id}}", patients.read),
            web.get(f"{base}/Patient/{{id}}/Appointment", patients.appointments),
            web.get(f"{base}/Slot", slots.search),
            web.post(f"{base}/Appointment", appointments.book),
            web.get(f"{base}/Appointment/{{id}}", appointments.read),
            web.put(f"{base}/Appointment/{{id}}", appointments.change),
        )
    ]
