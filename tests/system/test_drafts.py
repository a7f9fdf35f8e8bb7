"""A batch that is not sent yet is kept, whatever becomes of the browser."""

import pytest
from playwright.sync_api import Locator, expect

from selfbook.demo.practices import EMIS, SYSTMONE
from tests.system.conftest import Hire
from tests.system.staff import Receptionist

pytestmark = pytest.mark.system

MESSAGE = "Dear {name}, {practice} would like to see you. Choose a time: {link}"


def test_a_draft_is_carried_on_in_another_browser_at_the_same_step(hire: Hire) -> None:
    first = hire(EMIS)
    first.given_they_are_logged_in()
    first.when_they_start_a_self_book_batch()
    first.when_they_choose_the_slot_type("Asthma review")
    first.page.get_by_label("Message", exact=True).fill(MESSAGE)
    first.page.get_by_label("What is the appointment for?").fill("Asthma review")
    first.when_they_press("Continue")
    first.then_the_page_is("Can patients decline?")
    first.page.context.clear_cookies()

    second = hire(EMIS)
    second.when_they_log_in()
    draft = draft_of(second, "Asthma review")
    draft.get_by_role("link", name="Carry on").click()
    second.then_the_page_is("Can patients decline?")
    second.when_they_press("Back")
    expect(second.page.get_by_label("Message", exact=True)).to_have_value(MESSAGE)
    expect(second.page.get_by_label("What is the appointment for?")).to_have_value("asthma review")
    second.when_they_press("Back")
    expect(second.page.get_by_label("Asthma review")).to_be_checked()


def test_a_draft_can_be_thrown_away(hire: Hire) -> None:
    receptionist = hire(SYSTMONE)
    receptionist.given_they_are_logged_in()
    receptionist.when_they_start_a_self_book_batch()
    receptionist.when_they_choose_the_slot_type("Cervical screening")
    receptionist.given_the_page("/")
    draft_of(receptionist, "Cervical screening").get_by_role("link", name="Delete").click()
    receptionist.then_the_page_is("Delete this draft?")
    receptionist.when_they_press("Delete draft")
    receptionist.then_the_page_is("Batches")
    expect(receptionist.page.get_by_role("row", name="Cervical screening")).to_have_count(0)


def draft_of(receptionist: Receptionist, slot_type: str) -> Locator:
    """The row of the draft for this slot type."""
    return receptionist.page.get_by_role("row", name=slot_type)
