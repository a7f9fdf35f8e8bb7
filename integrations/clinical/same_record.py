"""The last look before a write: is the record the one that its patient was checked against?

It is made on what the adapter has just read to find the record, so it costs no call of its own. What changes in the
record between that read and the write is not seen: no interface of a clinical system takes a write on a condition.
"""

from datetime import date

from integrations.clinical.errors import RecordFault, RecordMismatch
from integrations.clinical.port import CheckedPatient


def check_birth(patient: CheckedPatient, recorded: date | None) -> None:
    """Raise RecordMismatch unless the record's date of birth is there, and is the patient's."""
    if patient.date_of_birth is None:
        raise RecordMismatch(RecordFault.NOT_CHECKED)
    if recorded is None:
        raise RecordMismatch(RecordFault.NO_BIRTH)
    if recorded != patient.date_of_birth:
        raise RecordMismatch(RecordFault.BIRTH_DIFFERS)
