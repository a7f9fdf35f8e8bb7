"""Fills the books from one JSON object: practices, patients, sessions of slots, and who may send."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from stdnum.gb import nhs

from integrations.clinical.registry import SYSTEMS
from integrations.sandbox.books import LONDON, Books
from integrations.sandbox.notices import Client
from integrations.sandbox.texts import Account


class SeedError(Exception):
    """The seed cannot be used; the text says which part."""


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice. `local_codes` is what its EMIS dictionary knows: [{"scheme": "READ2", "value": "..."}].

    `maps_local_codes`: its record gateway finds local codes itself. `contract`: the version that the gateway speaks;
    one of 1.0 is older than capabilities, and knows no such call.
    """

    ods: str
    system: str
    name: str
    phone: str = "01632 960000"
    asid: str = "200000000999"
    consumer_asid: str = ""
    gateway_token: str = ""
    gp_connect_enabled: bool = True
    maps_local_codes: bool = False
    contract: str = "1.1"
    local_codes: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient of a practice, by its ODS code. `dob` is an ISO date."""

    ods: str
    nhs_number: str
    given: str
    family: str
    dob: str
    title: str = ""
    gender: str = "unknown"
    mobile: str = ""
    home_phone: str = ""
    deceased: bool = False
    inactive: bool = False
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One session: `count` slots one after the other. `start` is ISO; without an offset it is UK local time.

    `role` and `gender` are the clinician's; `address` is the location's, its lines with commas between them. The first
    session that names a clinician or a location says them.
    """

    ods: str
    name: str
    slot_type: str
    start: str
    minutes: int = 5
    count: int = 1
    clinician: str = ""
    role: str = ""
    gender: str = ""
    location: str = "Main site"
    address: str = ""
    delivery_channel: str = "In-person"
    bookable: bool = True
    only_organisation_type: str = ""
    only_ods: str = ""
    taken: bool = False


@dataclass(frozen=True, slots=True)
class AppUser:
    """A patient who has the NHS App, with its notifications or without."""

    ods: str
    nhs_number: str
    notifications: bool = True


def seed(books: Books, data: dict[str, Any]) -> dict[str, Any]:
    """Add everything, or nothing when something is wrong with it. Raises SeedError.

    Returns the numbers added, and for every session its first slot's id.
    """
    try:
        practices = [Practice(**item) for item in data.get("practices", [])]
        patients = [Patient(**item) for item in data.get("patients", [])]
        sessions = [Session(**item) for item in data.get("sessions", [])]
        accounts = [Account(**item) for item in data.get("accounts", [])]
        clients = [Client(**item) for item in data.get("notify_clients", [])]
        app_users = [AppUser(**item) for item in data.get("app_users", [])]
        incoming = {str(account): str(url) for account, url in data.get("incoming", {}).items()}
        with books.store.transaction():
            for account in accounts:
                books.texts.add_account(account)
            for client in clients:
                books.notices.add_client(client)
            for user in app_users:
                books.notices.add_app_user(user.ods, user.nhs_number, user.notifications)
            for sid, url in incoming.items():
                books.texts.send_incoming_to(sid, url)
            for practice in practices:
                _add_practice(books, practice)
            _add_patients(books, patients)
            first_slots = [_add_session(books, session) for session in sessions]
    except (TypeError, ValueError, KeyError) as error:
        raise SeedError(str(error)) from error
    return {
        "practices": len(practices),
        "accounts": len(accounts),
        "patients": len(patients),
        "slots": sum(session.count for session in sessions),
        "first_slot_ids": first_slots,
    }


def _add_practice(books: Books, practice: Practice) -> None:
    if practice.system not in SYSTEMS:
        raise ValueError(f"practices: system is one of {', '.join(SYSTEMS)}, not {practice.system}")
    books.store.write("DELETE FROM practices WHERE ods = ?", practice.ods)
    books.store.insert(
        "practices",
        ods=practice.ods, system=practice.system, name=practice.name, phone=practice.phone, asid=practice.asid,
        consumer_asid=practice.consumer_asid, enabled=int(practice.gp_connect_enabled),
        gateway_token=practice.gateway_token or f"gateway-{practice.ods}",
    )  # fmt: skip
    books.store.write("DELETE FROM gateways WHERE ods = ?", practice.ods)
    books.store.insert(
        "gateways", ods=practice.ods, contract=practice.contract, maps_local_codes=int(practice.maps_local_codes)
    )
    books.store.write_many(
        "INSERT OR IGNORE INTO local_codes (ods, scheme, value) VALUES (?, ?, ?)",
        [(practice.ods, code["scheme"], code["value"]) for code in practice.local_codes],
    )


def _add_patients(books: Books, patients: list[Patient]) -> None:
    def rows() -> Iterator[tuple[object, ...]]:
        for row, patient in enumerate(patients):
            date.fromisoformat(patient.dob)
            if not (patient.nhs_number.startswith("999") and nhs.is_valid(patient.nhs_number)):
                raise ValueError(f"patients[{row}]: not an NHS number of the range for tests")
            yield (
                patient.ods, patient.nhs_number, patient.title, patient.given, patient.family, patient.dob,
                patient.gender, patient.mobile, patient.home_phone, patient.deceased, patient.inactive,
                patient.sensitive,
            )  # fmt: skip

    books.store.write_many(
        "INSERT INTO patients (ods, nhs_number, title, given, family, dob, gender, mobile, home_phone, deceased,"
        " inactive, sensitive) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows(),
    )


def _add_session(books: Books, session: Session) -> int:
    """Add a session with its slots, and return its first slot's id."""
    begins = datetime.fromisoformat(session.start)
    start = int((begins if begins.tzinfo else begins.replace(tzinfo=LONDON)).timestamp())
    length = session.minutes * 60
    number = books.store.insert(
        "sessions",
        ods=session.ods, name=session.name, location_id=_location(books, session),
        clinician_id=_clinician(books, session) if session.clinician else None,
        start=start, finish=start + session.count * length,
    )  # fmt: skip
    first = books.store.rows("SELECT coalesce(max(id), 0) + 1 AS id FROM slots")[0]["id"]
    taken_by = "practice" if session.taken else ""
    books.store.write_many(
        "INSERT INTO slots (id, ods, session_id, slot_type, start, finish, channel, bookable, only_type, only_ods,"
        " taken_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                first + n, session.ods, number, session.slot_type, start + n * length, start + (n + 1) * length,
                session.delivery_channel, session.bookable, session.only_organisation_type, session.only_ods, taken_by,
            )
            for n in range(session.count)
        ],
    )  # fmt: skip
    return int(first)


def _location(books: Books, session: Session) -> int:
    """The id of a session's location, added when new."""
    row = books.store.row("SELECT id FROM locations WHERE ods = ? AND name = ?", session.ods, session.location)
    if row is not None:
        return int(row["id"])
    return books.store.insert("locations", ods=session.ods, name=session.location, address=session.address)


def _clinician(books: Books, session: Session) -> int:
    """The id of who holds a session, added when new."""
    row = books.store.row("SELECT id FROM clinicians WHERE ods = ? AND name = ?", session.ods, session.clinician)
    if row is not None:
        return int(row["id"])
    return books.store.insert(
        "clinicians", ods=session.ods, name=session.clinician, role=session.role, gender=session.gender
    )
