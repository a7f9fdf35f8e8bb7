"""The pages on which staff send, in a real browser: undone by hand, pressed twice, open in two tabs; fit for use.

No worker runs here, so that a batch stays as it is for as long as a test looks at it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.fixtures import Settings

from campaigns.drafts import services
from campaigns.models import Campaign, Wave
from campaigns.models.states import CampaignState
from campaigns.sending import control, issuing
from integrations.models.outbox import Message, Stoppage
from integrations.models.states import MessageState
from practices.models import AuditEvent, Practice, User
from tests.campaigns.workspace.test_pages_follow_up import add_each_kind
from tests.factories import make_campaign, make_practice, make_staff
from tests.pages.browser import browser_page
from tests.system.inspection import look_over
from tests.threads import at_once

pytestmark = pytest.mark.system

SUMMARY = "Check before you send"
SECONDS = re.compile(r"Your texts go in (\d+) seconds\.")


class Desk:
    """A member of staff of a practice, whose batches need no clinical system."""

    def __init__(self, served: str) -> None:
        self.served = served
        self.practice: Practice = make_practice(clinical_system="systmone")
        self.staff: User = make_staff(self.practice)
        client = Client()
        client.force_login(self.staff)
        self._session = client.cookies[django_settings.SESSION_COOKIE_NAME].value

    def draft(self, **fields: Any) -> Campaign:
        """A batch of six patients that wants only Send."""
        return make_campaign(self.practice, self.staff, rows=6, **fields)

    def sent(self, **fields: Any) -> Campaign:
        """The same, sent."""
        return services.start(campaign=self.draft(**fields), longest_name="", by=self.staff)

    @contextmanager
    def browser(self, *, scripts: bool = True) -> Iterator[Page]:
        """A browser page, logged in. Nothing else may be asked of the database while it is open."""
        with browser_page(scripts=scripts) as page:
            self.sit_down_at(page)
            yield page

    def sit_down_at(self, page: Page) -> None:
        """Be logged in there, once no page of whoever sat there before asks for its news any more."""
        page.goto("about:blank")
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": self._session, "url": self.served}])

    def open(self, page: Page, batch: Campaign, step: str) -> None:
        """Go to a page of a batch."""
        page.goto(f"{self.served}/batches/{batch.id}/{step}/")


@pytest.fixture
def desk(served: str, settings: Settings) -> Desk:
    settings.UNDO_SECONDS = 300
    return Desk(served)


def button(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=label, exact=True)


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def begin(batch: Campaign) -> None:
    """The time to undo is over, and the first texts are made."""
    batch.waves.update(due_at=timezone.now())
    issuing.issue(batch.id)


def events(batch: Campaign, action: str) -> int:
    return AuditEvent.objects.filter(object_id=batch.id, action=action).count()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_send_is_undone(desk: Desk, scripts: bool) -> None:
    batch = desk.draft()
    with desk.browser(scripts=scripts) as page:
        desk.open(page, batch, "summary")
        button(page, "Send to 6 patients").click()
        left = page.get_by_text(SECONDS)
        before = left.inner_text()
        if scripts:  # it counts down by itself
            expect(left).not_to_have_text(before)
        button(page, "Undo").click()
        expect(heading(page)).to_have_text(SUMMARY)
        expect(page.get_by_role("alert")).to_contain_text("Sending was undone before any message went.")
    batch.refresh_from_db()
    assert batch.is_draft
    assert events(batch, "campaign.undone") == 1


def test_a_press_on_undo_is_not_lost_when_the_page_refreshes_at_that_moment(desk: Desk) -> None:
    batch = desk.sent()
    with desk.browser() as page:
        desk.open(page, batch, "progress")
        button(page, "Undo").hover()
        page.mouse.down()
        for _ in range(2):
            with page.expect_response(re.compile("/progress/$")):
                pass
        page.mouse.up()
        expect(heading(page)).to_have_text(SUMMARY)


def test_the_keyboard_stays_on_undo_while_the_page_refreshes(desk: Desk) -> None:
    batch = desk.sent()
    with desk.browser() as page:
        desk.open(page, batch, "progress")
        left = page.get_by_text(SECONDS)
        before = left.inner_text()
        button(page, "Undo").focus()
        expect(left).not_to_have_text(before)
        expect(button(page, "Undo")).to_be_focused()
        page.keyboard.press("Enter")
        expect(heading(page)).to_have_text(SUMMARY)


def test_the_keyboard_stays_on_a_figure_while_the_page_refreshes(desk: Desk) -> None:
    batch = followed_up(desk)
    with desk.browser() as page:
        desk.open(page, batch, "progress")
        link = page.get_by_role("link", name="Text not delivered")
        link.focus()
        link.evaluate("link => { link.textContent = 'an older copy'; }")
        expect(link).to_be_visible()
        expect(link).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_send_pressed_twice_sends_once(desk: Desk, scripts: bool) -> None:
    batch = desk.draft()
    with desk.browser(scripts=scripts) as page:
        desk.open(page, batch, "summary")
        button(page, "Send to 6 patients").dblclick()
        expect(page.get_by_text(SECONDS)).to_be_visible()
    assert events(batch, "campaign.sent") == 1
    assert Wave.objects.filter(campaign=batch).count() == 1


def test_two_tabs_agree(desk: Desk) -> None:
    batch = desk.sent()
    with desk.browser() as page:
        other = page.context.new_page()
        for tab in (page, other):
            desk.open(tab, batch, "progress")
        button(other, "Undo").click()
        expect(heading(other)).to_have_text(SUMMARY)
        page.bring_to_front()
        expect(heading(page)).to_have_text(SUMMARY)
        # Both show the summary now; the second Send finds the batch sent, and is none.
        for tab in (page, other):
            button(tab, "Send to 6 patients").click()
            expect(tab.get_by_text(SECONDS)).to_be_visible()
    batch.refresh_from_db()
    assert batch.state == CampaignState.SCHEDULED
    assert events(batch, "campaign.sent") == 2


def test_undo_in_one_tab_after_the_texts_have_begun_to_go(desk: Desk) -> None:
    batch = desk.sent()
    with desk.browser(scripts=False) as page:  # a page that does not follow
        desk.open(page, batch, "progress")
        at_once(lambda: begin(batch))
        button(page, "Undo").click()
        expect(page.get_by_role("region", name="Important")).to_contain_text("It was too late to undo")
        expect(button(page, "Pause this batch")).to_be_visible()


def at_night(settings: Settings) -> None:
    """Let it be night now, whatever the time is."""
    before_noon = timezone.localtime().hour < 12
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = (12, 24) if before_noon else (0, 12)


def spread(desk: Desk) -> Campaign:
    """A batch over three days, whose first day's texts are on their way."""
    batch = desk.sent(spread_days=3)
    batch.waves.filter(number=1).update(due_at=timezone.now())
    issuing.issue(batch.id)
    return batch


