"""Patients who asked to be texted when there are more times."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from campaigns.models import Invitation
from practices.models import Practice


class WaitingPatient(models.Model):
    """Found no time, and asked to be texted when there are more. The text is sent once for each time of asking."""

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, primary_key=True, related_name="waiting")
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    times_asked = models.PositiveSmallIntegerField(default=1)
    told_at = models.DateTimeField(null=True, help_text="When the text about new times was written.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=models.Q(told_at=None), name="waiting_to_be_told"),
        ]

    def __str__(self) -> str:
        return f"Waiting {self.invitation_id}"
