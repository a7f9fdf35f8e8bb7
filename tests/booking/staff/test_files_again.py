"""Every file about patients that staff take away can be uploaded again, to a practice of either clinical system."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign
from integrations.models.states import CodeState
from patients.checks.rows import CheckedRow, ListCheck
from patients.files.reader import open_table
from patients.models import Recipient, Verdict
from patients.tables.unread_columns import Question
from tests.booking.staff.test_recipients import invite, of_every_kind
from tests.factories import make_campaign, make_coded_entry, make_practice, make_recipient
from tests.patients.list_files import EMIS, SYSTMONE, rules

pytestmark = pytest.mark.django_db

FILES = (
    "staff:download-all",
    "staff:download-not-responded",
    "staff:download-to-phone",
    "campaigns:follow-up-csv",
    "campaigns:codes-csv",
)


@pytest.fixture
def batch() -> Campaign:
    batch = make_campaign(make_practice(clinical_system=SYSTMONE), started=True, rows=0)
    of_every_kind(batch)
    # "Declined" is what somebody notes in a name, and greets nobody.
    Recipient.objects.filter(given_name="Declined").update(given_name="Dilys")
    for name, family in (("Mary-Ann", "de la Cruz"), ("", "Patel"), ("", ""), ("Zoë", "O\u2019Brien")):
        invitation = invite(batch, name)
        Recipient.objects.filter(id=invitation.recipient_id).update(family_name=family)
        make_coded_entry(
            invitation, state=CodeState.NOT_FILED, due_at=None, settled_at=timezone.now() - timedelta(hours=1)
        )
    return batch


@pytest.fixture
def desk(client: Client, batch: Campaign) -> Client:
    client.force_login(batch.created_by)
    return client


def uploaded(desk: Client, file: str, batch: Campaign, system: str) -> tuple[list[CheckedRow], list[Question]]:
    data = desk.get(reverse(file, args=[batch.id])).getvalue()
    with open_table(io.BytesIO(data), system=system, most_bytes=100_000, most_rows=100) as table:
        rows = list(ListCheck(rules(system)).check_table(table))
    assert not table.other_rows
    return rows, table.questions.all


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("system", [SYSTMONE, EMIS])
def test_its_patients_come_back_as_they_were(desk: Client, batch: Campaign, file: str, system: str) -> None:
    rows, _ = uploaded(desk, file, batch, system)
    assert rows
    for row in rows:
        patient = Recipient.objects.get(nhs_number=row.nhs_number)
        assert row.date_of_birth == patient.date_of_birth
        assert (row.given_name, row.family_name) == (patient.given_name, patient.family_name)
        if patient.verdict == Verdict.CAN:
            assert not row.reasons
        if system == SYSTMONE:
            assert row.mobile == patient.mobile


@pytest.mark.parametrize("file", FILES[1:])
def test_what_it_says_besides_asks_nothing(desk: Client, batch: Campaign, file: str) -> None:
    _, questions = uploaded(desk, file, batch, SYSTMONE)
    assert questions == []


def test_who_declined_or_could_not_be_sent_to_is_asked_about(desk: Client, batch: Campaign) -> None:
    """The file of everybody has them, too, and nothing else in it keeps them from being invited."""
    assert batch.patient_list is not None
    make_recipient(batch.patient_list, verdict=Verdict.CANNOT, reasons=["refused_texts"])
    rows, questions = uploaded(desk, "staff:download-all", batch, SYSTMONE)
    assert {(question.header, question.text.split(".")[0]) for question in questions} == {
        ("Answer", "Declined"),
        ("Message", "Cannot be sent"),
    }
    asked = {row.nhs_number for row in rows if row.asked}
    declined = set(Recipient.objects.filter(given_name="Dilys").values_list("nhs_number", flat=True))
    cannot = set(Recipient.objects.filter(verdict=Verdict.CANNOT).values_list("nhs_number", flat=True))
    assert asked == declined | cannot
