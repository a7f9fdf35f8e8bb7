"""What patients ask of us elsewhere than on a page of their visit: by a text of theirs, or for a link that works."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from campaigns.models import Invitation
from integrations.messaging.replies import Wish
from practices.models import Practice

ABOUT_COMING = (Wish.CANCEL, Wish.CHANGE, Wish.UNSURE)
"""What texts may say of an appointment, the plainest first."""

_MEANINGS = [*ABOUT_COMING, Wish.WRONG_NUMBER]


class PatientReply(models.Model):
    """Somebody texted us from a patient's phone, and staff must see to it: the meaning of the text, not its words.

    One row for each appointment that it may be about, or each patient whom the number may be wrong for; `patients` is
    how many those are. A later text about the same changes the row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="replies", db_index=False)
    booking = models.ForeignKey("booking.Booking", on_delete=models.PROTECT, null=True, related_name="replies")
    wish = models.CharField(max_length=12, choices=[(str(wish), str(wish)) for wish in _MEANINGS])
    patients = models.PositiveSmallIntegerField(help_text="With this phone, whom the text may be from or about.")
    texted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "patient replies"
        indexes: ClassVar = [models.Index(fields=["invitation"], name="patient_reply_of_invitation")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["booking"], condition=models.Q(booking__isnull=False), name="patient_reply_once_per_booking"
            ),
            models.UniqueConstraint(
                fields=["invitation"], condition=models.Q(booking=None), name="patient_reply_once_per_number"
            ),
            models.CheckConstraint(
                condition=models.Q(booking=None, wish=Wish.WRONG_NUMBER.value)
                | models.Q(booking__isnull=False, wish__in=[str(wish) for wish in ABOUT_COMING]),
                name="patient_reply_wish_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wish} {self.id}"


class NewLinkRequest(models.Model):
    """A patient whose link had run out asked for a new one, and a text with it was written.

    The address that it was asked from is personal: a keyed digest of it is kept, and that for a day.
    """

    id = models.BigAutoField(primary_key=True)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+", db_index=False)
    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, related_name="new_link_requests", db_index=False
    )
    number = models.PositiveSmallIntegerField(help_text="Of the invitation's requests, from 0.")
    address_digest = models.BinaryField(max_length=32, null=True)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invitation", "number"], name="new_link_request_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["practice", "address_digest", "asked_at"],
                condition=models.Q(address_digest__isnull=False),
                name="new_links_from_address",
            ),
            models.Index(
                fields=["asked_at"], condition=models.Q(address_digest__isnull=False), name="new_links_to_forget"
            ),
        ]

    def __str__(self) -> str:
        return f"New link {self.number} of {self.invitation_id}"
