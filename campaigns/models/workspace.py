"""What the practice's workspace keeps of batches: whom staff have followed up, and figures as last counted."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from practices.models import Practice, User


class FollowedUp(models.Model):
    """One entry of a follow-up list that staff are done with.

    `about` is the id of what it was about: a text, a locked link, or, for the patients of a list who cannot be sent a
    text, the batch itself. What happens to the same thing later puts it on the list again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="+")
    invitation = models.ForeignKey("campaigns.Invitation", on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    about = models.UUIDField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "followed up"
        constraints: ClassVar = [models.UniqueConstraint(fields=["about", "kind"], name="followed_up_once")]
        indexes: ClassVar = [models.Index(fields=["practice", "-at"], name="followed_up_lately")]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


class Figures(models.Model):
    """A batch in figures, as last counted: for the page that has many batches on it. A copy, and never the truth.

    `needs` counts what a person must see to, by kind.
    """

    campaign = models.OneToOneField(
        "campaigns.Campaign", on_delete=models.CASCADE, primary_key=True, related_name="figures"
    )
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    can = models.PositiveIntegerField()
    sent = models.PositiveIntegerField()
    opened = models.PositiveIntegerField()
    booked = models.PositiveIntegerField()
    declined = models.PositiveIntegerField()
    unsent = models.BooleanField(help_text="Some of its texts may still leave.")
    needs = models.JSONField(default=dict)
    counted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "figures"

    def __str__(self) -> str:
        return f"{self.campaign_id} at {self.counted_at:%Y-%m-%d %H:%M:%S}"
