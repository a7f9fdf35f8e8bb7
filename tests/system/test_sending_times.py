"""When a batch goes: at a time, over days, stopped on the way; and whom staff must reach themselves afterwards."""

import csv
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from core.wording import nhs_date
from selfbook.demo.people import Person
from selfbook.demo.practices import EMIS, SYSTMONE, DemoPractice
from tests.system.conftest import Hire
from tests.system.lists import write_list
from tests.system.sandbox import LONDON, Sandbox, e164
from tests.system.staff import Receptionist
from tests.system.test_without_javascript import when_they_refresh_until

pytestmark = pytest.mark.system

SLOT_TYPE, SUMMARY, WHEN = "Blood test", "Check before you send", "When should the messages go?"


def given_a_summary(receptionist: Receptionist, practice: DemoPractice, people: Sequence[Person], folder: Path) -> None:
    """A batch to these patients that wants nothing but Send."""
    receptionist.given_a_batch_as_far_as_the_summary(SLOT_TYPE, write_list(folder / "list.csv", practice, people))


def day_boxes(receptionist: Receptionist, day: datetime) -> Locator:
    """Type a day; its first box."""
    page = receptionist.page
    for label, value in (("Day", day.day), ("Month", f"{day:%B}"), ("Year", day.year)):
        page.get_by_label(label, exact=True).fill(str(value))
    return page.get_by_label("Day", exact=True)


def tomorrow() -> datetime:
    return datetime.now(LONDON) + timedelta(days=1)


def test_a_batch_waits_for_its_time_and_can_be_changed_until_then(hire: Hire, tmp_path: Path) -> None:
    receptionist = hire(SYSTMONE)
    page = receptionist.page
    given_a_summary(receptionist, SYSTMONE, SYSTMONE.people(56)[54:], tmp_path)
    receptionist.when_they_press("Change when the texts go")
    receptionist.then_the_page_is(WHEN)
    expect(page.get_by_label("Time", exact=True)).to_be_hidden()
    page.get_by_label("On a day and time that you choose").check()
    receptionist.when_they_press("Continue")
    receptionist.then_the_problem_is("Enter the date to send on", page.get_by_label("Day", exact=True))
    box = day_boxes(receptionist, tomorrow() - timedelta(days=3))
    page.get_by_label("Time", exact=True).fill("teatime")
    receptionist.when_they_press("Continue")
    receptionist.then_the_problem_is("Enter a time, such as 9am", page.get_by_label("Time", exact=True))
    page.get_by_label("Time", exact=True).fill("9")
    receptionist.when_they_press("Continue")
    receptionist.then_the_problem_is("The date must be today or later", box)
    day = tomorrow()
    day_boxes(receptionist, day)
    receptionist.when_they_press("Continue")
    receptionist.then_the_page_is(SUMMARY)
    receptionist.then_they_see(f"{nhs_date(day)} at 9am", "Soon after the first ones")

    receptionist.when_they_press("Send to 2 patients")
    receptionist.then_the_page_is(SLOT_TYPE)
    receptionist.then_they_see("These texts go tomorrow at 9am.", "you can still change everything.")
    receptionist.given_the_page("/")
    receptionist.then_the_page_is("Batches")
    row = page.get_by_role("row", name=f"{nhs_date(day)} at 9am")
    row.get_by_role("link").click()
    receptionist.when_they_press("Change this batch")
    receptionist.then_they_see("Sending was undone before any message went.")
    receptionist.then_the_page_is(SUMMARY)

    receptionist.when_they_press("Send to 2 patients")
    receptionist.when_they_press("Cancel this batch")
    receptionist.then_the_page_is("Cancel this batch?")
    receptionist.when_they_press("Cancel this batch")
    receptionist.then_they_see("Cancelled: 0 of 2 texts had gone.")
    receptionist.then_the_page_is(SLOT_TYPE)


def test_a_batch_goes_over_days_and_is_stopped_on_the_way(hire: Hire, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist, people = hire(SYSTMONE), SYSTMONE.people(58)[56:]
    page = receptionist.page
    given_a_summary(receptionist, SYSTMONE, people, tmp_path)
    receptionist.when_they_press("Change when the texts go")
    page.get_by_label("Spread the texts over").select_option(label="2 days: 1 patient a day")
    receptionist.when_they_press("Continue")
    receptionist.then_the_page_is(SUMMARY)
    receptionist.then_they_see("spread over 2 days", "Day by day")
    receptionist.when_they_press("Send to 2 patients")
    receptionist.then_they_see("1 of 2 parts gone. The next texts go tomorrow at")
    receptionist.then_the_numbers_are(text_delivered=1)
    receptionist.then_the_page_is(SLOT_TYPE)
    sandbox.then_a_text_comes(people[0], "book")
    assert sandbox.texts_of(people[1]) == []

    receptionist.when_they_press("Pause this batch")
    receptionist.then_they_see("Paused: 1 of 2 texts gone.")
    receptionist.then_the_page_is(SLOT_TYPE)
    receptionist.when_they_press("Resume this batch")
    receptionist.then_they_see("1 of 2 parts gone. The next texts go tomorrow at")
    receptionist.when_they_press("Cancel this batch")
    receptionist.then_the_page_is("Cancel this batch?")
    receptionist.when_they_press("Cancel this batch")
    receptionist.then_they_see("Cancelled: 1 of 2 texts had gone.", "Did not go")
    assert sandbox.texts_of(people[1]) == []


def test_staff_follow_up_the_patients_whose_text_did_not_arrive(hire: Hire, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist, people = hire(EMIS), EMIS.people(56)[53:]
    failing = people[0]
    sandbox.given_a_fault("twilio.delivery", "undelivered", code="30005", times=None, match={"To": e164(failing)})
    given_a_summary(receptionist, EMIS, people, tmp_path)
    receptionist.when_they_press("Send to 3 patients")
    receptionist.then_the_numbers_are(text_delivered=2, text_not_delivered=1)
    receptionist.then_the_page_is(SLOT_TYPE)
    receptionist.when_they_press("Text not delivered")
    receptionist.then_the_page_is("Patients to follow up")
    receptionist.then_they_see(failing.family, "The mobile number is no longer in use.", "Contact them in another way.")
    with receptionist.page.expect_download() as download:
        receptionist.when_they_press("Download list")
    with download.value.path().open(newline="", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert (row["First name"], row["Surname"]) == (failing.given, failing.family)
    receptionist.when_they_press("Back")
    receptionist.then_the_page_is(SLOT_TYPE)


def test_choosing_a_time_without_javascript(hire: Hire, tmp_path: Path) -> None:
    receptionist = hire(SYSTMONE, javascript=False)
    page = receptionist.page
    receptionist.given_a_batch_as_far_as_the_list(SLOT_TYPE)
    receptionist.when_they_upload(write_list(tmp_path / "list.csv", SYSTMONE, SYSTMONE.people(60)[58:]))
    when_they_refresh_until(receptionist, "2 patients will get a text")
    receptionist.when_they_press("Continue")
    receptionist.when_they_press("Change when the texts go")
    receptionist.then_the_page_is(WHEN)
    page.get_by_label("On a day and time that you choose").check()
    day_boxes(receptionist, tomorrow())
    page.get_by_label("Time", exact=True).fill("2.30 pm")
    receptionist.when_they_press("Continue")
    receptionist.then_they_see(re.compile(r"at 2:30pm"))
    receptionist.when_they_press("Send to 2 patients")
    receptionist.then_they_see("These texts go tomorrow at 2:30pm.")
    receptionist.when_they_press("Change this batch")
    receptionist.then_the_page_is(SUMMARY)
