"""A made-up practice whose appointment book is in the sandbox, and patients who walk through our pages."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone

from booking.appointments import services
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from booking.workers import book
from booking.workers import cancel as workers_cancel
from campaigns.models import Invitation, InvitationState
from integrations.clinical.port import Slot
from integrations.links import token_for
from integrations.models import ClinicalConnection
from integrations.sandbox.server import SandboxServer
from patients.models import Recipient
from tests.factories import make_campaign, make_invitation, make_practice, make_recipient
from tests.tab import Tab

LONDON = ZoneInfo("Europe/London")
BORN = date(1958, 3, 9)
WRONG = date(1985, 8, 30)
FLU = "Flu clinic"


def day(after: int) -> date:
    """So many days from today."""
    return timezone.localdate() + timedelta(days=after)


def boxes(born: date) -> dict[str, str]:
    """A date of birth as the form sends it."""
    return {f"date_of_birth_{part}": str(getattr(born, part)) for part in ("day", "month", "year")}


class Surgery:
    """One practice of ours, connected to its stand-in."""

    def __init__(self, sandbox: SandboxServer, system: str = "emis", **campaign: Any) -> None:
        self.sandbox = sandbox
        self.practice = make_practice(clinical_system=system)
        self.campaign = make_campaign(self.practice, started=True, rows=0, **campaign)
        ods = self.practice.ods_code
        ClinicalConnection.objects.create(
            practice=self.practice,
            gp_connect_url=f"{sandbox.url}/gpconnect/{ods}/STU3/1/gpconnect",
            asid_from="200000000111",
            asid_to="200000000999",
            gateway_url=f"{sandbox.url}/gateway/{ods}",
            gateway_token=f"gateway-{ods}",
        )
        sandbox.control("seed", {"practices": [{"ods": ods, "system": system, "name": self.practice.name}]})

    def session(self, after: int = 3, at: str = "09:00:00", count: int = 2, **details: Any) -> int:
        """Add a session of free slots; returns the first slot's id."""
        session = {"ods": self.practice.ods_code, "name": "Flu session", "slot_type": FLU, "count": count}
        session |= {"start": f"{day(after)}T{at}", "minutes": 10, "location": "Branch Surgery"}
        added = self.sandbox.control("seed", {"sessions": [session | details]})
        return int(added["first_slot_ids"][0])

    def invite(self, *, registered: bool = True, **fields: Any) -> Invitation:
        """One more patient, on the practice's books too, with a live link."""
        assert self.campaign.patient_list is not None
        recipient = make_recipient(self.campaign.patient_list)
        if registered:
            self.register(recipient)
        return make_invitation(self.campaign, recipient, **fields)

    def register(self, recipient: Recipient) -> None:
        """Put a patient on the practice's books."""
        person = {"ods": self.practice.ods_code, "given": "Asha", "family": "Patel", "dob": BORN.isoformat()}
        theirs = {"nhs_number": recipient.nhs_number, "mobile": recipient.mobile}
        self.sandbox.control("seed", {"patients": [{**person, **theirs}]})

    def books(self, part: str = "appointments") -> list[dict[str, Any]]:
        """What the stand-in has on its books."""
        rows: list[dict[str, Any]] = self.sandbox.control(f"books?part={part}&ods={self.practice.ods_code}")[part]
        return rows

    def calls(self, target: str) -> int:
        """How often one call was made."""
        return sum(entry["target"] == target for entry in self.books("journal"))

    def appointments_of(self, invitation: Invitation) -> list[dict[str, Any]]:
        """A patient's appointments in the practice's book."""
        return [
            appointment for appointment in self.books() if appointment["nhs_number"] == invitation.recipient.nhs_number
        ]

    def confirmed(self, invitation: Invitation) -> Booking:
        """The patient has chosen the first free slot and confirmed it; no worker has seen it yet."""
        slot = slots.available(invitation)[0]
        services.hold(invitation_id=invitation.id, slot=slot)
        return services.confirm(invitation_id=invitation.id)

    def booked(self, invitation: Invitation) -> Booking:
        """The patient has an appointment: the first free slot is theirs in the book."""
        booking = work(self.confirmed(invitation))
        assert booking.state == "booked"
        return booking


def work(booking: Booking) -> Booking:
    """One run of the worker, when the booking is next due; returns the booking as it is then."""
    now = timezone.now()
    Booking.objects.filter(id=booking.id, due_at__isnull=False).update(due_at=now)
    book.make(booking.id)
    return Booking.objects.get(id=booking.id)


def undo(booking: Booking) -> Booking:
    """One run of the worker that cancels, as if the cancellation were due; returns the booking as it is then."""
    Booking.objects.filter(id=booking.id, state="cancelling").update(due_at=timezone.now())
    workers_cancel.undo(booking.id)
    return Booking.objects.get(id=booking.id)


def age(booking: Booking, **ago: float) -> None:
    """Pretend that the booking was last asked for so long ago."""
    Booking.objects.filter(id=booking.id).update(started_at=timezone.now() - timedelta(**ago))


def made_up_slot(number: int = 1, *, after: timedelta = timedelta(days=3)) -> Slot:
    """A slot that no clinical system knows: for what concerns our own database only."""
    start = (timezone.now() + after).replace(microsecond=0)
    return Slot(
        id=str(number),
        schedule_id="1",
        session_name="Flu session",
        slot_type=FLU,
        start=start,
        end=start + timedelta(minutes=10),
        clinician="",
        location_id="1",
        location="Branch Surgery",
    )


class Patient:
    """A patient's browser, without JavaScript. Every step returns the response."""

    def __init__(self, invitation: Invitation, client: Client | None = None) -> None:
        self.invitation = invitation
        self.client = client or Tab(enforce_csrf_checks=False)

    def open_link(self) -> Any:
        return self.client.get(f"/i/{token_for(self.invitation.id)}")

    def choose(self, choice: str = "book") -> Any:
        return self.client.post("/b/", {"choice": choice})

    def tell_birth(self, born: date = BORN) -> Any:
        return self.client.post("/b/date-of-birth/", boxes(born))

    def identified(self, choice: str = "book") -> "Patient":
        """Come as far as the times, or the decline page."""
        self.open_link()
        self.choose(choice)
        assert self.tell_birth().status_code == 303
        return self

    def take(self, slot_id: int | str) -> Any:
        return self.client.post("/b/times/", {"slot": str(slot_id)})

    def confirm(self) -> Any:
        return self.client.post("/b/check/")

    def back(self) -> "Patient":
        """Come back by the link to see the booking."""
        self.open_link()
        assert self.tell_birth()["Location"] == "/b/done/"
        return self

    def cancel(self, booking: Booking) -> Any:
        return self.client.post("/b/cancel/", {"booking": str(booking.id)})


def local(moment: str) -> datetime:
    """A London time, written as ISO without an offset."""
    return datetime.fromisoformat(moment).replace(tzinfo=LONDON)


def make_booking(invitation: Invitation, state: BookingState = BookingState.BOOKED, **fields: Any) -> Booking:
    """A booking of an invitation that has one now, in the clinical system or on its way there."""
    slot = made_up_slot(Booking.objects.count() + 1)
    answered = InvitationState.BOOKED if state in (BookingState.BOOKED, BookingState.NOT_CANCELLED) else "booking"
    Invitation.objects.filter(id=invitation.id).update(state=answered)
    values = {"slot_id": slot.id, "slot": slots.to_json(slot), "starts_at": slot.start, "ends_at": slot.end}
    return Booking.objects.create(
        practice=invitation.practice, invitation=invitation, state=state, appointment_id="1", **values | fields
    )
