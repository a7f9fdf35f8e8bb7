"""Reminders to those who have not answered."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from campaigns.models.batch import Campaign
from practices.models import User


class Reminder(models.Model):
    """One press of "send a reminder", or one day on which the batch reminds by itself: each patient who had not
    answered gets one text more. Workers write the texts.

    Its number is the step of its messages: by that the database keeps a second press from texting anybody twice.
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
