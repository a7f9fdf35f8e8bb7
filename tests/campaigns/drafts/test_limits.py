"""Limiting a batch to some clinicians, sessions and days, in the wizard."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.sandbox.server import SandboxServer
from practices.models import AuditEvent, Practice
from tests.campaigns.wizard import Wizard, errors, goes_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def rooms(connected: Practice, sandbox: SandboxServer) -> Practice:
    """Beside the flu clinic without names: four of Sara Black's in the morning, two of Ben White's in three weeks."""
    for clinician, name, after, count in (("Sr Sara Black", "Morning", 2, 4), ("Dr Ben White", "Evening", 21, 2)):
        start = f"{timezone.localdate() + timedelta(days=after)}T09:00:00"
        session = {"ods": connected.ods_code, "slot_type": "Flu clinic", "start": start, "minutes": 10}
        session |= {"role": "Practice nurse", "gender": "female"} if clinician.startswith("Sr") else {}
        sandbox.control("seed", {"sessions": [session | {"name": name, "clinician": clinician, "count": count}]})
    return connected


@pytest.fixture
def ready(wizard: Wizard, rooms: Practice) -> Wizard:
    """A draft that wants nothing but Send."""
    wizard.begin()
    wizard.answer("slot-type", slot_type="Flu clinic")
    wizard.message()
    wizard.decline()
    wizard.upload()
    wizard.answer("patients")
    return wizard


def test_without_limits_everything_is_offered(ready: Wizard) -> None:
    text = ready.see("summary").text
    assert "9 free slots" in text
    assert "All of this slot type" in text
    assert "Up to 42 days ahead" in text


def test_staff_choose_from_what_is_free_and_the_summary_counts_it(ready: Wizard) -> None:
    page = ready.see("limits")
    for phrase in (
        "Sr Sara Black",
        "Dr Ben White",
        "Morning",
        "Evening",
        "Practice nurse, female: 4 free slots",
        "2 free slots",
        "42 days, as usual",
    ):
        assert phrase in page.text

    assert goes_to(ready.answer("limits", clinicians=["Sr Sara Black"]), ready.address("summary"))
    text = ready.see("summary").text
    assert "With Sr Sara Black" in text
    assert "4 free slots" in text

    ready.answer("limits", sessions=["Evening"], horizon_days="14")
    text = ready.see("summary").text
    assert "In Evening" in text
    assert "Up to 14 days ahead" in text
    assert "There are no free slots like this now." in text
    event = AuditEvent.objects.filter(action="campaign.limits").latest("id")
    assert event.data == {"clinicians": 0, "sessions": 1, "horizon_days": 14}


def test_what_was_chosen_is_still_there_when_nothing_of_it_is_free(ready: Wizard) -> None:
    draft = ready.campaign
    draft.clinicians = ["Dr On Leave"]
    draft.save()
    page = ready.see("limits")
    assert "Dr On Leave" in page.text
    assert "no free slots now" in page.text
    ticked = [box.get("value") for box in page.all("input") if box.get("checked") is not None]
    assert "Dr On Leave" in ticked


def test_what_is_not_on_the_page_is_refused(ready: Wizard) -> None:
    assert "Choose clinicians from the list" in errors(ready.answer("limits", clinicians=["Dr Nobody"]))
    assert "Choose sessions from the list" in errors(ready.answer("limits", sessions=["Never"]))
    assert "Choose how far ahead from the list" in errors(ready.answer("limits", horizon_days="1000"))
    assert ready.campaign.clinicians == []


def test_another_slot_type_has_no_limits_of_the_former(ready: Wizard) -> None:
    ready.answer("limits", clinicians=["Sr Sara Black"], sessions=["Morning"], horizon_days="14")
    ready.answer("slot-type", slot_type="Flu clinic")
    assert ready.campaign.clinicians == ["Sr Sara Black"]
    ready.answer("slot-type", slot_type="Blood test")
    assert (ready.campaign.clinicians, ready.campaign.sessions) == ([], [])
    assert ready.campaign.horizon_days == 14


def test_while_the_clinical_system_is_down_nothing_changes(ready: Wizard, sandbox: SandboxServer) -> None:
    sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    ready.see("limits", status=503)
    assert ready.answer("limits", clinicians=["Sr Sara Black"]).status_code == 503
    assert ready.campaign.clinicians == []


def test_a_batch_that_has_been_sent_cannot_be_limited(ready: Wizard) -> None:
    ready.answer("summary")
    assert goes_to(ready.answer("limits", clinicians=["Sr Sara Black"]), ready.address("progress"))
    assert ready.campaign.clinicians == []
