"""Texts that went and that the database did not know of, because it was restored."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from practices.models import Practice


class GoneText(models.Model):
    """A text in the provider's list that no message of ours has the id of (restoring#what-went).

    A message with the same words to the same phone has gone with it, whether it is here already or is written again
    later: it takes this text's id, and is not posted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+", db_index=False)
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=40, unique=True)
    to = models.CharField(max_length=16, help_text="E.164.")
    words = models.TextField(help_text="Letters and digits alone, in small letters, without the link.")
    link = models.BinaryField(max_length=32, help_text="SHA-256 of the token of the link in it; empty without.")
    sent_at = models.DateTimeField()
    seen_at = models.DateTimeField(default=timezone.now)
    message_id = models.UUIDField(null=True, help_text="The message that went with it, once that is known.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["practice", "to"], condition=models.Q(message_id=None), name="gone_text_open"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.provider_id}"
