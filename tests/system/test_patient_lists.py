"""What staff do with their lists: upload them as they come, look through the rows, put them right, and go on."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import expect

from selfbook.demo.people import Person
from selfbook.demo.practices import EMIS, SYSTMONE
from tests.system.conftest import Hire
from tests.system.lists import write_list
from tests.system.staff import Receptionist
from tests.system.test_without_javascript import when_they_refresh_until

pytestmark = pytest.mark.system

HEADINGS = ["NHS Number", "Mobile", "DOB", "First Name", "Surname", "Ward"]
RESULTS, ROWS = "Who can be sent to", "Rows of your list"


def cells(person: Person, **changes: str) -> list[str]:
    """A patient's row, as somebody keeps it in a spreadsheet."""
    row = {
        "nhs_number": person.nhs_number,
        "mobile": person.mobile,
        "born": f"{person.date_of_birth:%d/%m/%Y}",
        "given": person.given,
        "family": person.family,
        "ward": "Elm",
    }
    return list((row | changes).values())


def write_csv(file: Path, rows: Sequence[Sequence[str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([HEADINGS, *rows])
    return file


def write_workbook(file: Path, rows: Sequence[Sequence[str]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADINGS, *rows):
        sheet.append(list(row))
    book.save(file)
    return file


def test_a_list_is_looked_through_put_right_and_uploaded_again(hire: Hire, tmp_path: Path) -> None:
    people = SYSTMONE.people(44)[40:]
    faulty = [
        cells(people[0], mobile=people[0].mobile.replace(" ", "").removeprefix("0")),
        cells(people[1], mobile=people[0].mobile),
        cells(people[2], mobile=""),
        cells(people[3], nhs_number=people[3].nhs_number[:-1]),
        ["Total", "", "", "", "", "4"],
    ]
    receptionist = hire(SYSTMONE)
    receptionist.given_a_batch_as_far_as_the_list("Flu clinic")
    receptionist.when_they_upload(write_csv(tmp_path / "march.csv", faulty))
    receptionist.then_the_page_is(RESULTS)
    receptionist.then_the_numbers_are(can_be_sent=2, cannot_be_sent=2, no_mobile_number=1)
    receptionist.then_they_see("2 patients still need to hear from you", "1 phone is shared by two or more patients")

    receptionist.when_they_press("No mobile number")
    receptionist.then_the_page_is(ROWS)
    then_the_rows_are(receptionist, "4")
    receptionist.page.get_by_label("Show", exact=True).select_option(label="All rows (4)")
    receptionist.when_they_press("Show rows")
    then_the_rows_are(receptionist, "2", "3", "4", "5")
    search = receptionist.page.get_by_label("Search by")
    search.fill(people[3].family)
    receptionist.when_they_press("Search")
    expect(search).to_have_value(people[3].family)
    receptionist.then_the_page_is(ROWS)
    assert people[3].family.lower() not in receptionist.page.url.lower()
    receptionist.when_they_press("Clear search")
    then_the_rows_are(receptionist, "2", "3", "4", "5")
    search.fill("nobody at all")
    receptionist.when_they_press("Search")
    receptionist.then_they_see("0 rows for “nobody at all”")
    receptionist.then_the_page_is(ROWS)

    receptionist.when_they_press("Back")
    put_right = [cells(person) for person in people]
    receptionist.page.locator("input[type=file]").set_input_files(write_workbook(tmp_path / "march.xlsx", put_right))
    receptionist.when_they_press("Upload again")
    receptionist.then_the_page_is(RESULTS)
    receptionist.then_they_see("march.xlsx: 4 rows")
    receptionist.then_the_numbers_are(can_be_sent=4, cannot_be_sent=0)


def test_the_same_file_again_needs_a_tick(hire: Hire, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "same.csv", [cells(person) for person in SYSTMONE.people(46)[44:]])
    receptionist = hire(SYSTMONE)
    receptionist.given_a_batch_as_far_as_the_summary("Blood test", file)
    receptionist.given_a_batch_as_far_as_the_list("Blood test")
    receptionist.when_they_upload(file)
    receptionist.then_the_page_is(RESULTS)
    receptionist.then_they_see("This file was used today", "(draft, not sent)")
    receptionist.when_they_press("Continue")
    box = receptionist.page.get_by_label("Use this file again")
    receptionist.then_the_problem_is("Tick the box if you want to use this file again", box)
    box.check()
    receptionist.when_they_press("Continue")
    receptionist.then_the_page_is("Check before you send")


def test_an_opt_out_is_left_out_of_the_next_list(hire: Hire, tmp_path: Path) -> None:
    first, other, third = SYSTMONE.people(40)[37:]
    receptionist = hire(SYSTMONE)
    page = receptionist.page
    receptionist.given_they_are_logged_in()
    receptionist.when_they_press("Opt-outs")
    receptionist.then_the_page_is("Opt-outs")
    receptionist.when_they_press("Add an opt-out")
    receptionist.then_the_page_is("Who should get no texts?")
    page.get_by_label("One patient, by NHS number").check()
    page.get_by_label("NHS number", exact=True).fill("999 999")
    receptionist.when_they_press("Add opt-out")
    receptionist.then_the_problem_is("NHS number is not 10 digits", page.get_by_label("NHS number", exact=True))
    page.get_by_label("NHS number", exact=True).fill(first.nhs_number)
    receptionist.when_they_press("Add opt-out")
    receptionist.then_they_see("Opt-out added")
    receptionist.when_they_press("Add an opt-out")
    page.get_by_label("Everybody with one mobile number").check()
    page.get_by_label("Mobile number", exact=True).fill(other.mobile)
    receptionist.when_they_press("Add opt-out")
    receptionist.then_the_page_is("Opt-outs")

    receptionist.given_a_batch_as_far_as_the_list("Asthma review")
    receptionist.when_they_upload(write_list(tmp_path / "three.csv", SYSTMONE, [first, other, third]))
    receptionist.then_the_page_is(RESULTS)
    receptionist.then_the_numbers_are(can_be_sent=1, cannot_be_sent=2, does_not_want_texts=2)

    receptionist.when_they_press("Opt-outs")
    page.get_by_label("Search by NHS number or mobile number").fill(first.nhs_number)
    receptionist.when_they_press("Search")
    receptionist.then_they_see("1 opt-out for")
    page.get_by_role("link", name="Remove the opt-out").click()
    receptionist.then_the_page_is("Remove this opt-out?")
    receptionist.when_they_press("Remove opt-out")
    receptionist.then_they_see("Opt-out removed", "There is no opt-out for")
    receptionist.when_they_press("Clear search")
    receptionist.then_they_see("1 opt-out.")


def test_those_already_invited_are_left_out_until_staff_include_them(hire: Hire, tmp_path: Path) -> None:
    invited, fresh = SYSTMONE.people(54)[52:]
    receptionist = hire(SYSTMONE)
    first = receptionist.given_a_sent_batch("Blood test", write_list(tmp_path / "first.csv", SYSTMONE, [invited]))
    receptionist.page.goto(first)
    receptionist.then_all_texts_are_delivered(1)
    receptionist.given_a_batch_as_far_as_the_list("Blood test")
    receptionist.when_they_upload(write_list(tmp_path / "second.csv", SYSTMONE, [invited, fresh]))
    receptionist.then_the_page_is(RESULTS)
    receptionist.then_the_numbers_are(can_be_sent=1, already_invited=1)
    receptionist.then_they_see("You do not need to contact any of them")
    choice = receptionist.page.get_by_role("group", name="Patients who are already invited (1)")
    expect(choice.get_by_label("Leave out")).to_be_checked()
    choice.get_by_label("Include").check()
    receptionist.when_they_press("Save your choice")
    receptionist.then_they_see("Your choice is saved")
    receptionist.then_the_numbers_are(can_be_sent=2, cannot_be_sent=0)
    receptionist.then_the_page_is(RESULTS)
    receptionist.when_they_press("Continue")
    receptionist.then_the_page_is("Check before you send")


def test_lists_without_javascript(hire: Hire, tmp_path: Path) -> None:
    first, second = EMIS.people(52)[50:]
    receptionist = hire(EMIS, javascript=False)
    receptionist.given_a_batch_as_far_as_the_list("Blood test")
    receptionist.then_the_page_is("Upload your patient list")
    receptionist.when_they_press("How to make a list in EMIS")
    receptionist.then_the_page_is("How to make a list in EMIS")
    receptionist.when_they_press("Back")

    broken = f'NHS Number,Notes\r\n{first.nhs_number},\r\n{second.nhs_number},"never closed\r\n'
    (tmp_path / "broken.csv").write_text(broken)
    receptionist.when_they_upload(tmp_path / "broken.csv")
    when_they_refresh_until(receptionist, "We could not use broken.csv")
    expect(receptionist.page.locator(".nhsuk-error-message")).to_contain_text("quotation mark")
    receptionist.page.locator("input[type=file]").set_input_files(
        write_list(tmp_path / "two.csv", EMIS, [first, second])
    )
    receptionist.when_they_press("Upload CSV")
    when_they_refresh_until(receptionist, RESULTS)
    receptionist.then_the_page_is(RESULTS)
    receptionist.page.get_by_label("Row number, NHS number, mobile number or name").fill(first.given)
    receptionist.when_they_press("Search")
    receptionist.then_the_page_is(ROWS)
    then_the_rows_are(receptionist, "2")


def test_the_guides_and_samples(hire: Hire) -> None:
    receptionist = hire(SYSTMONE)
    receptionist.given_a_batch_as_far_as_the_list("Blood test")
    receptionist.then_the_page_is("Upload your patient list")
    receptionist.when_they_press("How to make a list in SystmOne")
    receptionist.then_the_page_is("How to make a list in SystmOne")
    with receptionist.page.expect_download() as download:
        receptionist.when_they_press("Download a sample SystmOne list (CSV)")
    receptionist.when_they_press("Back")
    receptionist.page.locator("input[type=file]").set_input_files(download.value.path())
    receptionist.when_they_press("Upload CSV")
    receptionist.then_the_page_is(RESULTS)
    receptionist.then_they_see("This is not an NHS number: its last digit does not fit the others.")


def then_the_rows_are(receptionist: Receptionist, *numbers: str) -> None:
    """The table shows these rows and no others."""
    first_cells = receptionist.page.locator(".app-rows tbody tr > td:first-child")
    expect(first_cells).to_have_text([f"Row {number}" for number in numbers])
