"""A stand-in record gateway (record-gateway#contract): one contract in front of EMIS's and SystmOne's interfaces.

It is not an EMIS or TPP contract. `docs/gateway/openapi.yaml` describes it, and the tests hold every answer to that.
"""

from aiohttp import web
from stdnum.gb import nhs

from integrations.sandbox.books import Books
from integrations.sandbox.gateway import codes as gateway_codes
from integrations.sandbox.gateway.rules import admit, answer, gateway_error, refuse
from integrations.sandbox.serving import BOOKS, served

BASE = "/gateway/{ods}/v1"
BEFORE_CAPABILITIES = "1.0"


def routes(books: Books) -> list[web.RouteDef]:
    """All calls of the contract."""
    return [
        web.get(f"{BASE}/health", _health),
        web.get(f"{BASE}/capabilities", _capabilities),
        web.get(f"{BASE}/patients", _patient),
        web.post(f"{BASE}/patients/{{id}}/codes", gateway_codes.file),
        web.get(f"{BASE}/patients/{{id}}/codes", gateway_codes.read),
    ]


@served("gateway.health", gateway_error)
async def _health(request: web.Request) -> web.Response:
    return answer({"system": admit(request).system, "version": "1", "ok": True})


@served("gateway.capabilities", gateway_error)
async def _capabilities(request: web.Request) -> web.Response:
    practice = admit(request)
    if practice.contract == BEFORE_CAPABILITIES:
        raise refuse(404, "NO_SUCH_CALL")
    return answer(
        {
            "contract": practice.contract,
            "maps_local_codes": bool(practice.maps_local_codes),
            "takes_description_ids": True,
        }
    )


@served("gateway.patient", gateway_error)
async def _patient(request: web.Request) -> web.Response:
    practice = admit(request)
    number = request.query.get("nhs_number", "")
    if not (number.isascii() and number.isdigit() and nhs.is_valid(number)):
        raise refuse(422, "INVALID_NHS_NUMBER", "nhs_number is not an NHS number in ten digits")
    patients = request.app[BOOKS].clinic.patients(practice.ods, number)
    if not patients:
        raise refuse(404, "PATIENT_NOT_FOUND")
    if len(patients) > 1:
        raise refuse(409, "SEVERAL_PATIENTS")
    patient = patients[0]
    return answer(
        {
            "nhs_number": patient.nhs_number,
            "local_id": str(patient.id),
            "dob": patient.dob,
            "deceased": bool(patient.deceased),
            "active": not patient.inactive,
            "sensitive": bool(patient.sensitive),
        }
    )
