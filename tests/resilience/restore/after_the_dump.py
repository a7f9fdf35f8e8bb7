"""What people did after a dump that outside systems know nothing of: opt-outs by a page or by staff, and erasures."""

from campaigns.models import Campaign
from integrations.sandbox.server import SandboxServer
from patients.lists import screening
from patients.models import ErasedOptOut, OptOut, OptOutSource, Recipient, Verdict
from patients.opt_outs import services as opt_outs
from practices.holds import continuity
from selfbook.retention import patient, services
from tests.connected import connect
from tests.factories import (
    make_campaign,
    make_invitation,
    make_list,
    make_practice,
    make_recipient,
    make_staff,
    nhs_number,
)
from tests.resilience.restore.conftest import Restorable
from tests.selfbook.retention.scene import make_closed


class AfterTheDump:
    """One practice, dumped; then somebody opts out by a page, staff opt a stranger out and end another's opt-out, a
    batch is erased because its time is over, and one patient because they ask.
    """

    def __init__(self, database: Restorable, sandbox: SandboxServer) -> None:
        assert continuity.look() is None, "a first install"
        sandbox.control("reset", {})
        self.practice = make_practice()
        connect(self.practice, sandbox)
        self.staff = make_staff(self.practice)
        patient_list = make_list(self.practice, self.staff, rows=0)
        self.by_page, self.erased = (make_recipient(patient_list) for _ in range(2))
        batch = make_campaign(self.practice, self.staff, patient_list=patient_list, started=True)
        for recipient in (self.by_page, self.erased):
            make_invitation(batch, recipient)
        self.closed = make_closed(self.practice)
        self.stranger, self.again = nhs_number(8_000), nhs_number(8_001)
        former = opt_outs.add(practice=self.practice, by=None, source=OptOutSource.PATIENT, nhs_number=self.again)
        database.dump()
        opt_outs.add(practice=self.practice, by=None, source=OptOutSource.PATIENT, mobile=self.by_page.mobile)
        opt_outs.add(practice=self.practice, by=self.staff, source=OptOutSource.STAFF, nhs_number=self.stranger)
        opt_outs.end(opt_out=former, by=self.staff)
        assert services.sweep() == 1
        patient.erase(self.practice, self.erased.nhs_number, by=self.staff)
        assert not self.is_lost()

    def is_lost(self) -> bool:
        """Whether the database knows nothing of it."""
        rows = Recipient.objects.filter(id__in=[self.erased.id, self.closed.silent.id])
        return rows.count() == 2 and not OptOut.objects.live().filter(mobile=self.by_page.mobile).exists()

    def check(self) -> None:
        """All of it is so again: the patients are gone, and who opted out gets no texts."""
        assert not Recipient.objects.filter(id__in=[self.erased.id, self.closed.silent.id]).exists()
        assert Campaign.objects.get(id=self.closed.campaign.id).erased_at is not None
        assert opt_outs.stopped_phones(self.practice, [self.by_page.mobile]) == {self.by_page.mobile}
        assert OptOut.objects.live().get().mobile == self.by_page.mobile, "a list has it, so pages show it"
        assert opt_outs.stopped_patients(self.practice, [self.stranger, self.again]) == {self.stranger}
        assert ErasedOptOut.objects.count() == 1

    def leaves_out_of_a_new_list(self) -> set[bool]:
        """Whether the stranger, on a list for the first time, is left out."""
        patient_list = make_list(self.practice, self.staff, rows=0)
        row = make_recipient(patient_list, nhs_number=self.stranger)
        screening.screen(patient_list)
        row.refresh_from_db()
        return {row.verdict == Verdict.CANNOT}
