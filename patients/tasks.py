"""The room's tasks: thin, with ids only. Each may run twice, late, or beside itself without harm."""

from uuid import UUID

from celery import shared_task

from core.hints import hint
from patients.lists import checking
from patients.records import lookups

CHECKED_WITHIN = 1800
"""Seconds after which a check is ended whatever it does; what it may spend on the file itself is UPLOAD_MAX_SECONDS."""


@shared_task(name="patients.check_list", time_limit=CHECKED_WITHIN)
def check_list(list_id: str) -> None:
    """Read and check a list's file."""
    checking.check_list(UUID(list_id))


@shared_task(name="patients.look_up_patients")
def look_up_patients(list_id: str) -> None:
    """Look up some of a list's patients, and queue again behind the other practices' work while there are more."""
    if lookups.look_up_pending(patient_list_id=UUID(list_id)):
        hint("patients.look_up_patients", list_id)


@shared_task(name="patients.resume_lists")
def resume_lists() -> None:
    """Start the check or the look-ups of every list whose time has come."""
    checking.resume_due()
    lookups.resume_due()
