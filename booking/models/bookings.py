"""What patients did: held a slot, booked it, changed their mind, or declined."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from campaigns.models import Invitation
from core.database import forward_only
from practices.models import Practice, User


class CancelReason(models.TextChoices):
    """Why a patient cancels, if they say so: in the words of their page."""

    TIME = "time", "I cannot come at that time"
    ILL = "ill", "I am not well enough to come"
    ELSEWHERE = "elsewhere", "I have had this somewhere else"
    NOT_WANTED = "not_wanted", "I do not want it any more"
    OTHER = "other", "Another reason"


class SlotHold(models.Model):
    """A slot kept from our other patients while one reads the confirm page. The practice may still take it."""

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, primary_key=True, related_name="hold")
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    slot_id = models.CharField(max_length=80)
    slot = models.JSONField(help_text="The slot as it was offered.")
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "slot_id"], name="hold_once_per_slot"),
        ]

    def __str__(self) -> str:
        return f"Hold {self.invitation_id}"


class BookingState(models.TextChoices):
    """Where one booking is on its way into the clinical system's book, or out of it."""

    PENDING = "pending", "Waiting to be booked"
    STARTED = "started", "Being booked"
    UNKNOWN = "unknown", "Being checked"
    BOOKED = "booked", "Booked"
    MOVING = "moving", "Kept until another time is booked"
    CANCELLING = "cancelling", "Being cancelled"
    SLOT_GONE = "slot_gone", "Slot no longer free"
    FAILED = "failed", "Not booked"
    CHECK = "check", "Check by hand"
    NOT_CANCELLED = "not_cancelled", "Cancel by hand"
    CANCELLED = "cancelled", "Cancelled"


_S = BookingState
BOOKING_MOVES: dict[str, frozenset[str]] = {
    _S.PENDING: frozenset({_S.STARTED}),
    _S.STARTED: frozenset({_S.PENDING, _S.UNKNOWN, _S.BOOKED, _S.SLOT_GONE, _S.FAILED}),
    _S.UNKNOWN: frozenset({_S.PENDING, _S.BOOKED, _S.SLOT_GONE, _S.FAILED, _S.CHECK}),
    _S.BOOKED: frozenset({_S.MOVING, _S.CANCELLING}),
    _S.MOVING: frozenset({_S.BOOKED, _S.CANCELLING}),
    _S.CANCELLING: frozenset({_S.CANCELLED, _S.NOT_CANCELLED}),
    _S.CHECK: frozenset({_S.BOOKED, _S.FAILED}),
    _S.NOT_CANCELLED: frozenset({_S.CANCELLED}),
    _S.SLOT_GONE: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""Which state may follow which. Nothing else may change a booking's state."""

CURRENT = frozenset({_S.PENDING, _S.STARTED, _S.UNKNOWN, _S.BOOKED, _S.CHECK})
"""It is the patient's booking: an invitation has one at most."""

LIVE = CURRENT | {_S.MOVING, _S.CANCELLING, _S.NOT_CANCELLED}
"""The slot is, or may be, this patient's: it has one booking at most.

A booking that gives way to another keeps its slot until the other is in the book, so that nobody is left without.
"""

_CURRENT_VALUES = sorted(str(state) for state in CURRENT)
_LIVE_VALUES = sorted(str(state) for state in LIVE)


class BookingQuerySet(models.QuerySet["Booking"]):
    """Bookings by what their state means for their patient and slot: see `CURRENT` and `LIVE`."""

    def live(self) -> Self:
        """Those whose slot is, or may be, the patient's."""
        return self.filter(state__in=_LIVE_VALUES)

    def current(self) -> Self:
        """Those that are their patient's booking now: one of an invitation at most."""
        return self.filter(state__in=_CURRENT_VALUES)

    def due(self) -> Self:
        """Those whose time has come to be looked at, oldest first."""
        return self.filter(due_at__lte=timezone.now()).order_by("due_at")


class Booking(models.Model):
    """One appointment that a patient confirmed. Committed before any page says so; the worker books it.

    One that is to take the place of another `replaces` it. The other is cancelled once this one is in the book.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="bookings")
    slot_id = models.CharField(max_length=80)
    slot = models.JSONField(help_text="The slot as it was offered: what the clinical system is asked for.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=13, choices=BookingState, default=BookingState.PENDING)
    due_at = models.DateTimeField(default=timezone.now, null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    appointment_id = models.CharField(max_length=80, blank=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replacements")
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="The staff member who did it by phone."
    )
    cancelled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: the patient, or nobody."
    )
    cancel_asked_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(
        max_length=10,
        choices=CancelReason,
        blank=True,
        default="",
        db_default="",
        help_text="Why the patient cancels, if they said so.",
    )
    reason = models.CharField(max_length=200, blank=True, help_text="For staff.")
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="booking_needs_care"),
            models.Index(fields=["starts_at"], condition=models.Q(state="booked"), name="booking_to_come"),
            models.Index(
                fields=["practice", "created_at"],
                condition=models.Q(state__in=_LIVE_VALUES),
                name="booking_live_by_age",
            ),
        ]
        triggers: ClassVar = [forward_only(BOOKING_MOVES)]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invitation"], condition=models.Q(state__in=_CURRENT_VALUES), name="booking_one_live_each"
            ),
            models.UniqueConstraint(
                fields=["practice", "slot_id"], condition=models.Q(state__in=_LIVE_VALUES), name="booking_slot_once"
            ),
            models.CheckConstraint(condition=models.Q(state__in=BookingState.values), name="booking_state_known"),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=models.Q(state__in=_CURRENT_VALUES),
                name="booking_replaced_by_one",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["booked", "moving", "cancelling", "not_cancelled", "cancelled"])
                | ~models.Q(appointment_id=""),
                name="booking_booked_has_appointment",
            ),
        ]

    def __str__(self) -> str:
        return f"Booking {self.id}"


class Decline(models.Model):
    """A patient does not want this. The coded entry follows from it.

    Staff can reverse it when a patient asks: `reversed_at` is set until the patient declines again. The code stays in
    the record.
    """

    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, primary_key=True, related_name="decline")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    declined_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="The staff member who did it by phone."
    )
    reversed_at = models.DateTimeField(null=True)
    reversed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(reversed_at=None, reversed_by=None)
                | models.Q(reversed_at__isnull=False, reversed_by__isnull=False),
                name="decline_reversed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Decline {self.invitation_id}"
