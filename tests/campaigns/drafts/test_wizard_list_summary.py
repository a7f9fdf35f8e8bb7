"""The summary, and Send."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import CodeKind, SnomedCode
from campaigns.models.codes import ONE_SOURCE
from campaigns.models.states import CampaignState
from integrations import gateways
from integrations.clinical.port import Capabilities, CapabilityAnswer
from integrations.models import ClinicalConnection
from integrations.sandbox.server import SandboxServer
from patients.models import Recipient
from practices.models import Practice
from tests.campaigns.lists import list_of
from tests.campaigns.wizard import Wizard, errors, goes_to, name_the_first
from tests.connected import connect
from tests.factories import make_campaign, make_practice, make_recipient, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_summary(wizard: Wizard, connected: Practice) -> Wizard:
    return wizard.of(make_campaign(connected, wizard.staff, rows=2))


def test_the_summary_says_everything(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    page = at_summary.see("summary")
    for phrase in (
        "2 patients will get a text. 0 rows cannot be sent.",
        "Flu clinic (3 free slots)",
        "Dear Asha, Example Surgery invites you to book your appointment: http",
        "2 fragments in all, 1 fragment for the longest text",
        "Short message service text message sent to patient (711408005)",
        batch.decline_message,
        "Seasonal influenza vaccination declined (822931000000100)",
        "Links work for 7 days",
        "a text that has gone cannot be taken back",
    ):
        assert phrase in page.text
    links = [link.get("href") for link in page.all("a")]
    for step in ("patients", "slot-type", "message", "decline"):
        assert at_summary.address(step) in links
    assert "More invitations than slots" not in page.text


def test_a_short_name_in_another_alphabet_may_be_the_dearest(at_summary: Wizard) -> None:
    assert at_summary.campaign.patient_list is not None
    short, long = at_summary.campaign.patient_list.recipients.all()
    Recipient.objects.filter(id=long.id).update(given_name="Christopher")
    Recipient.objects.filter(id=short.id).update(given_name="\u0418\u0432\u0430\u043d")
    assert "3 fragments in all, 2 fragments for the longest text" in at_summary.see("summary").text


def test_more_invitations_than_slots_is_a_warning_that_stops_nobody(at_summary: Wizard) -> None:
    for _ in range(2):
        make_recipient(list_of(at_summary))
    at_summary.answer("when", when="now", pace="everyone", spread_days=1)
    page = at_summary.see("summary")
    assert "More invitations than slots" in page.text
    assert "You are inviting 4 patients to 3 free slots" in page.text
    assert goes_to(at_summary.answer("summary"), at_summary.address("progress"))


def test_the_summary_stands_while_the_clinical_system_is_down(at_summary: Wizard, sandbox: SandboxServer) -> None:
    sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    page = at_summary.see("summary")
    assert "free slot" not in page.text
    assert goes_to(at_summary.answer("summary"), at_summary.address("progress"))


def test_staff_are_told_of_a_code_that_emis_will_not_keep(client: Client, sandbox: SandboxServer) -> None:
    practice = make_practice(clinical_system="emis")
    connect(practice, sandbox)
    staff = make_staff(practice)
    client.force_login(staff)
    wizard = Wizard(client, staff).of(make_campaign(practice, staff))
    assert "EMIS keeps no code" not in wizard.see("summary").text
    SnomedCode.objects.filter(kind=CodeKind.DECLINE).update(emis_code="")
    assert "none is set for “Seasonal influenza vaccination declined”" in wizard.see("summary").text
    said = Capabilities(CapabilityAnswer.GIVEN, "1.1", maps_local_codes=True)
    gateways.keep(practice.clinical_connection, said)
    assert "none is set for" not in wizard.see("summary").text
    ClinicalConnection.objects.update(gateway_url="", gateway_token="")
    assert "no record gateway. You will have to file “Seasonal influenza" in wizard.see("summary").text


def test_staff_are_told_of_a_code_with_one_public_source(at_summary: Wizard) -> None:
    assert ONE_SOURCE not in at_summary.see("summary").text
    SnomedCode.objects.filter(kind=CodeKind.DECLINE).update(one_source=True)
    assert f"Seasonal influenza vaccination declined” (822931000000100): {ONE_SOURCE}" in at_summary.see("summary").text


def test_send_says_why_not(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    batch.message = "{name} {link} " + "a" * 240
    batch.save()
    name_the_first(batch, "Bartholomew" * 3)
    assert "With the longest name on your list" in errors(at_summary.answer("summary"))
    assert at_summary.campaign.is_draft


def test_send_twice_sends_once(at_summary: Wizard) -> None:
    first = at_summary.answer("summary")
    colleague = make_staff(at_summary.campaign.practice)
    other = Client()
    other.force_login(colleague)
    second = Wizard(other, colleague).of(at_summary.campaign).answer("summary")
    for response in (first, second, at_summary.answer("summary")):
        assert goes_to(response, at_summary.address("progress"))
    batch = at_summary.campaign
    assert (batch.state, batch.started_by) == (CampaignState.SCHEDULED, at_summary.staff)


def test_send_is_of_what_the_page_showed(at_summary: Wizard) -> None:
    page = at_summary.see("summary")
    assert [e.get("value") for e in page.all("input") if e.get("name") == "seen"] == ["2"]
    list_of(at_summary).recipients.filter(row_number=2).update(verdict="cannot", reasons=["mobile_missing"])
    assert errors(at_summary.answer("summary", seen="2"))
    assert at_summary.campaign.is_draft
    assert goes_to(at_summary.answer("summary", seen="1"), at_summary.address("progress"))


@pytest.mark.parametrize("seen", ["", "two", "-1", "9" * 30])
def test_a_page_that_does_not_say_what_it_showed_sends(at_summary: Wizard, seen: str) -> None:
    assert goes_to(at_summary.answer("summary", seen=seen), at_summary.address("progress"))


@pytest.mark.parametrize("step", ["patients", "upload", "message", "summary"])
def test_looking_sends_nothing(at_summary: Wizard, step: str) -> None:
    at_summary.see(step)
    assert at_summary.campaign.is_draft


def test_forms_need_their_token(at_summary: Wizard, practice: Practice) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(at_summary.staff)
    response: Any = strict.post(at_summary.address("summary"))
    assert response.status_code == 403
    assert at_summary.campaign.is_draft
