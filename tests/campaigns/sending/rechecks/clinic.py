"""A batch whose patients are in the stand-in's books, and what a practice does to them after the list was checked."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from campaigns.drafts import services
from campaigns.models import Campaign
from campaigns.sending import issuing
from campaigns.sending.rechecks import look_ups
from integrations.clinical.port import CheckedPatient
from integrations.connections import clinical_for
from integrations.models.outbox import Message, Purpose
from integrations.sandbox.server import SandboxServer
from patients.models import Recipient
from practices.models import Practice
from tests.connected import connect, seed_patient, seed_slots
from tests.factories import make_campaign, make_practice, make_staff

FLU = "Flu clinic"


class Clinic:
    """A practice of ours and its stand-in."""

    def __init__(self, sandbox: SandboxServer, system: str = "emis") -> None:
        self.sandbox = sandbox
        self.practice: Practice = make_practice(clinical_system=system)
        self.staff = make_staff(self.practice)
        connect(self.practice, sandbox)

    def draft(self, patients: int = 3, **fields: Any) -> Campaign:
        """A batch that is ready to be sent; all of its patients are on the books."""
        batch = make_campaign(self.practice, self.staff, rows=patients, **fields)
        for row in rows(batch):
            seed_patient(self.sandbox, self.practice, row)
        return batch

    def sent(self, patients: int = 3, **fields: Any) -> Campaign:
        """The same, for which Send has just been pressed."""
        return services.start(campaign=self.draft(patients, **fields), longest_name="Asha", by=self.staff)

    def change(self, row: Recipient, **record: object) -> None:
        """Somebody at the practice changes the patient's record."""
        who = {"ods": self.practice.ods_code, "nhs_number": row.nhs_number}
        assert self.sandbox.control("change-record", {**who, **record})["changed"] == 1

    def book(self, row: Recipient, *, after: int = 5, slot_type: str = FLU) -> None:
        """The practice books the patient by phone, so many days from today."""
        seed_slots(self.sandbox, self.practice, slot_type, count=1, after=after)
        day = today(after)
        system = clinical_for(self.practice, self.staff)
        system.book(
            CheckedPatient(row.nhs_number, row.date_of_birth), system.free_slots(day, day, slot_type)[0], "By phone"
        )
        system.close()

    def fails(self, target: str = "gp_connect.*", kind: str = "status", **details: Any) -> None:
        """Something goes wrong until it is mended, as a rule that the system is down."""
        self.sandbox.fault(target, kind, **{"status": 503, "times": None, **details})

    def mend(self) -> None:
        """All is well again."""
        self.sandbox.control("faults", method="DELETE")

    def calls(self, target: str = "gp_connect.patient") -> int:
        """How often one call has been made at this practice, or "" for any."""
        journal = self.sandbox.control(f"books?part=journal&ods={self.practice.ods_code}")["journal"]
        return sum(entry["target"].startswith(target) for entry in journal)


def today(after: int = 0) -> date:
    """So many days from today."""
    return timezone.localdate() + timedelta(days=after)


def rows(batch: Campaign) -> list[Recipient]:
    """The batch's rows as they are now, in the order of the list."""
    assert batch.patient_list is not None
    return list(batch.patient_list.recipients.order_by("row_number"))


def work(batch: Campaign, times: int = 20) -> Campaign:
    """Let workers do what there is to do for a batch, and no waiting; the batch as it is then."""
    for _ in range(times):
        before = len(texted(batch))
        look_ups.check(batch.id)
        issuing.issue(batch.id)
        if len(texted(batch)) == before:
            break
    batch.refresh_from_db()
    return batch


def texted(batch: Campaign) -> list[str]:
    """The mobiles that the batch's invitations go to, in the order in which they were written."""
    invitations = Message.objects.of_batch(batch.id).filter(purpose=Purpose.INVITATION)
    return list(invitations.order_by("created_at", "id").values_list("to", flat=True))


def reasons(batch: Campaign) -> list[list[str]]:
    """Why each row of the list cannot be sent."""
    return [row.reasons for row in rows(batch)]
