"""A practice on a record system that the product has never heard of: a list, a booking and a code."""

import io
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.appointments import services as appointments
from booking.models import Booking
from booking.slots import offered
from booking.workers import book
from campaigns.models import CodeKind, Invitation
from campaigns.models.states import CampaignState
from campaigns.sending import issuing
from campaigns.sending.rechecks import look_ups
from integrations.clinical.samples import SampleRow
from integrations.models import ClinicalConnection
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from integrations.outbox.codes import filing
from integrations.outbox.messages import receipts
from integrations.sandbox.server import SandboxServer
from patients.files.samples import write_sample
from patients.models import PatientList, Verdict
from patients.reasons import Reason
from patients.records import lookups
from practices.models import Practice, User
from tests.factories import make_campaign, make_code, make_practice, make_staff
from tests.integrations.clinical.third.system import VELLUM
from tests.integrations.clinical.world import ASHA, BEN, BORN, FLU, session
from tests.patients.uploads import upload

pytestmark = pytest.mark.django_db(transaction=True)

CTV3 = "XaX01"


@pytest.fixture
def practice(sandbox: SandboxServer) -> Practice:
    practice = make_practice(clinical_system=VELLUM.key)
    practice.full_clean()
    ods = practice.ods_code
    ClinicalConnection.objects.create(
        practice=practice,
        gp_connect_url=f"{sandbox.url}/vellum/{ods}",
        asid_from="200000000111",
        asid_to="200000000999",
        gateway_url=f"{sandbox.url}/gateway/{ods}",
        gateway_token=f"gateway-{ods}",
    )
    person = {"ods": ods, "given": "Asha", "family": "Patel", "title": "Mrs", "dob": BORN.isoformat()}
    seed: dict[str, Any] = {
        "practices": [{"ods": ods, "system": VELLUM.key, "name": practice.name}],
        "patients": [{**person, "nhs_number": ASHA}, {**person, "nhs_number": BEN, "dob": "1961-05-03"}],
        "sessions": [{**session(3), "ods": ods}],
    }
    sandbox.control("reset", {})
    sandbox.control("seed", seed)
    return practice


def checked_list(practice: Practice, staff: User) -> PatientList:
    file = io.StringIO(newline="")
    rows = [SampleRow(ASHA, "07700 900123", BORN), SampleRow(BEN, "07700 900124", BORN)]
    write_sample(system=VELLUM.key, rows=rows, file=file)
    uploaded = upload(practice, staff, file.getvalue().encode())
    while lookups.look_up_pending(patient_list_id=uploaded.id):
        pass
    return PatientList.objects.get(id=uploaded.id)


def test_a_list_is_checked_a_patient_books_and_a_code_is_filed(practice: Practice, sandbox: SandboxServer) -> None:
    staff = make_staff(practice)
    patients = checked_list(practice, staff)
    by_number = {row.nhs_number: row for row in patients.recipients.all()}
    assert (by_number[ASHA].verdict, by_number[ASHA].mobile) == (Verdict.CAN, "+447700900123"), "the list's own"
    assert by_number[BEN].reasons == [Reason.RECORD_BIRTH_DIFFERS], "every row is compared with its record"

    code = make_code(CodeKind.INVITATION, ctv3_code=CTV3)
    batch = make_campaign(
        practice, staff, patient_list=patients, started=True, state=CampaignState.STARTING, invitation_code=code
    )
    look_ups.check(batch.id)
    issuing.issue(batch.id)
    invitation = Invitation.objects.get()
    message = Message.objects.get()
    assert message.to == "+447700900123"

    [slot, *_] = offered.available(invitation)
    assert slot.slot_type == FLU
    appointments.hold(invitation_id=invitation.id, slot=slot)
    booking = appointments.confirm(invitation_id=invitation.id)
    Booking.objects.filter(id=booking.id).update(due_at=timezone.now())
    book.make(booking.id)
    booking.refresh_from_db()
    assert booking.state == "booked"
    [kept] = sandbox.control(f"books?part=appointments&ods={practice.ods_code}")["appointments"]
    assert (kept["nhs_number"], kept["status"]) == (ASHA, "booked")

    entry = CodedEntry.objects.get()
    assert (entry.local_scheme, entry.local_code) == ("CTV3", CTV3)
    Message.objects.filter(id=message.id).update(state=MessageState.STARTED)
    Message.objects.filter(id=message.id).update(state=MessageState.SENT, sent_at=timezone.now())
    receipts.after_change([message.id])
    assert filing.file_due(practice.id) == 1
    entry.refresh_from_db()
    assert entry.state == CodeState.FILED
    [filed] = sandbox.control(f"books?part=codes&ods={practice.ods_code}")["codes"]
    assert (filed["nhs_number"], filed["scheme"], filed["value"]) == (ASHA, "CTV3", CTV3)


def test_a_code_without_the_local_code_that_it_wants_is_by_hand(practice: Practice) -> None:
    assert make_code(CodeKind.DECLINE).by_hand_in(practice), "EMIS's own code is of no use to it"
    assert not make_code(CodeKind.DECLINE, ctv3_code=CTV3).by_hand_in(practice)


def test_its_pages_name_it(practice: Practice, client: Client) -> None:
    staff = make_staff(practice)
    client.force_login(staff)
    batch = make_campaign(practice, staff, patient_list=None)
    page = client.get(reverse("campaigns:upload", args=[batch.id])).content.decode()
    assert "Save your Vellum report" in page
    assert "How to make a list in Vellum" in page
    guide = client.get(reverse("campaigns:guide", args=[batch.id, VELLUM.key])).content.decode()
    assert VELLUM.guide.steps[0] in guide
    sample = client.get(reverse("patients:sample", args=[VELLUM.key]))
    assert sample.content.decode("utf-8-sig").startswith(
        "NHS number,Date of birth,Mobile number\r\n9990000018,1958-03-09"
    )


def test_a_system_that_there_is_not_is_refused(db: None) -> None:
    with pytest.raises(ValidationError):
        make_practice(clinical_system="nobodys").full_clean()


def test_a_profile_by_which_nobody_could_be_texted_is_refused() -> None:
    wrongs: list[dict[str, Any]] = [
        {"required_columns": ("mobile", "date_of_birth")},
        {"required_columns": ("nhs_number",)},
        {"details_from_record": True, "reads_every_record": False},
    ]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"list|record"):
            replace(VELLUM, **wrong)
