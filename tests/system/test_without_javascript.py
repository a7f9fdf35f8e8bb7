"""The whole way with JavaScript off: pages are followed by pressing their Refresh links."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from selfbook.demo.practices import EMIS
from tests.system.conftest import Hire, Meet
from tests.system.lists import write_list
from tests.system.sandbox import Sandbox
from tests.system.staff import INVITATION_CODE, Receptionist
from tests.system.visitor import Visitor
from tests.waiting import wait_until

pytestmark = pytest.mark.system

SLOT_TYPE = "Asthma review"


def test_everything_works_without_javascript(hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist, (person, *others) = hire(EMIS, javascript=False), EMIS.people(23)[20:]
    receptionist.given_they_are_logged_in()
    receptionist.when_they_start_a_self_book_batch()
    receptionist.when_they_choose_the_slot_type(SLOT_TYPE)
    receptionist.when_they_take_the_template("Yearly check")
    then_the_preview_comes_at_the_press_of_a_button(receptionist)
    receptionist.when_they_attach_the_code(INVITATION_CODE)
    receptionist.when_they_allow_declining("If you do not want this check, we will tell your GP.")
    with sandbox.held_up("gp_connect.patient"):
        receptionist.when_they_upload(write_list(tmp_path / "three.csv", EMIS, [person, *others]))
        receptionist.then_the_page_is(re.compile("Checking your list|Looking up your patients"))
    when_they_refresh_until(receptionist, "Who can be sent to")
    receptionist.when_they_agree_and_send(3)
    when_they_refresh_until(receptionist, re.compile(r"Text delivered\s*3"))

    patient = meet(EMIS, person, javascript=False)
    patient.when_they_press_the_link_in_their_text()
    patient.when_they_choose("Book an appointment")
    patient.when_they_give_the_date_of_birth()
    time = patient.when_they_choose_the_first_time()
    with sandbox.held_up("gp_connect.book"):
        patient.when_they_confirm(time)
        patient.then_the_page_is("We are booking your appointment")
    when_they_refresh_until(patient, "Appointment booked")
    patient.then_the_page_is("Appointment booked")
    patient.then_the_appointment_is_in_the_book(SLOT_TYPE, time)


def then_the_preview_comes_at_the_press_of_a_button(receptionist: Receptionist) -> None:
    box, preview = receptionist.page.get_by_label("Message", exact=True), receptionist.page.locator("#preview")
    text = box.input_value()
    box.fill(text + " Please bring your inhaler.")
    receptionist.when_they_press("Update preview")
    expect(preview).to_contain_text("Please bring your inhaler.")
    expect(box).to_have_value(text + " Please bring your inhaler.")


def when_they_refresh_until(visitor: Visitor, pattern: str | re.Pattern[str]) -> None:
    """Press the page's own link to refresh until it shows this."""

    def refreshed() -> bool:
        if re.search(pattern, visitor.main.inner_text()):
            return True
        link = visitor.page.locator("a[href][data-live-refresh]")
        if link.count():
            with visitor.page.expect_navigation():
                link.click()
        return False

    wait_until(refreshed, seen=lambda: visitor.sees)
