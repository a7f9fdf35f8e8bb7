"""A patient's personal link, what became of it, and until when it works: only here is a link's last day written."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from campaigns.models.batch import Campaign
from integrations.clinical.errors import RecordFault
from patients.models import Recipient
from practices.models import Practice


class InvitationState(models.TextChoices):
    """What became of an invitation.

    Whose appointment is cancelled while their link still works is open again; CANCELLED is for the others.
    """

    OPEN = "open", "No answer yet"
    BOOKING = "booking", "Booking"
    BOOKED = "booked", "Booked"
    CANCELLED = "cancelled", "Booked, then cancelled"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


_ANSWERABLE_VALUES = sorted(str(state) for state in (InvitationState.OPEN, InvitationState.BOOKING))


def lifetime_end(campaign: Campaign, began: datetime | None = None) -> datetime:
    """When a link expires whose lifetime, as its batch has it, begins at a moment: now, unless another is given."""
    return (began or timezone.now()) + timedelta(days=campaign.link_lifetime_days)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations by what their patient can still do."""

    def answerable(self) -> Self:
        """Those that their patient can still answer, or is answering now."""
        return self.filter(state__in=_ANSWERABLE_VALUES, locked_at=None, expires_at__gt=timezone.now())

    def extend_to(self, moment: datetime) -> int:
        """Let these links work until a moment at least; how many have become longer."""
        return self.filter(expires_at__lt=moment).update(expires_at=moment)

    def extend_by(self, time: timedelta) -> int:
        """Let these links work so much longer; how many there are."""
        return self.update(expires_at=models.F("expires_at") + time)

    def restart(self) -> None:
        """Give each of these links its whole lifetime from now, as its batch has it."""
        now = timezone.now()
        invitations = list(self.select_related("campaign"))
        for invitation in invitations:
            invitation.expires_at = max(invitation.expires_at, lifetime_end(invitation.campaign, now))
        self.model.objects.bulk_update(invitations, ["expires_at"])

    def open_again(self) -> int:
        """Let the patients of these answer whose appointment was cancelled after their link's last day; how many."""
        return self.filter(state=InvitationState.CANCELLED).update(state=InvitationState.OPEN)

    def withdraw(self) -> int:
        """Withdraw those of these links that have no answer; how many."""
        return self.filter(state=InvitationState.OPEN).update(state=InvitationState.WITHDRAWN)


class Invitation(models.Model):
    """One personal link: single use, for one booking or one decline."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="invitations")
    recipient = models.OneToOneField(Recipient, on_delete=models.PROTECT, related_name="invitation")
    token_digest = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of the link's token.")
    link_key = models.PositiveSmallIntegerField(default=0, help_text="Which of LINK_KEYS the link is made with.")
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When staff ended the link; empty where it ran out by itself.")
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.OPEN)
    opened_at = models.DateTimeField(null=True, help_text="First choice pressed: phones fetch links by themselves.")
    date_of_birth_failures = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True)
    elsewhere_at = models.DateTimeField(
        null=True, help_text="When the practice's book had an appointment of this slot type that the practice made."
    )
    record_fault = models.CharField(
        max_length=15, blank=True, default="", db_default="", help_text="A RecordFault value: why nothing was written."
    )
    record_fault_at = models.DateTimeField(null=True, help_text="When that was last found.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["campaign", "state"]),
            models.Index(
                fields=["practice", "expires_at"],
                condition=models.Q(state__in=_ANSWERABLE_VALUES, locked_at=None),
                name="invitation_can_be_answered",
            ),
            models.Index(
                fields=["campaign"], condition=models.Q(record_fault_at__isnull=False), name="invitation_record_fault"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=InvitationState.values), name="invitation_state_known"),
            models.CheckConstraint(
                condition=models.Q(record_fault="", record_fault_at=None)
                | models.Q(record_fault__in=[fault.value for fault in RecordFault], record_fault_at__isnull=False),
                name="invitation_record_fault_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.id}"

    @property
    def is_expired(self) -> bool:
        """Whether its last moment for an answer, `expires_at`, is past."""
        return timezone.now() >= self.expires_at

    def open_until(self, moment: datetime) -> None:
        """Let the patient answer, until a moment at least."""
        self.state = InvitationState.OPEN
        self.expires_at = max(self.expires_at, moment)
        self.save(update_fields=["state", "expires_at"])

    def renew(self) -> None:
        """Let the patient answer for the whole lifetime of the batch's links from now, though it was ended."""
        self.state, self.ended_at = InvitationState.OPEN, None
        self.expires_at = max(self.expires_at, lifetime_end(self.campaign))
        self.save(update_fields=["state", "expires_at", "ended_at"])

    def end(self) -> None:
        """Let the link work no longer, because staff say so."""
        self.expires_at = self.ended_at = timezone.now()
        self.save(update_fields=["expires_at", "ended_at"])
