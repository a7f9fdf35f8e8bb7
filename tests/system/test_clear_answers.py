"""What staff and patients are told when something is wrong: what it is, and what to do."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from redis import Redis

from selfbook.demo.practices import EMIS, SYSTMONE
from selfbook.demo.stack import Stack
from tests.system.conftest import Hire, Meet
from tests.system.lists import write_list
from tests.system.sandbox import Sandbox
from tests.waiting import wait_until

pytestmark = pytest.mark.system

FILES = [
    ("notes.pdf", b"%PDF-1.7 not a list", "must be a CSV or Excel"),
    ("empty.csv", b"", "The selected file is empty"),
    ("headings.csv", b"NHS Number,Telecom Number,Date of Birth\r\n", "has headings but no patients"),
    (
        "columns.csv",
        b"NHS Number,Date of Birth\r\n9990000018,01/02/1950\r\n",
        "must have a column called Telecom Number",
    ),
]


def test_a_file_that_cannot_be_taken_is_refused_with_the_remedy(hire: Hire, tmp_path: Path) -> None:
    receptionist = hire(SYSTMONE)
    receptionist.given_a_batch_as_far_as_the_list("Blood test")
    receptionist.then_the_page_is("Upload your patient list")
    chooser = receptionist.page.get_by_role("button", name="Choose file").or_(receptionist.page.locator("#id_file"))
    receptionist.when_they_press("Upload CSV")
    receptionist.then_the_problem_is("Choose a CSV or Excel file", chooser)
    for name, content, problem in FILES:
        (tmp_path / name).write_bytes(content)
        receptionist.page.locator("input[type=file]").set_input_files(tmp_path / name)
        receptionist.when_they_press("Upload CSV")
        receptionist.then_the_problem_is(problem, chooser)


def test_a_file_that_is_far_too_big_is_answered_with_a_page(hire: Hire, tmp_path: Path) -> None:
    """Not with a connection that breaks while the file is on its way."""
    receptionist = hire(SYSTMONE)
    receptionist.given_a_batch_as_far_as_the_list("Blood test")
    file = tmp_path / "big.csv"
    file.write_bytes(b"9990000018,07700900123,09/03/1958\r\n" * 750_000)
    receptionist.when_they_upload(file)
    receptionist.then_the_page_is("The file is too big")
    assert receptionist.status == 413
    receptionist.page.go_back()
    receptionist.then_the_page_is("Upload your patient list")


def test_each_step_says_what_it_still_needs(hire: Hire) -> None:
    receptionist = hire(EMIS)
    page = receptionist.page
    receptionist.given_they_are_logged_in()
    receptionist.given_the_page("/batches/new/")
    receptionist.when_they_press("Continue")
    receptionist.then_the_problem_is("Choose Self-Book", page.get_by_label("Self-Book"))
    page.get_by_label("Self-Book").check()
    receptionist.when_they_press("Continue")
    receptionist.then_the_page_is("Which slot type should patients book into?")
    receptionist.when_they_press("Continue")
    receptionist.then_the_problem_is("Choose a slot type", page.get_by_role("radio").first)
    page.get_by_label("Blood test").check()
    receptionist.when_they_press("Continue")
    page.get_by_label("Message", exact=True).fill("Dear {nmae}, please book.")
    receptionist.when_they_press("Continue")
    receptionist.then_the_problem_is("{nmae} is not something", page.get_by_label("Message", exact=True))
    page.get_by_label("Start from a template").select_option(label="Blood test")
    receptionist.when_they_press("Use this")
    receptionist.then_the_page_is("Write the message")
    receptionist.when_they_press("Continue")
    page.get_by_label("Yes, patients can decline").check()
    page.get_by_label("Decline message").fill("")
    receptionist.when_they_press("Continue")
    receptionist.then_the_problem_is("Write what happens if", page.get_by_label("Decline message"))
    receptionist.then_they_see("Choose the SNOMED code for a decline")


def test_the_wizard_says_when_the_clinical_system_is_down_and_keeps_the_draft(hire: Hire, sandbox: Sandbox) -> None:
    receptionist = hire(EMIS)
    receptionist.given_they_are_logged_in()
    sandbox.given_a_fault("gp_connect.slots", "status", times=None, status=503)
    receptionist.when_they_start_a_self_book_batch()
    receptionist.then_the_page_is("We cannot reach EMIS")
    receptionist.then_they_see("Your batch is saved as a draft")
    assert receptionist.status == 503
    sandbox.given_all_is_well()
    receptionist.when_they_press("Try again")
    receptionist.then_the_page_is("Which slot type should patients book into?")


def test_a_patient_is_told_to_try_later_and_then_can_book(
    hire: Hire, meet: Meet, sandbox: Sandbox, stack: Stack, tmp_path: Path
) -> None:
    receptionist, person = hire(SYSTMONE), SYSTMONE.people(31)[30]
    batch = receptionist.given_a_sent_batch("Blood test", write_list(tmp_path / "one.csv", SYSTMONE, [person]))
    receptionist.page.goto(batch)
    receptionist.then_all_texts_are_delivered(1)
    patient = meet(SYSTMONE, person)
    patient.when_they_press_the_link_in_their_text()
    patient.then_the_page_is("Book your appointment")
    expect(patient.page.get_by_role("button", name="I don't want this")).to_have_count(0)
    patient.when_they_choose("Book an appointment")
    sandbox.given_a_fault("gp_connect.slots", "status", times=None, status=503)
    Redis.from_url(stack.environment["REDIS_URL"]).flushall()  # the batch's page has had the times read
    patient.when_they_give_the_date_of_birth()
    patient.then_the_page_is("Sorry, you cannot see times at the moment")
    patient.then_they_see("Try again later", "Nothing is lost", SYSTMONE.phone)

    sandbox.given_all_is_well()
    wait_until(lambda: (page := patient.page.reload()) and page.ok, seen=lambda: patient.sees)
    time = patient.when_they_choose_the_first_time()
    patient.when_they_confirm(time)
    patient.then_the_page_is("Appointment booked")
    patient.when_they_press_the_link_in_their_text()
    patient.then_the_page_is("Your appointment")
    patient.when_they_give_the_date_of_birth()
    patient.then_the_page_is("Appointment booked")


def test_another_practices_batch_is_not_there(hire: Hire) -> None:
    willow, harbour = hire(EMIS), hire(SYSTMONE)
    willow.given_a_batch_as_far_as_the_list("Blood test")
    willow.then_the_page_is("Upload your patient list")
    harbour.given_they_are_logged_in()
    for step in ("slot-type/", "message/", "summary/", "progress/", ""):
        harbour.given_the_page(willow.page.url.removeprefix(willow.web_url).removesuffix("upload/") + step)
        harbour.then_the_page_is("Page not found")
        assert harbour.status == 404


def test_a_link_that_is_not_ours_says_nothing_about_anybody(meet: Meet) -> None:
    patient = meet(EMIS, EMIS.people(1)[0])
    for token in ("AAAAAAAAAAAAAAAAAAAAAA", "short", ""):
        patient.given_the_page(f"/i/{token}")
        patient.then_the_page_is("This link does not work")
        assert patient.status == 404
        expect(patient.page.get_by_text(EMIS.name)).to_have_count(0)
    patient.given_the_page("/b/times/")
    patient.then_the_page_is("Open the link in your message again")
