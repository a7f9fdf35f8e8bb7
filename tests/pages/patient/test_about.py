"""What an appointment is for, from the wizard to the patient's pages, in a real browser: wide, narrow and plain."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from booking.slots import offered as slots
from booking.slots.listing import by_time
from campaigns.models import Campaign
from campaigns.sending.issuing import MessageRenderer
from integrations.links import token_for
from patients.models import Recipient
from tests.booking.surgery import BORN, made_up_slot, make_booking
from tests.campaigns import shipped
from tests.factories import make_campaign, make_invitation, make_message
from tests.pages.patient.test_birth import fill, visitor
from tests.pages.staff.test_sending import Desk, button, desk, heading  # noqa: F401 - a fixture
from tests.system.inspection import look_over

pytestmark = pytest.mark.system

DETAILS: dict[str, Any] = {
    "with_whom": "a practice nurse",
    "how_long": "10 minutes",
    "what_to_bring": "Your glasses\nA list of your medicines",
    "what_to_do_before": "Wear a top with loose sleeves",
}


def test_the_wizard_asks_what_a_template_suggests(desk: Desk) -> None:  # noqa: F811 - the fixture
    shipped.put_in()
    batch = desk.draft(message="Dear {name}, book at {practice}: {link}", appointment_name="")
    with desk.browser() as page:
        desk.open(page, batch, "summary")
        expect(heading(page)).to_have_text("Write the message")
        expect(page.get_by_text("We now ask what the appointment is for.")).to_be_visible()
        button(page, "Continue").click()
        page.get_by_role("link", name="Say what the appointment is for").click()
        expect(page.get_by_label("What is the appointment for?")).to_be_focused()
        page.get_by_label("Start from a template").select_option(label="RSV vaccination")
        button(page, "Use this").click()
        expect(page.get_by_label("What is the appointment for?")).to_have_value("RSV vaccination")
        page.get_by_text("More about the appointment (optional)").click()
        page.get_by_label("Who is it with?").fill("With a practice nurse.")
        page.get_by_label("How long does it take?").fill("10")
        page.get_by_label("What should patients bring?").fill(DETAILS["what_to_bring"])
        look_over(page, page.content())
        button(page, "Continue").click()
        expect(heading(page)).to_have_text("Can patients decline?")
        desk.open(page, batch, "summary")
        for phrase in ("RSV vaccination", "With: A practice nurse", "How long it takes: 10 minutes", "Your glasses"):
            expect(page.get_by_text(phrase).first).to_be_visible()
        look_over(page, page.content())
    batch.refresh_from_db()
    assert (batch.with_whom, batch.how_long) == ("a practice nurse", "10 minutes")
    assert batch.what_to_bring == DETAILS["what_to_bring"]


def test_the_patient_reads_for_whom_and_for_what(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    free: list[Any] = [made_up_slot(number, after=timedelta(days=number)) for number in range(3, 6)]
    monkeypatch.setattr(slots, "choices", lambda invitation: list(by_time(free)))
    monkeypatch.setattr(slots, "at_time_of", lambda invitation, slot_id: free[:1])
    campaign = make_campaign(started=True, appointment_name="pneumococcal vaccination", **DETAILS)
    links = {name: _link(campaign, name) for name in ("Niamh", "Bartholomew-Theodora")}
    with visitor(served) as somebody:
        for name, link in links.items():
            somebody.given_the_page(link)
            somebody.when_they_press("Book an appointment")
            somebody.then_the_page_is(f"What is {name}'s date of birth?")
            fill(somebody, str(BORN.day), str(BORN.month), str(BORN.year))
            somebody.then_the_page_is("Choose a time")
            somebody.then_they_see(f"Pneumococcal vaccination for {name}", "A practice nurse", "Your glasses")
        somebody.page.locator("button[name=slot]:visible").first.click()
        somebody.then_the_page_is("Check your appointment")
        somebody.then_they_see("Wear a top with loose sleeves", "10 minutes")
        visit = urlsplit(somebody.page.url).path.split("/")[2]
        somebody.given_the_page(f"/b/{visit}/decline/")
        somebody.then_the_page_is("Are you sure you do not want this?")
        somebody.then_they_see("Pneumococcal vaccination for Bartholomew-Theodora")


def test_the_patient_reads_it_once_booked_too(served: str) -> None:
    campaign = make_campaign(started=True, appointment_name="flu vaccination", **DETAILS)
    link = _link(campaign, "Siân")
    make_booking(campaign.invitations.get())
    with visitor(served) as somebody:
        somebody.given_the_page(link)
        somebody.then_the_page_is("Your appointment")
        fill(somebody, str(BORN.day), str(BORN.month), str(BORN.year))
        somebody.then_the_page_is("Appointment booked")
        somebody.then_they_see("Flu vaccination for Siân", "A practice nurse", "A list of your medicines")


def _link(campaign: Campaign, given_name: str) -> str:
    invitation = make_invitation(campaign)
    Recipient.objects.filter(id=invitation.recipient_id).update(given_name=given_name)
    make_message(invitation, body=MessageRenderer(campaign.message, campaign.practice).of(given_name)[0])
    return f"/i/{token_for(invitation.id)}"
