"""What the clinical system said of patients since their list was checked, and how far a batch's looks have come."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from patients.models import Pause
from practices.models import Practice


class CheckRun(models.Model):
    """The looks at a batch's patients before their invitations, as one piece of work that a worker claims.

    A practice has one claim at a time. `claim` names it, and `claimed_until` is when it is anybody's again, whatever
    became of its worker.
    """

    campaign = models.OneToOneField(
        "campaigns.Campaign", on_delete=models.CASCADE, primary_key=True, related_name="check_run"
    )
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+", db_index=False)
    due_at = models.DateTimeField(default=timezone.now, help_text="When patients are next looked up.")
    hinted_at = models.DateTimeField(null=True, help_text="When a worker was last asked to; empty once one has begun.")
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    waits_for = models.CharField(max_length=20, choices=Pause, default=Pause.NONE, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Pauses since the last answer.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["practice"], condition=Q(claim__isnull=False), name="check_run_one_of_a_practice"
            ),
            models.CheckConstraint(
                condition=Q(claim=None, claimed_until=None) | Q(claim__isnull=False, claimed_until__isnull=False),
                name="check_run_claim_ends",
            ),
            models.CheckConstraint(condition=Q(waits_for__in=Pause.values), name="check_run_wait_known"),
        ]

    def __str__(self) -> str:
        return f"Check of {self.campaign_id}"


class RecordCheck(models.Model):
    """One patient of a batch, as last looked up before an invitation or a reminder.

    `change` is what has changed since the list was checked: the Reason why the patient is not texted, or "new_mobile".
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.OneToOneField("patients.Recipient", on_delete=models.CASCADE, related_name="record_check")
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="record_checks", db_index=False
    )
    read_at = models.DateTimeField(null=True, help_text="When record and appointments were last read.")
    change = models.CharField(max_length=30, blank=True)
    booked_on = models.DateField(null=True, help_text="The day of an appointment of the slot type that is in the book.")
    included = models.BooleanField(default=False, help_text="Staff want this patient invited all the same.")
    unread_since = models.DateTimeField(null=True, help_text="Since then this one patient cannot be read.")
    again_at = models.DateTimeField(null=True, help_text="When such a patient is tried again.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["campaign", "change"], condition=~Q(change=""), name="record_check_changes"),
            models.Index(fields=["campaign"], name="record_check_of_batch"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(unread_since=None, again_at=None) | Q(unread_since__isnull=False, again_at__isnull=False),
                name="record_check_unread_is_tried_again",
            ),
        ]

    def __str__(self) -> str:
        return f"Check of {self.recipient_id}"
