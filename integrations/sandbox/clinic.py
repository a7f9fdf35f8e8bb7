"""The practices' own books: patients, sessions, slots, appointments and coded entries."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from integrations.sandbox.store import Store

BY_PRACTICE = "practice"
"""What `taken_by` says of a slot that somebody at the practice took."""

SLOTS = (
    "SELECT slots.*, sessions.name AS session_name, sessions.location_id, sessions.clinician_id,"
    " locations.name AS location, locations.address, coalesce(clinicians.name, '') AS clinician,"
    " coalesce(clinicians.role, '') AS role, coalesce(clinicians.gender, '') AS gender"
    " FROM slots JOIN sessions ON sessions.id = slots.session_id JOIN locations ON locations.id = sessions.location_id"
    " LEFT JOIN clinicians ON clinicians.id = sessions.clinician_id"
)


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice. An empty `consumer_asid` lets any caller in; `enabled` is its GP Connect capability.

    `maps_local_codes`: its record gateway finds local codes itself. `contract` is the version that the gateway speaks.
    """

    ods: str
    system: str
    name: str
    phone: str
    asid: str
    consumer_asid: str
    gateway_token: str
    enabled: int
    contract: str
    maps_local_codes: int


@dataclass(frozen=True, slots=True)
class Patient:
    """One registered patient. `dob` is an ISO date; the last three are 0 or 1."""

    id: int
    ods: str
    nhs_number: str
    title: str
    given: str
    family: str
    dob: str
    gender: str
    mobile: str
    home_phone: str
    deceased: int
    inactive: int
    sensitive: int

    @property
    def shown(self) -> bool:
        """Whether GP Connect lets others know of this patient (gp-connect#patients)."""
        return not (self.deceased or self.inactive or self.sensitive)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment. `resource` is its FHIR form; times are seconds since 1970."""

    id: int
    ods: str
    patient_id: int
    slot_ids: list[int]
    slot_type: str
    start: int
    finish: int
    status: str
    version: int
    resource: dict[str, Any]


MARKS = ("booked", "arrived", "fulfilled", "noshow")
"""What a practice notes of an appointment, by FHIR's names; `booked` takes it back."""


class SlotInUse(Exception):
    """Somebody has one of the slots already."""


