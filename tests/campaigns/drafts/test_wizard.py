"""The wizard's steps in their order, and each step's answers and errors."""

from typing import Any

import pytest
from django.urls import reverse

from campaigns.drafts.wizard.steps import STEPS
from campaigns.models import Campaign, CodeKind
from integrations.sandbox.server import SandboxServer
from practices.models import Practice
from tests.campaigns.wizard import DECLINE, MESSAGE, Wizard, back, errors, goes_to
from tests.connected import connect, seed_slots
from tests.factories import make_campaign, make_code, make_practice, make_staff
from tests.html import check_page, text_of

pytestmark = pytest.mark.django_db

NOTHING_YET: dict[str, Any] = {
    "slot_type": "",
    "message": "",
    "allow_decline": None,
    "decline_message": "",
    "decline_code": None,
    "patient_list": None,
    "list_agreed": False,
}
DONE_WITH: dict[str, dict[str, Any]] = {
    "slot-type": {"slot_type": "Flu clinic"},
    "message": {"message": MESSAGE},
    "decline": {"allow_decline": False},
}


def test_the_whole_way(wizard: Wizard, connected: Practice) -> None:
    """Every step once, in the order of the guide, as the buttons lead."""
    wizard.begin()
    assert goes_to(wizard.answer("slot-type", slot_type="Flu clinic"), wizard.address("message"))
    assert goes_to(wizard.message(), wizard.address("decline"))
    assert goes_to(wizard.decline(), wizard.address("upload"))
    assert goes_to(wizard.upload(), wizard.address("patients"))
    assert goes_to(wizard.answer("patients"), wizard.address("summary"))
    assert "Send to 2 patients" in wizard.see("summary").text
    assert goes_to(wizard.answer("summary"), wizard.address("progress"))
    batch = wizard.campaign
    assert (batch.slot_type, batch.message, batch.decline_message) == ("Flu clinic", MESSAGE, DECLINE)
    assert (batch.started_by, batch.practice) == (wizard.staff, connected)
    assert "2 patients will get a text. Nothing has gone yet" in wizard.see("progress").text


def test_new_asks_what_kind(wizard: Wizard) -> None:
    address = reverse("campaigns:new")
    page = check_page(wizard.client.get(address))
    assert "Self-Book" in page.text
    assert back(page) == reverse("campaigns:home")
    assert "Choose Self-Book" in errors(wizard.client.post(address))
    assert "Select a valid choice" in errors(wizard.client.post(address, {"kind": "other"}))
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("done", range(len(STEPS)), ids=lambda number: f"{number} done")
def test_no_step_before_its_time(wizard: Wizard, practice: Practice, done: int) -> None:
    finished = ["slot-type", "message", "decline"][:done]
    values = dict(NOTHING_YET)
    for name in finished:
        values |= DONE_WITH[name]
    draft = make_campaign(practice, wizard.staff)
    if done > 3:
        values["patient_list"] = draft.patient_list
    if done > 4:
        values["list_agreed"] = True
    Campaign.objects.filter(id=draft.id).update(**values)
    wizard.of(draft)
    first_open = wizard.address(STEPS[done].name)
    for step in STEPS[done + 1 :]:
        assert goes_to(wizard.client.get(wizard.address(step.name)), first_open)
        assert goes_to(wizard.answer(step.name), first_open)
    assert goes_to(wizard.client.get(wizard.address("batch")), first_open)
    before = Campaign.objects.values(*NOTHING_YET).get(id=draft.id)
    assert before["slot_type"] == values["slot_type"]


def test_every_step_leads_back_to_the_one_before(wizard: Wizard, connected: Practice) -> None:
    wizard.of(make_campaign(connected, wizard.staff))
    expected = reverse("campaigns:home")
    for step in STEPS:
        assert back(wizard.see(step.name)) == expected
        expected = wizard.address(step.name)


