"""Patients and their appointments (gp-connect#patients, gp-connect#appointments)."""

from datetime import date

from aiohttp import web
from stdnum.gb import nhs

from integrations.sandbox.books import local
from integrations.sandbox.clinic import Patient, Practice
from integrations.sandbox.gp_connect import odd, resources
from integrations.sandbox.gp_connect.admission import admit
from integrations.sandbox.gp_connect.answers import proxy_error, refuse, resource
from integrations.sandbox.gp_connect.dates import day, midnight_after, midnight_before
from integrations.sandbox.serving import BOOKS, served


@served("gp_connect.patient", proxy_error)
async def search(request: web.Request) -> web.Response:
    """GET /Patient?identifier=: an empty bundle for everybody who must not be shown."""
    practice, _ = admit(request, "search:patient-1")
    number = _nhs_number(request)
    matches = [p for p in request.app[BOOKS].clinic.patients(practice.ods, number) if p.shown]
    return odd.searched(request, "gp_connect.patient", [resources.patient(p, practice.ods) for p in matches])


@served("gp_connect.read_patient", proxy_error)
async def read(request: web.Request) -> web.Response:
    """GET /Patient/{id}: the patient's demographics."""
    practice, _ = admit(request, "read:patient-1")
    return resource(resources.patient(_patient(request, practice), practice.ods))


@served("gp_connect.appointments", proxy_error)
async def appointments(request: web.Request) -> web.Response:
    """GET /Patient/{id}/Appointment: from today on, cancelled ones too."""
    practice, _ = admit(request, "search:patient_appointments-1")
    patient = _patient(request, practice)
    clinic, today = request.app[BOOKS].clinic, local(request.app[BOOKS].clock.time()).date()
    first, last = _range(request, today)
    matches = clinic.appointments(patient, midnight_before(first), midnight_after(last))
    return odd.searched(request, "gp_connect.appointments", [resources.appointment(one) for one in matches])


def _nhs_number(request: web.Request) -> str:
    identifiers = request.query.getall("identifier", [])
    if len(identifiers) != 1:
        raise refuse("BAD_REQUEST", "exactly one identifier is needed")
    system, bar, value = identifiers[0].partition("|")
    if not (bar and system.strip() and value.strip()):
        raise refuse("INVALID_PARAMETER", "identifier needs a system and a value")
    if system != resources.NHS_NUMBER:
        raise refuse("INVALID_IDENTIFIER_SYSTEM")
    if not (len(value) == 10 and nhs.is_valid(value)):
        raise refuse("INVALID_NHS_NUMBER")
    return value


def _patient(request: web.Request, practice: Practice) -> Patient:
    patient = request.app[BOOKS].clinic.patient(practice.ods, request.match_info["id"])
    if patient is None or not patient.shown:
        raise refuse("PATIENT_NOT_FOUND")
    return patient


def _range(request: web.Request, today: date) -> tuple[date, date]:
    """The days asked for: `start` twice, once `ge` and once `le`, dates only, none in the past."""
    values = {value[:2]: day(value[2:]) for value in request.query.getall("start", [])}
    if len(request.query.getall("start", [])) != 2 or set(values) != {"ge", "le"}:
        raise refuse("INVALID_PARAMETER", "start is needed twice: ge and le")
    first, last = values["ge"], values["le"]
    if first is None or last is None or first < today or last < first:
        raise refuse("INVALID_PARAMETER", "start must be two days in order, from today on")
    return first, last
