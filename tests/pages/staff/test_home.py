"""Home, what needs a person, and what is done with, in a real browser: fit for use, and settled by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from integrations.links import token_for
from tests.campaigns.workspace.test_pages_follow_up import lock
from tests.pages.browser import browser_page
from tests.pages.staff.test_batch import invited, under_way
from tests.pages.staff.test_sending import (
    Desk,
    desk,  # noqa: F401 - a fixture
)
from tests.system.inspection import look_over

pytestmark = pytest.mark.system


def look_at(page: Page, address: str) -> None:
    response = page.goto(address)
    assert response is not None
    look_over(page, response.text())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_receptionist_settles_what_needs_them(desk: Desk, scripts: bool) -> None:  # noqa: F811 - the fixture
    batch = under_way(desk, patients=7)
    lock(invited(batch, 8))
    with desk.browser(scripts=scripts) as page:
        look_at(page, f"{desk.served}/")
        page.get_by_role("link", name="Unlock it, or phone them").press("Enter")
        expect(page.get_by_role("heading", name="Link locked after wrong dates of birth")).to_be_visible()
        page.get_by_role("button", name="Done with Ben Okoro").press("Enter")
        expect(page.get_by_text("Done. The patient is off the list.")).to_be_visible()
        look_at(page, f"{desk.served}/follow-up/")
        expect(page.get_by_text("Ben Okoro")).to_have_count(0)
        expect(page.get_by_role("link", name="Grace O'Neill").first).to_be_visible()
        look_at(page, f"{desk.served}/follow-up/done/")
        page.get_by_role("button", name="Put back").press("Enter")
        expect(page.get_by_text("It is on the list again")).to_be_visible()
        look_at(page, f"{desk.served}/batches/{batch.id}/follow-up/")
        expect(page.get_by_text("Ben Okoro").first).to_be_visible()


def test_reminders_are_chosen_and_said_on_the_summary(desk: Desk) -> None:  # noqa: F811 - the fixture
    draft = desk.draft()
    with desk.browser(scripts=False) as page:
        desk.open(page, draft, "summary")
        look_at(page, f"{desk.served}/batches/{draft.id}/reminders/")
        page.get_by_label("First reminder").select_option("5")
        page.get_by_label("Second reminder").select_option("2")
        page.get_by_role("button", name="Continue").press("Enter")
        expect(page.get_by_role("link", name="Choose days in order")).to_be_visible()
        page.get_by_label("First reminder").select_option("2")
        page.get_by_label("Second reminder").select_option("5")
        page.get_by_role("button", name="Continue").press("Enter")
        expect(page.get_by_text("2 and 5 days after their invitation")).to_be_visible()
        look_at(page, page.url)


def test_a_patient_stops_texts_without_scripts(desk: Desk) -> None:  # noqa: F811 - the fixture
    invitation = invited(under_way(desk, patients=1), 1)
    with browser_page(320, scripts=False) as page:
        page.goto(f"{desk.served}/i/{token_for(invitation.id)}")
        page.get_by_role("link", name="Stop texts").press("Enter")
        look_at(page, page.url)
        page.get_by_role("button", name="Stop texts to this phone").press("Enter")
        expect(page.get_by_role("heading", name="You get no more texts")).to_be_visible()
        look_at(page, page.url)
        page.get_by_role("button", name="Get texts again").press("Enter")
        expect(page.get_by_role("heading", name="Stop texts")).to_be_visible()
