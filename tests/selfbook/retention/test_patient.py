"""One patient is erased, because they ask, and a copy of what there is about one can be read."""

import io
import json
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from booking.visits import links
from campaigns.models import BatchOutcome, Campaign, CampaignState, Invitation
from integrations.links import token_for
from integrations.models import IncomingText
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from patients.models import ErasedOptOut, OptOutSource, Recipient
from patients.opt_outs import services as opt_outs
from practices.models import AuditEvent, JournalEntry, JournalKind
from selfbook.retention import export, patient
from tests.booking.surgery import make_booking
from tests.factories import make_campaign, make_invitation, make_list, make_practice, make_recipient
from tests.selfbook.retention.scene import Closed, make_closed
from tests.selfbook.retention.test_erasing import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed() -> Closed:
    return make_closed()


def test_everything_of_theirs_goes_and_nothing_of_others(closed: Closed) -> None:
    silent = closed.silent
    extent = patient.erase(closed.practice, silent.nhs_number, by=closed.manager)
    assert (extent.rows, extent.invitations, extent.to_come) == (1, 1, 0)
    stored = everything()
    assert silent.nhs_number not in stored
    assert silent.mobile.removeprefix("+") not in stored
    assert set(Recipient.objects.all()) == {closed.booked, closed.declined, closed.cannot}
    assert not IncomingText.objects.exclude(mobile="").exists()


def test_the_link_dies_first(closed: Closed) -> None:
    batch = make_campaign(closed.practice, closed.manager, started=True)
    invitation = make_invitation(batch)
    token = token_for(invitation.id)
    assert links.by_token(token) == invitation
    patient.erase(closed.practice, invitation.recipient.nhs_number, by=None)
    assert links.by_token(token) is None


def test_the_batch_still_counts_them(closed: Closed) -> None:
    patient.erase(closed.practice, closed.booked.nhs_number, by=None)
    batch = Campaign.objects.get(id=closed.campaign.id)
    assert batch.patients_erased == 1
    assert [(row.outcome, row.patients) for row in BatchOutcome.objects.all()] == [("booked", 1)]


def test_of_all_lists_of_the_practice_and_no_other_s(closed: Closed) -> None:
    number = closed.booked.nhs_number
    draft = make_campaign(
        closed.practice, closed.manager, patient_list=make_list(closed.practice, closed.manager, rows=0)
    )
    make_recipient(draft.patient_list, nhs_number=number)  # type: ignore[arg-type] # it has one
    other = make_practice()
    make_recipient(make_list(other, closed.manager, rows=0), nhs_number=number)
    assert patient.erase(closed.practice, number, by=None).rows == 2
    assert Recipient.objects.get(nhs_number=number).practice == other


def test_an_opt_out_outlives_it(closed: Closed) -> None:
    number, mobile = closed.silent.nhs_number, closed.silent.mobile
    for of in ({"nhs_number": number}, {"mobile": mobile}):
        opt_outs.add(practice=closed.practice, by=None, source=OptOutSource.PATIENT, **of)
    patient.erase(closed.practice, number, by=None)
    assert ErasedOptOut.objects.count() == 2
    assert opt_outs.stopped_patients(closed.practice, [number]) == {number}
    assert opt_outs.stopped_phones(closed.practice, [mobile]) == {mobile}


def test_a_phone_that_somebody_else_has_too_stays_theirs(closed: Closed) -> None:
    mobile = closed.silent.mobile
    Recipient.objects.filter(id=closed.booked.id).update(mobile=mobile)
    opt_outs.add(practice=closed.practice, by=None, source=OptOutSource.PATIENT, mobile=mobile)
    patient.erase(closed.practice, closed.silent.nhs_number, by=None)
    assert not ErasedOptOut.objects.exists()
    assert IncomingText.objects.filter(mobile=mobile).exists()


def test_nothing_is_erased_while_a_text_is_on_its_way(closed: Closed) -> None:
    invitation = Invitation.objects.get(recipient=closed.silent)
    Message.objects.create(
        practice=closed.practice,
        campaign_id=closed.campaign.id,
        subject_id=invitation.id,
        purpose="reminder",
        to="+447700900001",
        state=MessageState.STARTED,
    )
    with pytest.raises(patient.UnderWay):
        patient.erase(closed.practice, closed.silent.nhs_number, by=None)
    assert Recipient.objects.count() == 4


