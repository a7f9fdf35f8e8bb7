"""What NHS Notify's failures say about the patient, by their codes and by their words."""

import pytest

from integrations.messaging.nhs_notify.errors import (
    FLAGGED,
    NOT_TO_BE_TEXTED,
    Cause,
    cause_of,
    failure_code,
    failure_reason,
)


@pytest.mark.hazard("H-16.2")
@pytest.mark.parametrize(
    ("description", "code"),
    [
        ("Patient is formally dead", "MFR_PDSV_0112"),
        ("Failed reason: Patient is informally dead.", "MFR_PDSV_0111"),
        ("Validation failed on re-enrichment: patient is formally dead.", "MFR_PDSV_0112"),
        ("PDS - patient  is INFORMALLY\n dead", "MFR_PDSV_0111"),
        ("Patient has exit code", "MFR_PDSV_0110"),
        ("Validation failed on re-enrichment: patient has exit code.", "MFR_PDSV_0110"),
        ("PDS - patient has an exit  code.", "MFR_PDSV_0110"),
        ("patient record invalidated", "MFR_PDSV_0008"),
        ("Validation failed on re-enrichment: patient record invalidated.", "MFR_PDSV_0008"),
        ("Flagged.", FLAGGED),
        ("failed reason: flagged", FLAGGED),
    ],
)
@pytest.mark.parametrize("given", ["", "MFR_SUPE_0007", "CFR_CFGV_0005"])
def test_words_say_it_without_the_code(given: str, description: str, code: str) -> None:
    found = failure_code(given, description)
    assert found == code
    assert cause_of(found) is (Cause.DEATH if "dead" in description.lower() else Cause.RECORD)
    assert found in NOT_TO_BE_TEXTED
    assert failure_reason(found) != failure_reason("")


@pytest.mark.parametrize(
    ("given", "description", "code"),
    [
        ("CFR_PDSV_0112", "", "CFR_PDSV_0112"),
        ("CFR_PDSV_0112", "Patient is formally dead", "CFR_PDSV_0112"),
        ("MFR_PDSV_0111", "Patient has exit code", "MFR_PDSV_0111"),
        ("MFR_PDSV_0110", "Patient is informally dead", "MFR_PDSV_0111"),
        ("MFR_PDSV_0002", "Failed reason: Contact detail is missing", "MFR_PDSV_0002"),
        ("", "Name response is invalid: contact detail is missing.", ""),
        ("MFR_SUPE_0007", "No reachable communication channels.", "MFR_SUPE_0007"),
        ("", "Sent to the dead letter queue", ""),
        ("", "Message not read in specified time frame", ""),
        ("MFR_NEW_9999", "Something else", "MFR_NEW_9999"),
    ],
)
def test_a_death_comes_first_and_other_words_leave_the_code(given: str, description: str, code: str) -> None:
    assert failure_code(given, description) == code


@pytest.mark.parametrize("code", ["", "MFR_PDSV_0002", "MFR_PDSV_0004", "MFR_PDSV_0006", "MFR_SUPE_0007", "30003", "x"])
def test_other_failures_say_nothing_about_the_patient(code: str) -> None:
    assert cause_of(code) is Cause.OTHER
    assert code not in NOT_TO_BE_TEXTED
