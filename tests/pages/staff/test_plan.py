"""The pages on further invitations, in a real browser: fit for use, also without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from campaigns.sequences import editing
from campaigns.sequences.ready.registry import PLANS
from integrations.models.outbox import Purpose
from integrations.models.states import MessageState
from tests.campaigns import shipped
from tests.factories import make_campaign, make_invitation, make_message
from tests.pages.staff.test_sending import Desk, button, heading
from tests.pages.staff.test_sending import desk as desk
from tests.system.inspection import look_over

pytestmark = pytest.mark.system


def look(page: Page, title: str) -> None:
    expect(heading(page)).to_have_text(title)
    look_over(page, page.request.get(page.url).text())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_staff_use_a_ready_plan_and_change_it(desk: Desk, scripts: bool) -> None:
    shipped.put_in()
    batch = desk.draft()
    with desk.browser(scripts=scripts) as page:
        desk.open(page, batch, "message")
        page.get_by_role("link", name="start from a ready plan").click()
        page.get_by_label("Ready plan").select_option(label="Asthma review")
        button(page, "Show this plan").click()
        expect(page.get_by_role("heading", name="Asthma review")).to_be_visible()
        look(page, "Start from a ready plan")
        button(page, "Use this plan").click()
        look(page, "Write the message")
        button(page, "Save and invite again if they do not answer").click()
        look(page, "Invite again if they do not answer")
        page.get_by_role("link", name="Add invitation 4").click()
        if scripts:
            page.get_by_label("Message", exact=True).fill("Dear {name}, book once more at {practice}: {link}")
            expect(page.locator("#preview")).to_contain_text("book once more at")
        look(page, "Add invitation 4")
        page.get_by_label("Days after the invitation before it").fill("0")
        button(page, "Save invitation 4").click()
        expect(page.get_by_role("link", name="Enter a whole number of days from 1 to 90")).to_be_visible()
        page.get_by_label("Days after the invitation before it").fill("10")
        button(page, "Save invitation 4").click()
        button(page, "Remove invitation 2").click()
        expect(page.get_by_text("A batch has 4 invitations at most.")).to_have_count(0)
        page.get_by_role("link", name="Change the codes of invitation 1").click()
        look(page, "More codes for invitation 1")
        button(page, "Save codes").click()
        page.get_by_label("Write them a letter").check()
        button(page, "Continue").click()
        look(page, "Check before you send")
    assert [planned.gap_days for planned in batch.planned_invitations.all()] == [21, 10]


def test_the_batch_shows_how_its_invitations_go_and_stops_them(desk: Desk) -> None:
    shipped.put_in()
    batch = make_campaign(desk.practice, desk.staff, rows=6, started=True)
    editing.apply(batch, PLANS["flu"])
    Campaign.objects.filter(id=batch.id).update(next_invitation_at=timezone.now() + timedelta(days=2))
    for number in range(4):
        invitation = make_invitation(batch)
        make_message(invitation, state=MessageState.DELIVERED, sent_at=timezone.now())
        if number < 2:
            make_message(invitation, state=MessageState.SENT, purpose=Purpose.NEXT_INVITATION, step=2)
    with desk.browser() as page:
        desk.open(page, batch, "progress")
        expect(page.get_by_role("heading", name="Invitations", exact=True)).to_be_visible()
        look_over(page, page.request.get(page.url).text())
        button(page, "No further invitations").click()
        expect(page.get_by_role("alert")).to_contain_text("No further invitations go.")
        expect(button(page, "No further invitations")).to_have_count(0)
