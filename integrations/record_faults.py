"""What staff are told of a record that nothing could be booked or filed in. Never what stands in it."""

from collections.abc import Mapping

from core.errors import reason_for
from integrations.clinical import errors
from integrations.clinical.errors import RecordFault

_F = RecordFault

HAPPENED: Mapping[RecordFault, str] = {
    _F.BIRTH_DIFFERS: "The record with this NHS number has another date of birth than the patient was checked against.",
    _F.NO_BIRTH: "The record with this NHS number has no date of birth to check the patient against.",
    _F.NOT_CHECKED: "We no longer have the date of birth that the patient was checked against.",
    _F.OTHER_NUMBER: "The clinical system answered with a record of another NHS number. It may have been merged.",
    _F.NOT_FOUND: "The clinical system did not find this patient.",
    _F.SEVERAL: "The clinical system has several patients with this NHS number.",
}

IN_DOUBT = frozenset((_F.BIRTH_DIFFERS, _F.NO_BIRTH, _F.NOT_CHECKED, _F.OTHER_NUMBER))
"""There is a record, and it may be somebody else's."""

_BY_ERROR: Mapping[type[errors.ClinicalError], RecordFault] = {
    errors.OtherNumber: _F.OTHER_NUMBER,
    errors.SeveralPatients: _F.SEVERAL,
    errors.PatientNotFound: _F.NOT_FOUND,
}

ERRORS = (errors.RecordMismatch, errors.OtherNumber, errors.PatientNotFound)
"""What the adapters raise for such a record, before anything is written; two of one number are not found either."""


def fault_of(error: errors.ClinicalError) -> RecordFault:
    """The fault that one of `ERRORS` stands for."""
    if isinstance(error, errors.RecordMismatch):
        return error.fault
    return reason_for(error, _BY_ERROR)
