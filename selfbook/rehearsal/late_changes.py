"""What happens at a practice between the check of a list and its texts: patients die, are booked, get another phone."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
from django.utils import timezone

from campaigns.models import Campaign, Invitation
from campaigns.sending.rechecks.changes import changes
from integrations.clinical.port import CheckedPatient
from integrations.connections import clinical_for
from integrations.models.outbox import Message, Purpose
from patients.models import Recipient
from patients.reasons import Reason
from patients.records.rechecks import NEW_MOBILE
from practices.models import Membership, Practice
from selfbook.demo.people import Person
from selfbook.demo.practices import DemoPractice
from selfbook.rehearsal.books import TheirBooks
from selfbook.rehearsal.patients import TURN
from selfbook.rehearsal.staff import SLOT_TYPE

_DIED, _BOOKED, _MOVED = 3, 5, 8
"""Of every turn of people, these."""

_FIRST_DAY, _LAST_DAY = 2, 30
"""Days ahead among which the practice books by phone."""


@dataclass
class LateChanges:
    """The NHS numbers of whom something has happened to, and the ids of the appointments that the practice made."""

    died: set[str] = field(default_factory=set)
    booked: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)
    """To the mobile that they have now, in E.164."""

    appointments: set[str] = field(default_factory=set)

    def happen(self, sandbox_url: str, demo: DemoPractice, size: int) -> None:
        """Have them happen to some of a practice's people."""
        practice = Practice.objects.get(ods_code=demo.ods_code)
        staff = Membership.objects.filter(practice=practice).select_related("user").order_by("id")[0].user
        first = timezone.localdate() + timedelta(days=_FIRST_DAY)
        last = timezone.localdate() + timedelta(days=_LAST_DAY)
        with closing(clinical_for(practice, staff)) as system:
            slots = system.free_slots(first, last, SLOT_TYPE)
            for place, person in enumerate(demo.people(size)):
                number, kind = person.nhs_number, place % TURN
                if kind == _DIED:
                    _change(sandbox_url, demo, number, deceased=1)
                    self.died.add(number)
                elif kind == _BOOKED and slots:
                    self.appointments.add(system.book(_checked(person), slots.pop(), "By phone").id)
                    self.booked.add(number)
                elif kind == _MOVED and demo.system.details_from_record:
                    _change(sandbox_url, demo, number, mobile=f"07700 9009{place % 100:02}")
                    self.moved[number] = f"+4477009009{place % 100:02}"

    def without_theirs(self, books: TheirBooks) -> TheirBooks:
        """The stand-ins' books without the appointments that the practice made itself."""
        ours = [appointment for appointment in books.appointments if str(appointment["id"]) not in self.appointments]
        return replace(books, appointments=ours)

    def disagreements(self, campaign: Campaign) -> Iterator[str]:
        """Whoever was invited and should not have been, texted on an old phone, or not counted."""
        invited = Invitation.objects.filter(campaign=campaign)
        for invitation in invited.filter(recipient__nhs_number__in=self.died | self.booked):
            yield f"invitation {invitation.id} is for somebody who had died, or had an appointment"
        texts = Message.objects.filter(campaign_id=campaign.id, purpose=Purpose.INVITATION)
        for invitation in invited.filter(recipient__nhs_number__in=list(self.moved)).select_related("recipient"):
            if not texts.filter(subject_id=invitation.id, to=self.moved[invitation.recipient.nhs_number]).exists():
                yield f"invitation {invitation.id} went to a phone that its patient no longer has"
        rows = Recipient.objects.filter(patient_list=campaign.patient_list_id)
        counted = {change.code: change.count for change in changes(campaign)}
        expected = {
            Reason.RECORD_NOT_FOUND: rows.filter(nhs_number__in=self.died, reasons=[Reason.RECORD_NOT_FOUND]).count(),
            Reason.ALREADY_BOOKED: rows.filter(nhs_number__in=self.booked, reasons=[Reason.ALREADY_BOOKED]).count(),
            NEW_MOBILE: invited.filter(recipient__nhs_number__in=list(self.moved)).count(),
        }
        for code, patients in expected.items():
            if counted.get(code, 0) != patients:
                yield f"{patients} patients have changed ({code}), {counted.get(code, 0)} are counted"


def _checked(person: Person) -> CheckedPatient:
    return CheckedPatient(person.nhs_number, person.date_of_birth)


def _change(sandbox_url: str, demo: DemoPractice, nhs_number: str, **record: object) -> None:
    who = {"ods": demo.ods_code, "nhs_number": nhs_number}
    httpx.post(f"{sandbox_url}/__control/change-record", json={**who, **record}, timeout=60).raise_for_status()
