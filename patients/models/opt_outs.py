"""Who wants no texts from a practice."""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from patients.models import opt_out_labels
from practices.models import Practice, User


class OptOutSource(models.TextChoices):
    """Who told us that a patient wants no texts."""

    STAFF = "staff", "Added by staff"
    PATIENT = "patient", "The patient, by their link"
    TEXT = "text", "The patient, by text"
    CHANNEL = "channel", "The phone network"


class OptOutQuerySet(models.QuerySet["OptOut"]):
    """Named selections of opt-outs."""

    def live(self) -> Self:
        """Those that hold now: nobody has ended them."""
        return self.filter(ended_at=None)


class OptOut(models.Model):
    """One patient (by NHS number), or everybody with one phone (by mobile), wants no texts from one practice.

    An ended opt-out stays, to tell when it held.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="opt_outs", db_index=False)
    nhs_number = models.CharField("NHS number", max_length=10, blank=True)
    mobile = models.CharField(max_length=16, blank=True, help_text="E.164.")
    source = models.CharField(max_length=10, choices=OptOutSource)
    word = models.CharField(
        max_length=12,
        choices=[(word, word) for word in opt_out_labels.LABELS],
        blank=True,
        default="",
        help_text="By which word, if by text.",
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = OptOutQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(nhs_number="") & ~Q(mobile="") | Q(mobile="") & ~Q(nhs_number=""),
                name="opt_out_of_one_patient_or_one_phone",
            ),
            models.CheckConstraint(condition=Q(source__in=OptOutSource.values), name="opt_out_source_known"),
            models.CheckConstraint(condition=Q(word__in=["", *opt_out_labels.LABELS]), name="opt_out_word_known"),
            models.UniqueConstraint(
                fields=["practice", "nhs_number"],
                condition=Q(ended_at=None) & ~Q(nhs_number=""),
                name="opt_out_once_per_patient",
            ),
            models.UniqueConstraint(
                fields=["practice", "mobile"], condition=Q(ended_at=None) & ~Q(mobile=""), name="opt_out_once_per_phone"
            ),
        ]

    def __str__(self) -> str:
        return f"Opt-out {self.id}"

    @property
    def how(self) -> str:
        """What happened, for staff: who asked for no texts, in which way and by which word."""
        return opt_out_labels.how(self.source, self.word, self.created_by.get_full_name() if self.created_by else "")

    @property
    def is_blocked(self) -> bool:
        """Whether the text service may refuse texts to the phone by itself, until somebody texts START from it."""
        return self.source in (OptOutSource.TEXT, OptOutSource.CHANNEL)
