"""A batch at an EMIS practice, from New batch message to an appointment in the book."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import expect

from integrations.messaging.text import in_plain_letters
from selfbook.demo.practices import EMIS
from selfbook.demo.samples import write_for
from tests.system.conftest import Hire, Meet
from tests.system.sandbox import Sandbox
from tests.system.staff import INVITATION_CODE, Receptionist

pytestmark = pytest.mark.system

SLOT_TYPE = "Flu clinic"
DECLINING = "If you do not want a flu vaccine, we will stop inviting you this year."
REASONS = {
    "9": "The patient's record has no mobile number.",
    "14": "This patient is also in row 2. We go by that row and leave this one out.",
    "15": "NHS Number, column A: This is not an NHS number: its last digit does not fit the others.",
    "16": "NHS Number, column A: The NHS number does not have 10 digits.",
    "17": "NHS Number, column A: "
    "The spreadsheet has shortened the NHS number, as in 9.99E+09, and its digits are lost.",
    "18": "EMIS shows no active patient with this NHS number. They may have left, died or have a restricted record.",
}
"""Why rows of the sample list cannot be sent, by the row's number in the spreadsheet."""


def test_an_emis_batch_ends_in_an_appointment(hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist, person = hire(EMIS), EMIS.people(1)[0]
    receptionist.given_they_are_logged_in()
    free = sandbox.free_slots(EMIS)
    receptionist.when_they_start_a_self_book_batch()
    then_the_slot_types_are_those_of_the_book(receptionist, free, sandbox.free_slots(EMIS))
    receptionist.when_they_choose_the_slot_type(SLOT_TYPE)
    receptionist.when_they_take_the_template("Flu vaccination")
    then_the_preview_follows_what_is_typed(receptionist)
    receptionist.when_they_attach_the_code(INVITATION_CODE)
    receptionist.when_they_allow_declining(DECLINING)
    with sandbox.held_up("gp_connect.patient"):
        receptionist.when_they_upload(write_for(tmp_path, EMIS, 12))
        receptionist.then_the_page_is("Looking up your patients")
    receptionist.then_the_page_is("Who can be sent to")
    then_every_row_is_in_either_list(receptionist)
    receptionist.when_they_agree_and_send(11)
    receptionist.then_the_page_is(SLOT_TYPE)
    receptionist.then_all_texts_are_delivered(11)

    patient = meet(EMIS, person)
    patient.when_they_press_the_link_in_their_text()
    patient.when_they_choose("Book an appointment")
    patient.when_they_mistype_their_date_of_birth()
    patient.then_the_problem_is("does not match", patient.page.get_by_label("Day"))
    patient.when_they_give_the_date_of_birth()
    time = patient.when_they_choose_the_first_time()
    with sandbox.held_up("gp_connect.book"):
        patient.when_they_confirm(time)
        patient.then_the_page_is("We are booking your appointment")
    patient.then_the_page_is("Appointment booked")
    patient.then_the_appointment_is_in_the_book(SLOT_TYPE, time)
    clock, day = time.split(" on ")
    sandbox.then_a_text_comes(
        person, f"Dear {in_plain_letters(person.given)}", "is booked for", f"{day} at {clock}", EMIS.phone
    )
    sandbox.then_a_code_is_filed(EMIS, person, INVITATION_CODE)
    receptionist.then_the_numbers_are(rows_in_the_list=17, can_be_sent=11, link_opened=1, booked=1, declined=0)


def then_the_slot_types_are_those_of_the_book(
    receptionist: Receptionist, before: Counter[str], after: Counter[str]
) -> None:
    """The page was made at some moment between these two, and a slot may have begun meanwhile."""
    page, names = receptionist.page, before.keys() - {"Telephone consultation"}
    expect(page.get_by_role("radio")).to_have_count(len(names))
    for name in names:
        counts = range(after[name], before[name] + 1)
        receptionist.then_they_see(re.compile("|".join(rf"\b{count:,} free slot" for count in counts)))
        expect(page.get_by_label(name)).to_be_visible()
    expect(page.get_by_text("Telephone consultation")).to_have_count(0)


def then_the_preview_follows_what_is_typed(receptionist: Receptionist) -> None:
    preview = receptionist.page.locator("#preview")
    box = receptionist.page.get_by_label("Message", exact=True)
    expect(preview).to_contain_text("Dear Joe")
    text = box.input_value()
    box.press_sequentially(" We look forward to seeing you at the surgery. " * 5)
    expect(preview).to_contain_text("We look forward to seeing you")
    expect(preview).to_contain_text("This is too long")
    box.fill(text)
    expect(preview).to_contain_text("1 fragment")


def then_every_row_is_in_either_list(receptionist: Receptionist) -> None:
    receptionist.then_the_numbers_are(can_be_sent=11, cannot_be_sent=6, same_patient_twice=1, not_found_in_EMIS=1)
    with receptionist.page.expect_download() as download:
        receptionist.when_they_press("Download list")
    with download.value.path().open(newline="", encoding="utf-8-sig") as file:
        rows = {row["Row"]: row for row in csv.DictReader(file)}
    assert {number: row["Reason"] for number, row in rows.items()} == REASONS
    assert all(row["What to do"] for row in rows.values())
    receptionist.when_they_press("See all 6 rows that cannot be sent")
    receptionist.then_the_page_is("Rows of your list")
    for sentence in REASONS.values():
        receptionist.then_they_see(sentence)
    receptionist.when_they_press("Back")
