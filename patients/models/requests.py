"""What managers ask for about one patient's data: to have it erased, or a copy of it. A second person decides."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from practices.models import Practice, User


class RequestKind(models.TextChoices):
    """What is asked for."""

    ERASE = "erase", "Erase the patient's data"
    EXPORT = "export", "Get a copy of the patient's data"


class RequestState(models.TextChoices):
    """How far a request has come: only forward."""

    WAITING = "waiting", "Waiting for a second person"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"


class PatientRequest(models.Model):
    """A manager asks, another decides. The NHS number goes as soon as nobody needs it any more.

    That is when the patient was erased, when it was refused, or, for a copy, when `available_until` is over.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=RequestKind)
    nhs_number = models.CharField("NHS number", max_length=10, blank=True)
    state = models.CharField(max_length=7, choices=RequestState, default=RequestState.WAITING)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    available_until = models.DateTimeField(null=True, help_text="Until then the copy can be downloaded.")

    class Meta:
        ordering: ClassVar = ["-asked_at"]
        indexes: ClassVar = [
            models.Index(fields=["practice", "-asked_at"], name="patient_request_lately"),
            models.Index(fields=["asked_at"], condition=~models.Q(nhs_number=""), name="patient_request_to_forget"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=RequestKind.values), name="patient_request_kind_known"),
            models.CheckConstraint(
                condition=models.Q(state="waiting", decided_by=None, decided_at=None) & ~models.Q(nhs_number="")
                | models.Q(state__in=["done", "refused"], decided_by__isnull=False, decided_at__isnull=False),
                name="patient_request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | ~models.Q(decided_by=models.F("asked_by")),
                name="patient_request_done_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