def stopped(desk: Desk) -> Campaign:
    """A batch whose texts cannot go, because of the account."""
    reason = "The practice's text message account is not active. It may have run out of money."
    Stoppage.objects.create(practice=desk.practice, code="20005", reason=reason, retry_at=timezone.now())
    return spread(desk)


def followed_up(desk: Desk) -> Campaign:
    """A batch with patients to follow up, of every kind."""
    batch = desk.sent()
    for state in (CampaignState.STARTING, CampaignState.RUNNING):
        Campaign.objects.filter(id=batch.id).update(state=state)
    add_each_kind(batch)
    return batch


def cancelled(desk: Desk) -> Campaign:
    """A spread batch that was cancelled when some had gone."""
    batch = spread(desk)
    Message.objects.of_batch(batch.id).update(state=MessageState.DELIVERED)
    control.cancel(campaign=batch, by=desk.staff)
    return batch


PAGES: dict[str, tuple[Callable[[Desk], Campaign], list[str]]] = {
    "draft": (lambda desk: desk.draft(spread_days=3, allow_decline=False), ["when", "summary"]),
    "undo": (lambda desk: desk.sent(), ["progress", ""]),
    "later": (
        lambda desk: desk.sent(send_at=timezone.now() + timedelta(days=5), any_hour=True),
        ["progress", "cancel"],
    ),
    "spread": (spread, ["progress"]),
    "stopped": (stopped, ["progress", ""]),
    "follow-up": (followed_up, ["follow-up", "progress"]),
    "cancelled": (cancelled, ["progress"]),
}


AT_NIGHT = ["draft", "undo", "spread"]
"""Those that look otherwise at night."""


@pytest.mark.parametrize("night", [False, True], ids=["by day", "at night"])
def test_every_page_is_fit_for_use(served: str, settings: Settings, night: bool) -> None:
    settings.UNDO_SECONDS = 300
    if night:
        at_night(settings)
    desks = {name: Desk(served) for name in (AT_NIGHT if night else PAGES)}
    batches = {name: PAGES[name][0](desk) for name, desk in desks.items()}
    with browser_page() as page:
        for name, desk in desks.items():
            desk.sit_down_at(page)
            for step in PAGES[name][1]:
                response = page.goto(f"{served}/batches/{batches[name].id}/{step}/" if step else served)
                assert response is not None
                look_over(page, response.text())
