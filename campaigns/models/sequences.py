"""A batch's further texts: the invitations of its plan, with the codes that go with each, and reminders.

The first invitation is the batch's own (`Campaign.message`, `Campaign.invitation_code`). Up to three more may follow,
each for patients who have not answered by then, so many days after the one before has left.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from campaigns.models import code_guards
from campaigns.models.batch import Campaign
from campaigns.models.codes import SnomedCode
from campaigns.models.templates import MessageTemplate
from practices.models import User

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


class Reminder(models.Model):
    """One press of "send a reminder", or one day on which the batch reminds or invites again by itself.

    Each patient who had not answered gets one text more. Workers write the texts. A reminder's number is the step of
    its messages: by that the database keeps a second press from texting anybody twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="reminders", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: the batch, by itself."
    )
    automatic = models.PositiveSmallIntegerField(
        null=True, help_text="Which of the batch's own reminders, from 1. Empty: somebody pressed."
    )
    invitation = models.PositiveSmallIntegerField(
        null=True, help_text="Which invitation of the batch's plan it brings, from 2. Empty: it reminds of the first."
    )
    day = models.DateField(null=True, help_text="Of one that goes by itself, in London.")
    asked_at = models.DateTimeField(default=timezone.now)
    patients = models.PositiveIntegerField(help_text="Who had not answered when it was asked for.")
    written_at = models.DateTimeField(null=True, help_text="When the last of its texts was written.")
    due_at = models.DateTimeField(default=timezone.now, help_text="When the appointment book is read, or read again.")
    claimed_until = models.DateTimeField(null=True, help_text="A worker is reading the book for it.")
    waits_since = models.DateTimeField(null=True, help_text="Since then the book cannot be read.")
    book_unreadable = models.PositiveIntegerField(
        default=0, db_column="unread", help_text="Not reminded: the book could not be read for them."
    )

    class Meta:
        ordering: ClassVar = ["campaign", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "number"], name="reminder_once"),
            models.UniqueConstraint(fields=["campaign", "automatic", "day"], name="reminder_by_itself_once"),
            models.UniqueConstraint(fields=["campaign", "invitation", "day"], name="reminder_of_plan_once"),
            models.CheckConstraint(
                name="reminder_of_somebody_itself_or_the_plan",
                condition=models.Q(asked_by=None, automatic__isnull=False, day__isnull=False, invitation=None)
                | models.Q(asked_by=None, automatic=None, day__isnull=False, invitation__range=(2, 4))
                | models.Q(asked_by__isnull=False, automatic=None, day=None, invitation=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=models.Q(written_at=None), name="reminder_to_write"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} reminder {self.number}"


class ReminderWait(models.Model):
    """A patient whose appointments could not be read for a reminder, while those of others could."""

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="waits", db_index=False)
    invitation = models.ForeignKey("Invitation", on_delete=models.CASCADE, related_name="+")
    again_at = models.DateTimeField(null=True, help_text="Empty: not for this reminder.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reminder", "invitation"], name="reminder_wait_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reminder_id} waits for {self.invitation_id}"
