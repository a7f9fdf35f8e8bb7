"""A batch's plan: its further invitations, and the codes that go with each.

The first invitation is the batch's own (`Campaign.message`, `Campaign.invitation_code`). Up to three more may follow,
each for patients who have not answered by then, so many days after the one before has left.
"""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from campaigns.models import code_guards
from campaigns.models.batch import Campaign
from campaigns.models.codes import SnomedCode
from campaigns.models.templates import MessageTemplate

MOST_INVITATIONS = 4
"""Invitations that one batch may send to a patient, the first included."""
MOST_CODES = 3
"""Codes that may go with one invitation."""
LONGEST_GAP = 90
"""Days at most between an invitation and the next."""


class PlannedInvitation(models.Model):
    """One of a batch's further invitations: what it says, and how long after the one before it goes."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="planned_invitations", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="From 2: the batch's own message is the first.")
    gap_days = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_GAP)],
        help_text="Days after the invitation before it has left.",
    )
    working_days = models.BooleanField(default=False, help_text="Its days are working days.")
    template = models.ForeignKey(MessageTemplate, on_delete=models.SET_NULL, null=True, related_name="+")
    message = models.TextField()
    text_only = models.BooleanField(default=False, help_text="By text, not by the NHS App first.")

    class Meta:
        ordering: ClassVar = ["campaign", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "number"], name="planned_invitation_once"),
            models.CheckConstraint(
                condition=models.Q(number__range=(2, MOST_INVITATIONS)), name="planned_invitation_number"
            ),
            models.CheckConstraint(condition=models.Q(gap_days__range=(1, LONGEST_GAP)), name="planned_invitation_gap"),
            models.CheckConstraint(condition=~models.Q(message=""), name="planned_invitation_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} invitation {self.number}"


class InvitationCode(models.Model):
    """A code that goes with one of a batch's invitations. The first of the first one is `Campaign.invitation_code`."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="invitation_codes", db_index=False)
    invitation = models.PositiveSmallIntegerField(help_text="Which invitation, from 1.")
    position = models.PositiveSmallIntegerField(help_text="From 1; of the first invitation from 2.")
    code = models.ForeignKey(SnomedCode, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["campaign", "invitation", "position"]
        triggers: ClassVar = [code_guards.planned_codes()]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "invitation", "position"], name="invitation_code_once"),
            models.UniqueConstraint(fields=["campaign", "invitation", "code"], name="invitation_code_differs"),
            models.CheckConstraint(
                condition=models.Q(invitation__range=(1, MOST_INVITATIONS))
                & models.Q(position__range=(1, MOST_CODES))
                & (models.Q(invitation__gt=1) | models.Q(position__gt=1)),
                name="invitation_code_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} invitation {self.invitation} code {self.position}"
