"""A surgery whose book of appointments is the sandbox's, and patients with a link each."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone

from bench.sending.batch import invitation_for, patients_of, running_campaign
from bench.sending.wire import ACCOUNT, SENDER, TOKEN
from booking.appointments import services
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from booking.visits import session
from booking.visits.references import root_of
from campaigns.models import Invitation
from core.database import copy_in
from integrations.links import token_for
from integrations.models import ChannelConnection, ClinicalConnection
from integrations.sandbox.server import SandboxServer
from patients.models import Recipient
from practices.models import Practice

BORN = date(1950, 6, 15)
SLOT_TYPE = "Flu vaccination"
_SEEDED_AT_ONCE = 2_000


class Surgery:
    """A practice that uses EMIS, its batch of invitations, and the appointments that it has to give."""

    def __init__(self, sandbox: SandboxServer, texts_to: str, ods: str) -> None:
        """No patients and no slots yet. Its texts go to a stand-in at this address."""
        self._sandbox, self._ods = sandbox, ods
        self.practice = Practice.objects.create(
            ods_code=ods, name="Example Surgery", phone="01632 960123", clinical_system="emis"
        )
        self.campaign = running_campaign(self.practice, SLOT_TYPE)
        ClinicalConnection.objects.create(
            practice=self.practice,
            gp_connect_url=f"{sandbox.url}/gpconnect/{ods}/STU3/1/gpconnect",
            asid_from="200000000111",
            asid_to="200000000999",
            gateway_url=f"{sandbox.url}/gateway/{ods}",
            gateway_token=f"gateway-{ods}",
        )
        ChannelConnection.objects.create(
            practice=self.practice, account_sid=ACCOUNT, auth_token=TOKEN, sender=SENDER, base_url=texts_to
        )
        sandbox.control("seed", {"practices": [{"ods": ods, "system": "emis", "name": self.practice.name}]})
        assert self.campaign.patient_list is not None
        self._more = patients_of(self.campaign.patient_list)

    def invite(self, size: int, *, registered: bool = True) -> list[UUID]:
        """So many more patients, each with a link. Those who are to book must be on the surgery's books."""
        patients = list(islice(self._more, size))
        Recipient.objects.bulk_create(patients, batch_size=_SEEDED_AT_ONCE)
        invitations = [invitation_for(self.campaign, patient) for patient in patients]
        copy_in(invitations)
        for start in range(0, size if registered else 0, _SEEDED_AT_ONCE):
            few = patients[start : start + _SEEDED_AT_ONCE]
            self._sandbox.control("seed", {"patients": [_person(self._ods, patient) for patient in few]})
        return [invitation.id for invitation in invitations]

    def offer(self, *, days: int, times_a_day: int, rooms: int) -> None:
        """Free slots at so many times on each of the next days, side by side in so many rooms."""
        first = timezone.localdate() + timedelta(days=2)
        sessions = [
            {
                "ods": self._ods,
                "name": f"Room {room}",
                "slot_type": SLOT_TYPE,
                "start": f"{first + timedelta(days=day)}T10:00:00",
                "minutes": 30,
                "count": times_a_day,
                "location": "Example Surgery",
                "clinician": f"Nurse {room}",
            }
            for day in range(days)
            for room in range(rooms)
        ]
        self._sandbox.control("seed", {"sessions": sessions})

    def hold(self, invitations: Sequence[UUID]) -> None:
        """Each of these patients has chosen a time."""
        free = slots.available(
            Invitation.objects.select_related("campaign__started_by", "practice").get(id=invitations[0])
        )
        for invitation_id, slot in zip(invitations, free, strict=False):
            services.hold(invitation_id=invitation_id, slot=slot)

    def waiting(self) -> int:
        """How many patients have confirmed and are not booked yet."""
        return Booking.objects.current().filter(practice=self.practice).exclude(state=BookingState.BOOKED).count()

    def booked(self) -> int:
        """How many patients the clinical system has booked, as we have it."""
        return Booking.objects.filter(practice=self.practice, state=BookingState.BOOKED).count()

    def in_the_book(self) -> int:
        """How many appointments the clinical system itself has."""
        appointments = self._sandbox.control(f"books?part=appointments&ods={self._ods}")["appointments"]
        return sum(appointment["status"] == "booked" for appointment in appointments)


def link_of(invitation_id: UUID) -> str:
    """The path of a patient's link."""
    return f"/i/{token_for(invitation_id)}"


class Visitor(NamedTuple):
    """A patient's browser: what the addresses of the visit begin with, and the cookies."""

    root: str
    cookies: dict[str, str]


def visiting(invitation_id: UUID, choice: session.PatientChoice | None, *, verified: bool = True) -> Visitor:
    """A patient who has pressed this button, if any, and given the right date of birth unless told otherwise."""
    response, visit = HttpResponse(), session.Visit.opened(invitation_id)
    visit = visit.choosing(choice) if choice else visit
    session.write(response, visit.verified() if verified else visit)
    return Visitor(root_of(visit.reference), {name: morsel.value for name, morsel in response.cookies.items()})


def _person(ods: str, patient: Recipient) -> dict[str, str]:
    return {
        "ods": ods,
        "given": patient.given_name,
        "family": patient.family_name,
        "dob": BORN.isoformat(),
        "nhs_number": patient.nhs_number,
    }