def test_a_draft_is_kept_when_the_browser_closes(wizard: Wizard, connected: Practice) -> None:
    wizard.begin()
    wizard.answer("slot-type", slot_type="Blood test")
    wizard.message("Book a blood test {link}")
    wizard.client.logout()
    wizard.client.force_login(wizard.staff)
    home = check_page(wizard.client.get(reverse("campaigns:home")))
    (link,) = [e for e in home.all("a") if text_of(e).endswith("Blood test") and text_of(e).startswith("Carry on")]
    assert goes_to(wizard.client.get(link.get("href", "")), wizard.address("decline"))
    assert "Book a blood test {link}" in "".join(wizard.see("message").all("textarea")[0].itertext())


def test_a_colleague_may_carry_on(wizard: Wizard, practice: Practice) -> None:
    draft = make_campaign(practice, make_staff(practice), **NOTHING_YET | {"slot_type": "Flu clinic"})
    wizard.of(draft)
    assert goes_to(wizard.message(), wizard.address("decline"))


@pytest.mark.parametrize("step", [step.name for step in STEPS] + ["message-preview", "batch", "delete"])
def test_a_sent_batch_shows_its_progress_instead(wizard: Wizard, practice: Practice, step: str) -> None:
    wizard.of(make_campaign(practice, wizard.staff, started=True))
    if step != "message-preview":
        assert goes_to(wizard.client.get(wizard.address(step)), wizard.address("progress"))
    if step != "batch":
        assert goes_to(wizard.answer(step, message="Other {link}", slot_type="Other"), wizard.address("progress"))
    assert wizard.campaign.slot_type == "Flu clinic"


# Slot type


def test_slot_types_are_the_systems_with_their_free_slots(wizard: Wizard, connected: Practice) -> None:
    wizard.begin()
    page = wizard.see("slot-type")
    assert [control.get("value") for control in page.all("input") if control.get("type") == "radio"] == [
        "Blood test",
        "Flu clinic",
    ]
    assert "1 free slot" in page.text
    assert "3 free slots" in page.text
    assert "SystmOne" not in page.title


def test_telephone_slots_are_not_offered(wizard: Wizard, connected: Practice, sandbox: SandboxServer) -> None:
    seed_slots(sandbox, connected, "Phone call", delivery_channel="Telephone")
    wizard.begin()
    assert "Phone call" not in wizard.see("slot-type").text


def test_staff_see_how_many_slots_could_not_be_read_and_why(
    wizard: Wizard, connected: Practice, sandbox: SandboxServer
) -> None:
    seed_slots(sandbox, connected, "Flu clinic", count=2, delivery_channel="")
    sandbox.fault("gp_connect.slots", "slot_without_start", match={"ods": connected.ods_code})
    sandbox.fault("gp_connect.slots", "slot_of_no_length", skip=1, match={"ods": connected.ods_code})
    wizard.begin()
    page = wizard.see("slot-type").text
    assert "slot in your book could not be read: 1 with no start time. Patients are not offered them." in page
    assert "2 slots do not say if they are face to face. Patients are not offered them." in page
    Practice.objects.filter(id=connected.id).update(offers_unmarked_slots=True)
    page = wizard.see("slot-type").text
    assert "2 slots do not say if they are face to face. Patients are offered them" in page
    assert "5 free slots" in page


def test_a_slot_type_must_be_chosen_and_be_there(wizard: Wizard, connected: Practice) -> None:
    wizard.begin()
    assert "Choose a slot type" in errors(wizard.answer("slot-type"))
    assert "That slot type has no free slots now" in errors(wizard.answer("slot-type", slot_type="Smears"))
    assert wizard.campaign.slot_type == ""


