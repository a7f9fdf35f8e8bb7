"""The look-ups' tasks: thin, with ids only. Each may run twice, late, or beside itself without harm."""

from uuid import UUID

from celery import shared_task

from integrations.hints import hint
from patients import lookups


@shared_task(name="patients.look_up_patients")
def look_up_patients(list_id: str) -> None:
    """Look up some of a list's patients, and queue again behind the other practices' work while there are more."""
    if lookups.look_up_pending(patient_list_id=UUID(list_id)):
        hint("patients.look_up_patients", list_id)


@shared_task(name="patients.resume_lookups")
def resume_lookups() -> None:
    """Start the look-ups of every list whose time has come."""
    lookups.resume_due()
