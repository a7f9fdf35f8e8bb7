"""The room's tasks: thin, with ids only."""

from uuid import UUID

from celery import shared_task

from campaigns import control, issuing


@shared_task(name="campaigns.issue_invitations")
def issue_invitations(campaign_id: str) -> None:
    """Make a started batch's invitations."""
    issuing.issue(UUID(campaign_id))


@shared_task(name="campaigns.sweep")
def sweep() -> None:
    """Find started batches that a crash left half made, and texts of cancelled ones that came back unsent."""
    issuing.sweep()
    control.sweep()
