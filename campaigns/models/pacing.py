"""The decisions of a paced batch: how many were invited when, what was known then, and why."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from campaigns.models.batch import Campaign, Wave
from campaigns.pacing.known import Reason


class InviteOrder(models.TextChoices):
    """Whom of those who are left a paced batch invites first."""

    LIST = "list", "In the order of your list"
    OLDEST = "oldest", "The oldest first"
    COLUMN = "column", "By the priority in your list"


class PacingDecision(models.Model):
    """How many patients of a batch were to be invited at a moment, and why. One for each hour at most.

    The counts are of all batches that share the batch's times: its slot type in its practice. `known` has the other
    facts that it was decided from, as counts by hours and days (`campaigns/sending/paced/facts.py`). What was expected
    then is `will_book` of the open invitations, an uptake with the range it lies in nine times in ten, and `sure`: the
    probability that everybody who comes finds a time.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="decisions")
    slot = models.DateTimeField(help_text="The hour that it was made in.")
    at = models.DateTimeField(default=timezone.now)
    free = models.PositiveIntegerField(help_text="Times that nobody has.")
    left = models.PositiveIntegerField(help_text="Patients of the batch who have no invitation.")
    booked = models.PositiveIntegerField(help_text="Patients who have a time.")
    open = models.PositiveIntegerField(help_text="Invitations that may still be answered.")
    waiting = models.PositiveIntegerField(help_text="Patients who came and had no time.")
    declined = models.PositiveIntegerField()
    phoned = models.PositiveIntegerField(help_text="Times that have gone to others since the batch's first decision.")
    known = models.JSONField()
    number = models.PositiveIntegerField(help_text="How many were to be invited.")
    reason = models.CharField(max_length=11, choices=[(reason.value, reason.value) for reason in Reason])
    will_book = models.FloatField()
    uptake = models.FloatField()
    uptake_low = models.FloatField()
    uptake_high = models.FloatField()
    sure = models.FloatField()
    wave = models.OneToOneField(Wave, on_delete=models.CASCADE, null=True, related_name="decision")
    forecast = models.JSONField(null=True, help_text="What was expected of the days after it.")

    class Meta:
        ordering: ClassVar = ["campaign", "-at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "slot"], name="pacing_decision_once"),
            models.CheckConstraint(
                name="pacing_decision_wave",
                condition=models.Q(number=0, wave=None) | models.Q(number__gt=0, wave__isnull=False),
            ),
            models.CheckConstraint(name="pacing_decision_number", condition=models.Q(number__lte=models.F("left"))),
            models.CheckConstraint(
                name="pacing_decision_reason", condition=models.Q(reason__in=[reason.value for reason in Reason])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.slot}"
