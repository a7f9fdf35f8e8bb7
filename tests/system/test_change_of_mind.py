"""One patient with a small phone books, looks, moves, cancels and books again, all by the link in one text."""

from pathlib import Path

import pytest
from icalendar import Calendar

from selfbook.demo.people import Person
from selfbook.demo.practices import EMIS
from tests.system.conftest import Hire, Meet
from tests.system.lists import write_list
from tests.system.patients import Patient
from tests.system.sandbox import Sandbox
from tests.system.test_without_javascript import when_they_refresh_until
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]  # of a busy machine: it is a long way

SLOT_TYPE = "Blood test"


def given_an_invitation(hire: Hire, person: Person, folder: Path) -> None:
    hire(EMIS).given_a_sent_batch(SLOT_TYPE, write_list(folder / "one.csv", EMIS, [person]))


def test_a_patient_changes_their_mind(hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path) -> None:
    person = EMIS.people(27)[26]
    given_an_invitation(hire, person, tmp_path)
    patient = meet(EMIS, person)
    patient.when_they_press_the_link_in_their_text()
    patient.when_they_choose("Book an appointment")
    patient.when_they_give_the_date_of_birth()
    first = when_they_choose_a_time(patient, "Choose a time")
    patient.when_they_confirm(first)
    patient.then_the_page_is("Appointment booked")
    sandbox.then_a_text_comes(person, "is booked for", "To change or cancel it")
    then_the_calendar_file_is_for(patient, sequence=0)

    when_they_come_back(patient)
    patient.then_the_page_is("Appointment booked")
    patient.when_they_press("Choose another time")
    patient.then_they_see("Your appointment now is on")
    second = when_they_choose_another_time(patient)
    with sandbox.held_up("gp_connect.book"):
        patient.when_they_press("Confirm and move")
        patient.then_the_page_is("We are moving your appointment")
        patient.then_they_see("Until it is, you keep your appointment")
    patient.then_the_page_is("Appointment moved")
    sandbox.then_a_text_comes(person, "has moved", second.split(" on ")[1])
    then_the_calendar_file_is_for(patient, sequence=1)
    wait_until(lambda: then_in_the_book(sandbox, person) == ["booked", "cancelled"])

    patient.when_they_press("Cancel this appointment")
    patient.then_the_page_is("Are you sure you want to cancel this appointment?")
    with sandbox.held_up("gp_connect.cancel"):
        patient.when_they_press("Yes, cancel this appointment")
        patient.then_the_page_is("We are cancelling your appointment")
    patient.then_the_page_is("Your appointment is cancelled")
    sandbox.then_a_text_comes(person, "is cancelled", "To book another time")

    patient.when_they_press("Book another time")
    again = when_they_choose_a_time(patient, "Choose a time")
    patient.when_they_confirm(again)
    patient.then_the_page_is("Appointment booked")
    assert then_in_the_book(sandbox, person) == ["booked", "cancelled", "cancelled"]


def test_a_patient_whose_new_time_is_taken_keeps_the_old_one(
    hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path
) -> None:
    person = EMIS.people(33)[32]
    given_an_invitation(hire, person, tmp_path)
    patient = meet(EMIS, person, javascript=False)
    patient.when_they_press_the_link_in_their_text()
    patient.when_they_choose("Book an appointment")
    patient.when_they_give_the_date_of_birth()
    first = when_they_choose_a_time(patient, "Choose a time")
    patient.when_they_confirm(first)
    when_they_refresh_until(patient, "Appointment booked")

    patient.when_they_press("Choose another time")
    when_they_choose_another_time(patient)
    sandbox.given_a_fault("gp_connect.book", "slot_taken")
    patient.when_they_press("Confirm and move")
    when_they_refresh_until(patient, "Your appointment has not moved")
    patient.then_the_page_is("Your appointment has not moved")
    clock, day = first.split(" on ")
    patient.then_they_see("You still have this appointment", clock, day)
    sandbox.then_a_text_comes(person, "we could not move", "stays as it was")

    patient.when_they_press("Cancel this appointment")
    patient.when_they_press("Yes, cancel this appointment")
    when_they_refresh_until(patient, "Your appointment is cancelled")
    patient.then_the_page_is("Your appointment is cancelled")
    assert then_in_the_book(sandbox, person) == ["cancelled"]


def when_they_come_back(patient: Patient) -> None:
    """Some days later, in a browser that has forgotten them."""
    patient.page.context.clear_cookies()
    patient.when_they_press_the_link_in_their_text()
    patient.then_the_page_is("Your appointment")
    patient.when_they_give_the_date_of_birth()


def when_they_choose_a_time(patient: Patient, heading: str) -> str:
    """The last time of the second day: the first day's may be too soon to change. Returns its words."""
    patient.then_the_page_is(heading)
    day = patient.page.locator("details").nth(1)
    day.locator("summary").click()
    time = day.locator("button[name=slot]").last
    label = " ".join((time.text_content() or "").split())
    time.click()
    return label


def when_they_choose_another_time(patient: Patient) -> str:
    """And read it over."""
    label = when_they_choose_a_time(patient, "Choose another time")
    patient.then_the_page_is("Check your new time")
    clock, day = label.split(" on ")
    patient.then_they_see(clock, day, "Your appointment has not moved yet")
    return label


def then_the_calendar_file_is_for(patient: Patient, *, sequence: int) -> None:
    with patient.page.expect_download() as download:
        patient.when_they_press("Add to your calendar")
    assert download.value.suggested_filename == "appointment.ics"
    (event,) = Calendar.from_ical(download.value.path().read_bytes()).walk("VEVENT")
    assert event["sequence"] == sequence
    assert EMIS.name in str(event["summary"])


def then_in_the_book(sandbox: Sandbox, person: Person) -> list[str]:
    return sorted(appointment["status"] for appointment in sandbox.appointments_of(EMIS, person))
