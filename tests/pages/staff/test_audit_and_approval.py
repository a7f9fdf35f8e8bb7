"""The audit page and the approval of a large batch in a real browser: fit for use, with and without scripts."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from campaigns.drafts import services
from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from practices.audit import trail as audit
from practices.models import Practice, Role, User
from tests.factories import make_campaign, make_practice, make_staff
from tests.pages.browser import browser_page
from tests.system.inspection import look_over

pytestmark = pytest.mark.system


class Office:
    """A practice that wants a second person, with a manager at a browser and a batch that waits."""

    def __init__(self, served: str) -> None:
        self.served = served
        self.practice: Practice = make_practice(clinical_system="systmone", second_person_over=2)
        self.maker: User = make_staff(self.practice, given_name="Mo", family_name="Ali")
        self.manager: User = make_staff(self.practice, Role.MANAGER, given_name="Mina", family_name="Shah")
        draft = make_campaign(self.practice, self.maker, rows=3)
        self.batch: Campaign = services.start(campaign=draft, longest_name="", by=self.maker)
        assert draft.patient_list is not None
        self.patient = draft.patient_list.recipients.first()
        client = Client()
        client.force_login(self.manager)
        self._session = client.cookies[settings.SESSION_COOKIE_NAME].value

    @contextmanager
    def browser(self, *, scripts: bool) -> Iterator[Page]:
        with browser_page(scripts=scripts) as page:
            name = settings.SESSION_COOKIE_NAME
            page.context.add_cookies([{"name": name, "value": self._session, "url": self.served}])
            yield page


@pytest.fixture
def office(served: str) -> Office:
    return Office(served)


def press(page: Page, label: str) -> str:
    """Press a button; the HTML of the page that comes."""
    with page.expect_navigation() as answered:
        page.get_by_role("button", name=label, exact=True).click()
    assert answered.value is not None
    return answered.value.text()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_manager_approves_a_batch_that_waits(office: Office, scripts: bool) -> None:
    with office.browser(scripts=scripts) as page:
        home = page.goto(office.served)
        assert home is not None
        look_over(page, home.text())
        with page.expect_navigation() as opened:
            page.get_by_role("link", name="Check and approve").click()
        assert opened.value is not None
        look_over(page, opened.value.text())
        look_over(page, press(page, "Send back"))
        page.get_by_role("link", name="Say what should be different").click()
        expect(page.get_by_label("What should be different?")).to_be_focused()
        press(page, "Approve and send to 3 patients")
        expect(page).to_have_url(f"{office.served}/batches/{office.batch.id}/progress/")
    office.batch.refresh_from_db()
    assert office.batch.state == CampaignState.SCHEDULED
    assert office.batch.approved_by == office.manager


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_manager_finds_who_looked_at_a_patient(office: Office, scripts: bool) -> None:
    assert office.patient is not None
    for _ in range(51):
        audit.record("campaign.message", practice=office.practice, actor=office.manager, object_id=office.batch.id)
    audit.looked(practice=office.practice, actor=office.maker, patient_ids=[office.patient.id])
    with office.browser(scripts=scripts) as page:
        page.goto(office.served)
        with page.expect_navigation() as opened:
            page.get_by_role("link", name="See who did what").click()
        assert opened.value is not None
        look_over(page, opened.value.text())
        page.get_by_text("Search the audit trail").click()
        page.get_by_label("NHS number of a patient").fill("1234567890")
        look_over(page, press(page, "Search"))
        page.get_by_label("NHS number of a patient").fill(office.patient.nhs_number)
        look_over(page, press(page, "Search"))
        expect(page.get_by_role("cell", name="Looked at patients")).to_be_visible()
        assert office.patient.nhs_number not in page.url
        press(page, "Clear search")
        expect(page.get_by_role("link", name="Next")).to_be_visible()
