"""What patients did: held a slot, booked it, changed their mind, declined, or asked to hear of more times."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from booking import request_models  # noqa: F401 - its models are of this app too
from campaigns.models import Invitation
from integrations.database import forward_only
from practices.models import Practice, User


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


class ReminderStep(models.IntegerChoices):
    """How long before an appointment its patient is reminded."""

    WORKING_DAY = 1, "1 working day before"
    THREE_DAYS = 3, "3 days before"
    SEVEN_DAYS = 7, "7 days before"


class ReminderState(models.TextChoices):
    """What became of a reminder of an appointment."""

    DUE = "due", "Being looked up in the book"
    WRITTEN = "written", "Text written"
    NOT_NEEDED = "not_needed", "Cancelled or moved since"
    GONE = "gone", "Not in the practice's book any more"
    LAPSED = "lapsed", "The book could not be read in time"
    CHANGED = "changed", "By the patient's record they cannot be texted any more"


class AppointmentReminder(models.Model):
    """One reminder of one appointment. Its text, once written, has the same id, so that there is never a second."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="reminders", db_index=False)
    step = models.PositiveSmallIntegerField(choices=ReminderStep)
    state = models.CharField(max_length=10, choices=ReminderState, default=ReminderState.DUE)
    due_at = models.DateTimeField(null=True, help_text="When the book is read, or read again.")
    until = models.DateTimeField(help_text="Too late after that.")
    claimed_until = models.DateTimeField(null=True, help_text="A worker is reading the book for it.")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["practice", "due_at"], condition=models.Q(state="due"), name="appointment_reminder_due"
            ),
            models.Index(fields=["practice"], condition=models.Q(state="gone"), name="appointment_reminder_gone"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["booking", "step"], name="appointment_reminder_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=ReminderState.values), name="appointment_reminder_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Reminder {self.step} of {self.booking_id}"


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


class WaitingPatient(models.Model):
    """Found no time, and asked to be texted when there are more. The text is sent once for each time of asking."""

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, primary_key=True, related_name="waiting")
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    times_asked = models.PositiveSmallIntegerField(default=1)
    told_at = models.DateTimeField(null=True, help_text="When the text about new times was written.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=models.Q(told_at=None), name="waiting_to_be_told"),
        ]

    def __str__(self) -> str:
        return f"Waiting {self.invitation_id}"


class ClinicalOutage(models.Model):
    """A time in which a practice's clinical system did not answer. Links live as much longer when it is over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    failed_at = models.DateTimeField(default=timezone.now, help_text="When it was last seen not to answer.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-began_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["practice"], condition=models.Q(ended_at=None), name="outage_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"Outage {self.id}"


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
        ]

    def __str__(self) -> str:
        return f"Wrong answer {self.id}"