class Clinic:
    """Reads and writes of the practices' books. Slots come as rows of `SLOTS`, because there are many."""

    def __init__(self, store: Store) -> None:
        """Keep everything in this store."""
        self._store = store

    def practice(self, ods: str) -> Practice | None:
        """One practice by its ODS code."""
        row = self._store.row(
            "SELECT practices.*, coalesce(contract, '1.1') AS contract,"
            " coalesce(maps_local_codes, 0) AS maps_local_codes"
            " FROM practices LEFT JOIN gateways USING (ods) WHERE ods = ?",
            ods,
        )
        return None if row is None else Practice(**dict(row))

    def knows_local_code(self, ods: str, scheme: str, value: str) -> bool:
        """Whether this code is in the site's own dictionary (record-gateway#local-codes)."""
        sql = "SELECT 1 FROM local_codes WHERE ods = ? AND scheme = ? AND value = ?"
        return self._store.row(sql, ods, scheme, value) is not None

    def patients(self, ods: str, nhs_number: str) -> list[Patient]:
        """Everybody at a practice with this NHS number, shown or not."""
        rows = self._store.rows("SELECT * FROM patients WHERE ods = ? AND nhs_number = ?", ods, nhs_number)
        return [Patient(**dict(row)) for row in rows]

    def patient(self, ods: str, patient_id: str) -> Patient | None:
        """One patient by the practice's own id."""
        row = self._store.row("SELECT * FROM patients WHERE ods = ? AND id = ?", ods, _number(patient_id))
        return None if row is None else Patient(**dict(row))

    def change_record(self, ods: str, nhs_number: str, **changes: object) -> int:
        """Change what stands in everybody's record with this NHS number. How many there were. Raises TypeError."""
        patients = [Patient(**{**asdict(patient), **changes}) for patient in self.patients(ods, nhs_number)]
        for patient in patients:
            facts = asdict(patient)
            number = facts.pop("id")
            columns = ", ".join(f"{name} = ?" for name in facts)
            self._store.write(f"UPDATE patients SET {columns} WHERE id = ?", *facts.values(), number)  # noqa: S608 - a dataclass's own fields
        return len(patients)

    def free_slots(
        self, ods: str, start: float, finish: float, organisation_type: str = "", organisation: str = ""
    ) -> list[sqlite3.Row]:
        """Free bookable slots wholly inside a range that this organisation may book (gp-connect#slots)."""
        return self._store.rows(
            SLOTS + " WHERE slots.ods = ? AND slots.start >= ? AND slots.start < ? AND slots.finish <= ?"
            " AND taken_by = '' AND bookable = 1 AND channel <> 'Visit'"
            " AND only_type IN ('', ?) AND only_ods IN ('', ?) ORDER BY slots.start, slots.id",
            ods, start, finish, finish, organisation_type, organisation,
        )  # fmt: skip

    def slot(self, ods: str, slot_id: str) -> sqlite3.Row | None:
        """One slot, free or not."""
        return self._store.row(SLOTS + " WHERE slots.ods = ? AND slots.id = ?", ods, _number(slot_id))

    def slot_types(self, ods: str, start: float, finish: float) -> list[str]:
        """The names of the slot types seen in a range, free or not."""
        rows = self._store.rows(
            "SELECT DISTINCT slot_type FROM slots WHERE ods = ? AND start >= ? AND start < ? ORDER BY slot_type",
            ods, start, finish,
        )  # fmt: skip
        return [row["slot_type"] for row in rows]

    def take(self, slot_id: int) -> bool:
        """Somebody at the practice takes a free slot. False when it was not free."""
        sql = "UPDATE slots SET taken_by = ? WHERE id = ? AND taken_by = ''"
        return self._store.write(sql, BY_PRACTICE, slot_id) == 1

    def book(self, patient: Patient, slots: Sequence[sqlite3.Row], resource: dict[str, Any]) -> Appointment:
        """Book slots for a patient, all or none. Raises SlotInUse."""
        ids = [slot["id"] for slot in slots]
        with self._store.transaction():
            number = self._store.insert(
                "appointments",
                ods=patient.ods, patient_id=patient.id, slot_ids=json.dumps(ids), slot_type=slots[0]["slot_type"],
                start=slots[0]["start"], finish=slots[-1]["finish"], status="booked", version=1,
                resource=json.dumps(resource),
            )  # fmt: skip
            for slot_id in ids:
                sql = "UPDATE slots SET taken_by = ? WHERE id = ? AND taken_by = ''"
                if self._store.write(sql, str(number), slot_id) != 1:
                    raise SlotInUse
        return self._existing(number)

    def appointment(self, ods: str, appointment_id: str) -> Appointment | None:
        """One appointment by its id."""
        row = self._store.row("SELECT * FROM appointments WHERE ods = ? AND id = ?", ods, _number(appointment_id))
        return None if row is None else _appointment(row)

    def appointments(self, patient: Patient, start: float, finish: float) -> list[Appointment]:
        """A patient's appointments that start in a range, cancelled ones too."""
        rows = self._store.rows(
            "SELECT * FROM appointments WHERE patient_id = ? AND start >= ? AND start < ? ORDER BY start, id",
            patient.id, start, finish,
        )  # fmt: skip
        return [_appointment(row) for row in rows]

    def change(self, appointment: Appointment, status: str, resource: dict[str, Any]) -> Appointment:
        """Store an appointment's next version; a cancelled one gives its slots back."""
        with self._store.transaction():
            self._store.write(
                "UPDATE appointments SET status = ?, resource = ?, version = version + 1 WHERE id = ?",
                status, json.dumps(resource), appointment.id,
            )  # fmt: skip
            if status == "cancelled":
                self._store.write("UPDATE slots SET taken_by = '' WHERE taken_by = ?", str(appointment.id))
        return self._existing(appointment.id)

    def mark(self, appointment_id: str, status: str) -> bool:
        """Somebody at the practice notes whether the patient came: one of MARKS. False when none such is live."""
        if status not in MARKS:
            raise ValueError(status)
        rows = self._store.rows("SELECT * FROM appointments WHERE id = ?", _number(appointment_id))
        if not rows or rows[0]["status"] == "cancelled":
            return False
        appointment = _appointment(rows[0])
        self.change(appointment, status, {**appointment.resource, "status": status})
        return True

    def remove(self, appointment_id: str) -> bool:
        """Delete an appointment and give its slots back. False when there was none."""
        with self._store.transaction():
            self._store.write("UPDATE slots SET taken_by = '' WHERE taken_by = ?", appointment_id)
            return self._store.write("DELETE FROM appointments WHERE id = ?", _number(appointment_id)) == 1

    def file(self, *, description_id: str, **entry: object) -> None:
        """Add a coded entry (the columns of `codes`), with the description id of its term where it has one."""
        self._store.insert("codes", **entry)
        if description_id:
            self._store.insert("code_descriptions", entry_id=entry["entry_id"], description_id=description_id)

    def codes(self, patient: Patient, now: float) -> list[sqlite3.Row]:
        """The coded entries that a reader of this patient's record sees by now."""
        sql = "SELECT * FROM codes LEFT JOIN code_descriptions USING (entry_id) WHERE patient_id = ? AND shows_at <= ?"
        return self._store.rows(sql, patient.id, now)

    def _existing(self, number: int) -> Appointment:
        return _appointment(self._store.rows("SELECT * FROM appointments WHERE id = ?", number)[0])


def _appointment(row: sqlite3.Row) -> Appointment:
    return Appointment(
        **{**dict(row), "slot_ids": json.loads(row["slot_ids"]), "resource": json.loads(row["resource"])}
    )


def _number(text: str) -> int:
    """An id of ours, or -1 for what cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
