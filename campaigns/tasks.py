"""The room's tasks: thin, with ids only."""

from uuid import UUID

from celery import shared_task

from campaigns.reminders import automatic
from campaigns.reminders import writing as reminder_writing
from campaigns.sending import control, issuing
from campaigns.sending.paced import deciding
from campaigns.sending.rechecks import look_ups, remaking
from campaigns.sequences import schedule as sequences
from campaigns.workspace import figures
from core.hints import hint

TURN = 3
"""Chunks in one run of a task, a second or two: then a long list queues behind the other practices' work."""


@shared_task(name="campaigns.issue_invitations")
def issue_invitations(campaign_id: str) -> None:
    """Make a sent batch's invitations."""
    if issuing.issue(UUID(campaign_id), chunks=TURN):
        hint("campaigns.issue_invitations", campaign_id)


@shared_task(name="campaigns.decide_invitations")
def decide_invitations(campaign_id: str) -> None:
    """Decide how many patients of a paced batch are invited now."""
    deciding.decide_now(UUID(campaign_id))


@shared_task(name="campaigns.check_patients")
def check_patients(campaign_id: str) -> None:
    """Look up some of a batch's patients before their invitations are made."""
    look_ups.check(UUID(campaign_id))


@shared_task(name="campaigns.write_reminders")
def write_reminders(reminder_id: str) -> None:
    """Write one chunk of a reminder's texts, and ask for another run while more are left."""
    if reminder_writing.write(UUID(reminder_id), chunks=1):  # it waits for the clinical system: long enough
        hint("campaigns.write_reminders", reminder_id)


@shared_task(name="campaigns.count_figures")
def count_figures(practice_id: str) -> None:
    """Count a practice's batches, for the page that shows them all."""
    figures.recount(UUID(practice_id))


@shared_task(name="campaigns.sweep")
def sweep() -> None:
    """Find what is due or was left half made, in some forty statements for all batches (`core.claims.WORKED_ON`)."""
    look_ups.sweep()
    deciding.sweep()
    issuing.sweep()
    reminder_writing.sweep()
    remaking.sweep()
    sequences.sweep()  # before reminders: whoever is due for both is invited
    automatic.sweep()
    control.sweep()
