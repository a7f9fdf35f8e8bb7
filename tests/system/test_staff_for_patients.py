"""A receptionist mends a patient's link, and does for patients who phone what they could do by it themselves."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from selfbook.demo.people import Person
from selfbook.demo.practices import SYSTMONE
from tests.system.conftest import Hire, Meet
from tests.system.lists import write_list
from tests.system.patients import Patient
from tests.system.sandbox import Sandbox
from tests.system.staff import DECLINE_CODE, Receptionist
from tests.system.test_without_javascript import when_they_refresh_until
from tests.waiting import wait_until

pytestmark = pytest.mark.system

SLOT_TYPE = "Blood test"
PAGE = "A patient's invitation"
CHECKED = "I have checked who is calling"
BOX = "NHS number, mobile number or name"


def given_an_invitation(receptionist: Receptionist, sandbox: Sandbox, person: Person, folder: Path) -> None:
    one = write_list(folder / "one.csv", SYSTMONE, [person])
    batch = receptionist.given_a_sent_batch(SLOT_TYPE, one, decline="If you do not want this, we will tell your GP.")
    sandbox.then_a_text_comes(person, receptionist.web_url)
    receptionist.page.goto(batch)


def when_they_find(receptionist: Receptionist, person: Person) -> None:
    receptionist.when_they_press("Find a patient")
    receptionist.then_the_page_is("Find a patient")
    receptionist.page.get_by_label(BOX).fill(person.nhs_number)
    receptionist.when_they_press("Search")
    receptionist.then_they_see("Patients found", person.family)
    receptionist.then_the_page_is("Find a patient")
    receptionist.page.get_by_role("link", name=re.compile("^" + SLOT_TYPE)).click()
    receptionist.then_the_page_is(PAGE)


def when_they_mistype_whom_they_look_for(receptionist: Receptionist) -> None:
    receptionist.when_they_press("Find a patient")
    box = receptionist.page.get_by_label(BOX)
    box.fill("999 000 00")
    receptionist.when_they_press("Search")
    receptionist.then_the_problem_is("NHS number is not 10 digits", box)


def when_they_answer(receptionist: Receptionist, question: str, button: str, *, caller: bool = False) -> None:
    """Press the button of a page that asks, having looked at it; then they are back at the patient's page."""
    receptionist.then_the_page_is(question)
    if caller:
        receptionist.page.get_by_label(CHECKED).check()
    receptionist.when_they_press(button)
    receptionist.then_the_page_is(PAGE)


def when_the_patient_locks_the_link(patient: Patient) -> None:
    patient.when_they_press_the_link_in_their_text()
    patient.when_they_choose("Book an appointment")
    for _ in range(5):
        patient.when_they_mistype_their_date_of_birth()
    patient.then_the_page_is("This link is locked")


def when_they_choose_a_time(receptionist: Receptionist, heading: str, check: str) -> str:
    """Press the first time there is, forget to check the caller, then confirm; returns the time's words."""
    receptionist.then_the_page_is(heading)
    times = receptionist.page.locator("button[name=slot]:visible")
    label = " ".join((times.first.text_content() or "").split())
    times.first.click()
    receptionist.then_the_page_is(check)
    button = "Book for the patient" if check == "Check, then book" else "Move the appointment"
    receptionist.when_they_press(button)
    box = receptionist.page.get_by_label(CHECKED)
    receptionist.then_the_problem_is("Check who is calling, and tick the box", box)
    box.check()
    receptionist.when_they_press(button)
    return label.split(",")[0]


