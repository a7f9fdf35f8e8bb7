"""Wrong dates of birth, by address, for as long as they are counted."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from campaigns.models import Invitation
from practices.models import Practice


class WrongAnswer(models.Model):
    """A wrong date of birth that came from some address: how guessing across many links is seen.

    The address itself is personal, so only a keyed digest of it is kept, and that for a day.
    """

    id = models.BigAutoField(primary_key=True)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+", db_index=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="+", db_index=False)
    address_digest = models.BinaryField(max_length=32)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["practice", "address_digest", "given_at"], name="wrong_answers_from_address"),
            models.Index(fields=["given_at"], name="wrong_answers_by_age"),
            models.Index(fields=["invitation"], name="wrong_answer_of_invitation"),
        ]

    def __str__(self) -> str:
        return f"Wrong answer {self.id}"
