"""A small practice to play with: three patients, five slots, a clinical system that fails, and a worker."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from django.core.cache import cache
from django.utils import timezone

from booking.appointments import cancel as appointments_cancel
from booking.appointments import change, services
from booking.models import CURRENT, LIVE, Booking, BookingState, Decline, SlotHold
from booking.slots import offered as slots
from booking.staff.patient.reverse import reverse_decline
from booking.visits import identity
from booking.workers import book as workers_book
from booking.workers import cancel as workers_cancel
from campaigns.models import CodeKind, Invitation, InvitationState
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.sandbox.server import SandboxServer
from tests.booking.surgery import Surgery, age
from tests.factories import make_code, make_staff

PATIENTS, SLOTS = 3, 5
_REFUSED = (
    services.NotOpen,
    services.SlotUnavailable,
    services.HoldGone,
    change.NothingToChange,
    change.TooLate,
    slots.Unavailable,
)
_UNSETTLED = {BookingState.PENDING, BookingState.STARTED, BookingState.UNKNOWN, BookingState.CANCELLING}
_MAY_BE_IN_THE_BOOK = {str(state) for state in LIVE}


class World:
    """What can be done, and what must be true after each of it. Whatever is refused changes nothing."""

    def __init__(self, sandbox: SandboxServer) -> None:
        """A practice of its own, so that nothing is left of the one before."""
        sandbox.control("faults", method="DELETE")
        self.surgery = Surgery(sandbox, allow_decline=True, decline_code=make_code(CodeKind.DECLINE))
        self.staff = make_staff(self.surgery.practice)
        first = self.surgery.session(count=SLOTS)
        self.slots = [str(first + number) for number in range(SLOTS)]
        self.patients = [self.surgery.invite() for _ in range(PATIENTS)]
        cache.clear()

    def _try(self, do: Callable[[], object]) -> None:
        with suppress(*_REFUSED):
            do()

    def _bookings(self) -> list[Booking]:
        return list(Booking.objects.filter(practice=self.surgery.practice).order_by("created_at"))

    def _current(self, patient: int) -> Booking | None:
        return Booking.objects.current().filter(invitation=self.patients[patient]).first()

    # What patients do

    def press(self, patient: int, slot: int) -> None:
        """Press a time on the page: to book it, or to move there."""
        invitation = Invitation.objects.select_related("campaign__started_by", "practice").get(
            id=self.patients[patient].id
        )
        service = change if invitation.state in (InvitationState.BOOKED, InvitationState.CANCELLED) else services
        self._try(
            lambda: service.hold_first_of(
                invitation_id=invitation.id, slots=slots.at_time_of(invitation, self.slots[slot])
            )
        )

    def confirm(self, patient: int) -> None:
        """Press "Confirm"."""
        invitation = Invitation.objects.get(id=self.patients[patient].id)
        service = change if invitation.state in (InvitationState.BOOKED, InvitationState.CANCELLED) else services
        self._try(lambda: service.confirm(invitation_id=invitation.id))

    def cancel(self, patient: int) -> None:
        """Press "Yes, cancel"."""
        booking = self._current(patient)
        if booking is not None:
            self._try(lambda: appointments_cancel.cancel(booking_id=booking.id))

    def decline(self, patient: int) -> None:
        """Decline."""
        self._try(lambda: services.decline(invitation_id=self.patients[patient].id))

    def mistype(self, patient: int) -> None:
        """Give a wrong date of birth."""
        identity.check_date_of_birth(invitation_id=self.patients[patient].id, given=date(1900, 1, 1))

    # What others do

    def staff_reverse(self, patient: int) -> None:
        """Staff take a decline back."""
        reverse_decline(invitation_id=self.patients[patient].id, by=self.staff)

    def receptionist_takes(self, slot: int) -> None:
        """Somebody is booked by hand."""
        self.surgery.sandbox.control("take", {"slot_id": int(self.slots[slot])})

    def hold_runs_out(self) -> None:
        """Ten minutes go by."""
        SlotHold.objects.filter(practice=self.surgery.practice).update(expires_at=timezone.now())

    def link_runs_out(self, patient: int) -> None:
        """Two weeks go by for one patient."""
        Invitation.objects.filter(id=self.patients[patient].id).update(expires_at=timezone.now())

    def fail(self, target: str, kind: str) -> None:
        """The clinical system's next answer to this is lost, late or a refusal."""
        details = {"status": 503} if kind.startswith("status") else {"seconds": 0}
        self.surgery.sandbox.fault(f"gp_connect.{target}", kind, times=1, **details)

    def cache_is_lost(self) -> None:
        """Redis forgets."""
        cache.clear()

    # What the worker does

    def work(self, *, dies: bool = False) -> None:
        """One run over everything; or it is killed each time just after it has claimed something."""
        for booking in self._bookings():
            Booking.objects.filter(id=booking.id, due_at__isnull=False).update(due_at=timezone.now())
            if booking.state == BookingState.CANCELLING:
                (workers_cancel.claim if dies else workers_cancel.undo)(booking.id)
            else:
                (workers_book.claim if dies else workers_book.make)(booking.id)

    def sweep(self) -> None:
        """A minute goes by, and the sweepers look for what was left lying."""
        for booking in self._bookings():
            age(booking, minutes=1)
            Booking.objects.filter(id=booking.id, due_at__isnull=False).update(due_at=timezone.now())
        workers_book.sweep()
        workers_cancel.sweep()

    def settle(self) -> None:
        """All troubles end, and the worker has all the time it needs."""
        self.surgery.sandbox.control("faults", method="DELETE")
        for _ in range(12):
            self.sweep()
            self.work()

    # What must be true

    def check(self) -> None:
        """What must hold (faults#what-must-hold), after every step."""
        bookings = self._bookings()
        live = [booking for booking in bookings if booking.state in LIVE]
        current = [booking for booking in bookings if booking.state in CURRENT]
        assert max(Counter(booking.slot_id for booking in live).values(), default=0) <= 1, "a slot has one patient"
        assert max(Counter(booking.invitation_id for booking in current).values(), default=0) <= 1, (
            "a patient has one booking"
        )
        whose = {booking.slot_id: booking.invitation_id for booking in live}
        for hold in SlotHold.objects.filter(practice=self.surgery.practice):
            assert whose.get(hold.slot_id, hold.invitation_id) == hold.invitation_id, "kept for one, booked for another"
        declined = set(
            Decline.objects.filter(practice=self.surgery.practice, reversed_at=None).values_list(
                "invitation", flat=True
            )
        )
        assert not declined & {booking.invitation_id for booking in current}, "declined and booked"
        self._check_book(bookings)
        self._check_words(bookings)

    def _check_book(self, bookings: list[Booking]) -> None:
        """The clinical system's book and ours agree as far as anybody was told."""
        book = {item["id"]: item for item in self.surgery.books() if item["status"] == "booked"}
        numbers = {item.id: item.recipient.nhs_number for item in self.patients}
        ours = {(numbers[item.invitation_id], item.slot_id) for item in bookings if item.state in _MAY_BE_IN_THE_BOOK}
        for item in book.values():
            assert any((item["nhs_number"], slot) in ours for slot in self.slots), "an appointment nobody knows of"
        notified = [item for item in bookings if item.state in (BookingState.BOOKED, BookingState.MOVING)]
        for booking in notified:
            assert int(booking.appointment_id) in {int(key) for key in book}, "told of an appointment that is not there"

    def _check_words(self, bookings: list[Booking]) -> None:
        """Each appointment was confirmed by one text, and each decline has one code."""
        practice = self.surgery.practice
        made = [booking for booking in bookings if booking.appointment_id]
        confirmed = Message.objects.filter(practice=practice, purpose=Purpose.CONFIRMATION)
        assert confirmed.count() == len(made), "a text for each appointment"
        codes = CodedEntry.objects.filter(practice=practice, purpose=Purpose.DECLINE)
        assert codes.count() == Decline.objects.filter(practice=practice).count(), "a code for each who declined"

    def check_settled(self) -> None:
        """Nothing is left hanging, and both books are the same."""
        self.settle()
        self.check()
        bookings = self._bookings()
        hanging = [item.state for item in bookings if item.state in _UNSETTLED | {BookingState.MOVING}]
        assert hanging == []
        in_book = sum(item["status"] == "booked" for item in self.surgery.books())
        booked = sum(item.state == BookingState.BOOKED for item in bookings)
        unsure = sum(item.state in (BookingState.CHECK, BookingState.NOT_CANCELLED) for item in bookings)
        assert booked <= in_book <= booked + unsure