def test_a_receptionist_mends_a_link(hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist, person = hire(SYSTMONE), SYSTMONE.people(36)[35]
    given_an_invitation(receptionist, sandbox, person, tmp_path)
    patient = meet(SYSTMONE, person)
    when_the_patient_locks_the_link(patient)

    receptionist.given_the_page("/")
    when_they_find(receptionist, person)
    receptionist.then_they_see("Locked", "5 of 5", "Link locked after too many wrong dates of birth")
    receptionist.when_they_press("Unlock the link")
    when_they_answer(receptionist, "Unlock this link?", "Unlock link", caller=True)
    receptionist.then_they_see("The link is unlocked.", "0 of 5")

    receptionist.when_they_press("End the link")
    when_they_answer(receptionist, "End this link now?", "End link")
    patient.when_they_press_the_link_in_their_text()
    patient.then_the_page_is("This link has expired")
    receptionist.when_they_press("Renew the link")
    when_they_answer(receptionist, "Renew this link?", "Renew link")

    receptionist.when_they_press("Show the link")
    receptionist.then_the_page_is("The patient's link")
    link = receptionist.page.get_by_label("Link to copy").input_value()
    assert link in sandbox.texts_of(person)[0]
    receptionist.when_they_press("Back")

    before = len(sandbox.texts_of(person))
    receptionist.when_they_press("Send the text again")
    when_they_answer(receptionist, "Send the text again?", "Send text again")
    receptionist.then_they_see("The text is on its way.")
    wait_until(lambda: len(sandbox.texts_of(person)) == before + 1)
    assert sandbox.texts_of(person)[0] == sandbox.texts_of(person)[1]

    patient.when_they_press_the_link_in_their_text()
    patient.when_they_choose("Book an appointment")
    patient.when_they_give_the_date_of_birth()
    patient.then_the_page_is("Choose a time")


def test_a_receptionist_declines_for_a_patient_who_then_thinks_better_of_it(
    hire: Hire, sandbox: Sandbox, tmp_path: Path
) -> None:
    receptionist, person = hire(SYSTMONE), SYSTMONE.people(37)[36]
    given_an_invitation(receptionist, sandbox, person, tmp_path)
    when_they_mistype_whom_they_look_for(receptionist)
    when_they_find(receptionist, person)

    receptionist.when_they_press("Decline for the patient")
    when_they_answer(receptionist, "Decline for this patient?", "Decline for the patient", caller=True)
    receptionist.then_they_see("The patient has declined.")
    sandbox.then_a_code_is_filed(SYSTMONE, person, DECLINE_CODE)
    receptionist.when_they_press("Reverse the decline")
    when_they_answer(receptionist, "Reverse this decline?", "Reverse decline", caller=True)
    receptionist.then_they_see("Its code stays in the record.", "None yet")


def test_a_receptionist_books_moves_and_cancels_for_a_patient(hire: Hire, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist, person = hire(SYSTMONE), SYSTMONE.people(34)[33]
    given_an_invitation(receptionist, sandbox, person, tmp_path)
    when_they_find(receptionist, person)

    receptionist.when_they_press("Book for the patient")
    when_they_choose_a_time(receptionist, "Choose a time for the patient", "Check, then book")
    expect(receptionist.main).to_contain_text("Booked for")
    receptionist.then_the_page_is(PAGE)
    sandbox.then_a_text_comes(person, "is booked for")

    receptionist.when_they_press("Move the appointment")
    when_they_choose_a_time(receptionist, "Move the appointment", "Check, then move the appointment")
    expect(receptionist.main).to_contain_text("Moved to")
    sandbox.then_a_text_comes(person, "has moved")

    receptionist.when_they_press("Cancel the appointment")
    when_they_answer(receptionist, "Cancel this appointment?", "Cancel appointment", caller=True)
    sandbox.then_a_text_comes(person, "is cancelled")
    # The one that was moved from is cancelled by itself, and may come last.
    wait_until(lambda: {one["status"] for one in sandbox.appointments_of(SYSTMONE, person)} == {"cancelled"})


def test_a_receptionist_needs_no_javascript_for_it(hire: Hire, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist, person = hire(SYSTMONE), SYSTMONE.people(35)[34]
    given_an_invitation(receptionist, sandbox, person, tmp_path)
    plain = hire(SYSTMONE, javascript=False)
    plain.given_they_are_logged_in()
    when_they_find(plain, person)

    plain.when_they_press("Book for the patient")
    plain.then_the_page_is("Choose a time for the patient")
    plain.page.locator("button[name=slot]:visible").first.click()
    plain.then_the_page_is("Check, then book")
    plain.page.get_by_label(CHECKED).check()
    with sandbox.held_up("gp_connect.book"):
        plain.when_they_press("Book for the patient")
        plain.then_the_page_is(PAGE)
        plain.then_they_see("Being booked")
    when_they_refresh_until(plain, "Booked for")
    plain.then_the_page_is(PAGE)
    plain.when_they_press("Show the link")
    plain.then_the_page_is("The patient's link")
