"""What patients text to a practice."""

import uuid

from django.db import models
from django.utils import timezone

from integrations.messaging.replies import Wish
from practices.models import Practice


class IncomingText(models.Model):
    """A text that somebody sent to a practice: when, and what it asked for, not what it said (twilio#incoming-texts).

    By its row a text that is delivered twice, or again by somebody who kept it, is known. The number goes when it is of
    no more use (`webhooks.incoming.forget`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+", db_index=False)
    provider_id = models.CharField(max_length=40)
    mobile = models.CharField(max_length=16, blank=True, help_text="E.164.")
    wish = models.CharField(max_length=12, choices=[(str(wish), str(wish)) for wish in Wish])
    answered = models.BooleanField(default=False, help_text="We texted back that nobody reads such texts.")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["practice", "provider_id"], name="incoming_once"),
            models.CheckConstraint(
                condition=models.Q(wish__in=[str(wish) for wish in Wish]), name="incoming_wish_known"
            ),
        )
        indexes = (
            models.Index(
                fields=["practice", "mobile", "received_at"],
                condition=models.Q(answered=True),
                name="incoming_answered",
            ),
            models.Index(fields=["received_at"], condition=~models.Q(mobile=""), name="incoming_to_forget"),
        )

    def __str__(self) -> str:
        return f"{self.wish} {self.id}"