def test_the_trail_and_the_journal_say_it_of_nobody(closed: Closed) -> None:
    patient.erase(closed.practice, closed.silent.nhs_number, by=closed.manager)
    event = AuditEvent.objects.get(action="patient.erased")
    assert (event.actor, event.data) == (closed.manager, {"rows": 1, "invitations": 1, "again": False})
    assert JournalEntry.objects.get().kind == JournalKind.PATIENT_ERASED
    assert patient.erase(closed.practice, closed.silent.nhs_number, by=None).rows == 0
    assert JournalEntry.objects.count() == 1


# A copy


def read(content: bytes) -> tuple[str, dict[str, object]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("your-data.html").decode(), json.loads(archive.read("your-data.json"))


def test_a_copy_has_everything_in_words_and_as_json(closed: Closed) -> None:
    opt_outs.add(practice=closed.practice, by=None, source=OptOutSource.PATIENT, nhs_number=closed.silent.nhs_number)
    page, values = read(export.as_zip(export.collect(closed.practice, closed.silent.nhs_number)))
    assert "Your data at Example Surgery" in page
    assert "Dear Asha, Example Surgery invites you" in page
    assert "Text me when there are more times" in page
    assert closed.booked.nhs_number not in page
    assert closed.manager.family_name not in page, "no names of staff"
    sections = values["sections"]
    assert isinstance(sections, dict)
    filled = {title for title, entries in sections.items() if entries}
    assert filled >= {"Lists", "Invitations", "Messages", "What you told us", "Codes", "No texts"}


def test_a_copy_shows_appointments(closed: Closed) -> None:
    page, _ = read(export.as_zip(export.collect(closed.practice, closed.booked.nhs_number)))
    assert "Appointments" in page
    assert "Number in the appointment book" in page


# Commands


def test_the_number_comes_in_and_stands_nowhere(
    closed: Closed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    soon = timezone.now() + timedelta(days=1)
    make_booking(Invitation.objects.get(recipient=closed.silent), starts_at=soon, ends_at=soon, due_at=None)
    ods, number = closed.practice.ods_code, closed.silent.nhs_number
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{number}\n"))
    call_command("erase_patient", practice=ods)
    assert Recipient.objects.count() == 4
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{number[:3]} {number[3:6]} {number[6:]}\n"))
    call_command("erase_patient", practice=ods, yes=True)
    assert Recipient.objects.count() == 3
    printed = capsys.readouterr().out
    assert "Nothing was erased. Add --yes to erase." in printed
    assert "1 appointments to come stay in the appointment book" in printed
    assert number not in printed


@pytest.mark.parametrize("content", ["", "12345", "9990000019", "9990000018 9990000026"])
def test_what_is_no_number_is_refused_and_not_repeated(closed: Closed, tmp_path: Path, content: str) -> None:
    file = tmp_path / "number"
    file.write_text(content)
    with pytest.raises(CommandError, match="not one NHS number") as refused:
        call_command("erase_patient", practice=closed.practice.ods_code, file=str(file), yes=True)
    assert not content or content not in str(refused.value)


def test_a_copy_is_a_new_file_that_its_owner_alone_can_read(closed: Closed, tmp_path: Path) -> None:
    number, output = tmp_path / "number", tmp_path / "copy.zip"
    number.write_text(closed.silent.nhs_number)
    arguments = {"practice": closed.practice.ods_code, "file": str(number), "output": str(output)}
    call_command("export_patient", **arguments)
    assert output.stat().st_mode & 0o077 == 0
    assert "Asha" in read(output.read_bytes())[0]
    with pytest.raises(CommandError, match="must be a new one"):
        call_command("export_patient", **arguments)
    assert AuditEvent.objects.filter(action="patient.copied").count() == 1


def test_erase_due_counts_and_erases(closed: Closed, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("erase_due", dry_run=True)
    call_command("erase_due")
    assert capsys.readouterr().out == "1 batches would be erased.\n1 batches erased.\n"
    assert Campaign.objects.get().state == CampaignState.FINISHED
