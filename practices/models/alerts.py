"""What a practice's managers are emailed about: what happened, who wants to know, and the emails as an outbox."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.utils import timezone

from core.database import forward_only
from practices.models.people import Membership, User
from practices.models.practices import Practice


class AlertKind(models.TextChoices):
    """What happened that somebody must know today."""

    TEXTS_STOPPED = "texts_stopped", "Texts have stopped"
    SYSTEM_DOWN = "system_down", "The clinical system is down"
    NO_SLOTS = "no_slots", "A batch has no slots left"
    BATCH_FINISHED = "batch_finished", "A batch is finished"


class Alert(models.Model):
    """One thing that happened in a practice. `occasion` names it, so that it counts once whoever notices it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20, choices=AlertKind)
    occasion = models.CharField(max_length=80, help_text="Ids and times alone.")
    about = models.UUIDField(null=True, help_text="The batch that it is about, where it is about one.")
    created_at = models.DateTimeField(default=timezone.now)
    prepared_at = models.DateTimeField(null=True, help_text="When emails were written for it, or none was wanted.")
    over_at = models.DateTimeField(null=True, help_text="When it was settled: then nobody is told any more.")

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "kind", "occasion"], name="alert_once"),
            models.CheckConstraint(condition=models.Q(kind__in=AlertKind.values), name="alert_kind_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practice"], condition=models.Q(prepared_at=None), name="alert_to_prepare"),
            models.Index(fields=["practice", "kind"], condition=models.Q(over_at=None), name="alert_open"),
        ]

    def __str__(self) -> str:
        return f"{AlertKind(self.kind).label} at {self.practice_id}"


class AlertSwitchedOff(models.Model):
    """A kind of alert that a manager wants no emails about, in one practice. No row: they get them."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="alerts_off")
    kind = models.CharField(max_length=20, choices=AlertKind)

    class Meta:
        verbose_name_plural = "alerts switched off"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["membership", "kind"], name="alert_off_once"),
            models.CheckConstraint(condition=models.Q(kind__in=AlertKind.values), name="alert_off_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} off for {self.membership_id}"


class EmailState(models.TextChoices):
    """How far an email has come."""

    DUE = "due", "Due"
    SENT = "sent", "Handed over"
    FAILED = "failed", "Given up"
    WITHDRAWN = "withdrawn", "Not needed any more"


_E = EmailState
EMAIL_MOVES: Mapping[str, frozenset[str]] = {_E.DUE: frozenset({_E.SENT, _E.FAILED, _E.WITHDRAWN})}


class AlertEmail(models.Model):
    """One email to one manager about what happened in their practice since the last one: a row of an outbox.

    `due_at` is when it is next tried; a claim puts it off for as long as it lasts. Its id is its Message-ID.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    alerts = models.ManyToManyField(Alert, related_name="emails")
    state = models.CharField(max_length=10, choices=EmailState, default=EmailState.DUE)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    started_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=EmailState.values), name="alert_email_state_known"),
            models.CheckConstraint(
                condition=models.Q(state=EmailState.DUE, due_at__isnull=False, settled_at=None)
                | (~models.Q(state=EmailState.DUE) & models.Q(due_at=None, settled_at__isnull=False)),
                name="alert_email_due_or_settled",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="alert_email_due"),
        ]
        triggers: ClassVar = [forward_only(EMAIL_MOVES)]

    def __str__(self) -> str:
        return f"Email {self.id}"