def test_an_empty_book_says_what_to_do(wizard: Wizard, practice: Practice, sandbox: SandboxServer) -> None:
    connect(practice, sandbox)
    wizard.begin()
    page = wizard.see("slot-type")
    assert "There are no free face-to-face slots" in page.text
    assert "Add sessions in SystmOne" in page.text


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "refuse"}])
def test_while_the_clinical_system_is_down_the_draft_is_kept(
    wizard: Wizard, connected: Practice, sandbox: SandboxServer, fault: dict[str, Any]
) -> None:
    wizard.of(make_campaign(connected, wizard.staff))
    sandbox.fault("gp_connect.slots", times=None, **fault)
    page = wizard.see("slot-type", status=503)
    assert "We cannot reach SystmOne" in page.title
    assert "Your batch is saved as a draft" in page.text
    assert wizard.answer("slot-type", slot_type="Blood test").status_code == 503
    assert wizard.campaign.slot_type == "Flu clinic"
    sandbox.control("faults", method="DELETE")
    assert "3 free slots" in wizard.see("slot-type").text


def test_a_practice_that_is_not_connected_yet(wizard: Wizard) -> None:
    wizard.begin()
    assert "ask your administrator to check the connection" in wizard.see("slot-type", status=503).text


# Decline


@pytest.fixture
def at_decline(wizard: Wizard, practice: Practice) -> Wizard:
    return wizard.of(make_campaign(practice, wizard.staff, **NOTHING_YET | {"slot_type": "Flu", "message": MESSAGE}))


def test_the_tips_are_beside_the_decline_message(at_decline: Wizard) -> None:
    page = at_decline.see("decline")
    assert "Name the appointment" in page.text
    assert "Say what will happen if they decline" in page.text


def test_declining_needs_words_and_a_code(at_decline: Wizard) -> None:
    assert "Choose whether patients can decline" in errors(at_decline.answer("decline"))
    error_text = errors(at_decline.answer("decline", allow="yes", message="  "))
    assert "Write what happens if a patient declines" in error_text
    assert "Choose the SNOMED code for a decline" in error_text
    assert "500 characters or fewer" in errors(at_decline.decline(text="a" * 501))
    assert at_decline.campaign.allow_decline is None


@pytest.mark.parametrize("code", ["711408005", "1303503001", "nonsense"])
def test_a_decline_is_coded_as_a_decline(at_decline: Wizard, code: str) -> None:
    make_code(CodeKind.INVITATION)
    assert "Choose a code from the list" in errors(at_decline.decline(code=code))


def test_a_code_that_is_switched_off_is_not_offered(at_decline: Wizard) -> None:
    code = make_code(CodeKind.DECLINE, active=False)
    assert code.term not in at_decline.see("decline").text
    answer = at_decline.answer("decline", allow="yes", message=DECLINE, code=code.concept_id)
    assert "Choose a code from the list" in errors(answer)


def test_without_declining_the_rest_does_not_matter(at_decline: Wizard) -> None:
    assert goes_to(at_decline.decline("no", "a" * 501, code="nonsense"), at_decline.address("upload"))
    batch = at_decline.campaign
    assert (batch.allow_decline, batch.decline_message, batch.decline_code) == (False, "", None)


def test_an_answer_can_be_changed(at_decline: Wizard) -> None:
    at_decline.decline()
    page = at_decline.see("decline")
    assert DECLINE in "".join(page.all("textarea")[0].itertext())
    at_decline.decline("no")
    assert at_decline.campaign.allow_decline is False


# Deleting


def test_a_draft_is_deleted_after_asking(wizard: Wizard, practice: Practice) -> None:
    wizard.of(make_campaign(practice, wizard.staff))
    assert "Delete this draft?" in wizard.see("delete").title
    assert Campaign.objects.exists()
    assert goes_to(wizard.answer("delete"), reverse("campaigns:home"))
    assert not Campaign.objects.exists()


def test_another_practices_drafts_are_not_shown(wizard: Wizard) -> None:
    make_campaign(make_practice())
    assert "Drafts" not in check_page(wizard.client.get(reverse("campaigns:home"))).text
