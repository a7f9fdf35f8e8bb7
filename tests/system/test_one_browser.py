"""Several people's links in one browser: each tab acts for its own patient, whichever was opened last."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from selfbook.demo.people import Person
from selfbook.demo.practices import EMIS, SYSTMONE
from selfbook.rehearsal.patients import LINK
from tests.system.conftest import Hire, Meet
from tests.system.lists import write_list
from tests.system.patients import Patient
from tests.system.sandbox import Sandbox
from tests.system.staff import DECLINE_CODE, Receptionist
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]  # of a busy machine: each is a long way

DECLINING = "If you do not want this, we will tell your GP."
CHECK, BLOOD = "Asthma review", "Blood test"


def given_a_batch(receptionist: Receptionist, slot_type: str, people: Sequence[Person], file: Path) -> None:
    invited = write_list(file, receptionist.practice, people)
    receptionist.given_a_sent_batch(slot_type, invited, template="Yearly check", decline=DECLINING)


def link_to(sandbox: Sandbox, person: Person) -> str:
    """The link in the newest text that greets them."""
    match = LINK.search(sandbox.then_a_text_comes(person, f"Dear {person.given}", "/i/"))
    assert match
    return match.group()


def in_a_tab_beside(patient: Patient, person: Person) -> Patient:
    """Another tab of the same browser, for this person."""
    page = patient.page.context.new_page()
    return Patient(page, patient.web_url, patient.sandbox, patient.practice, person)


def when_they_come_as_far_as(tab: Patient, link: str, label: str) -> None:
    """From the link over one of the first page's buttons to what is behind the date of birth."""
    tab.page.goto(link)
    tab.when_they_choose(label)
    tab.when_they_give_the_date_of_birth()


def when_they_say_no(tab: Patient) -> None:
    tab.then_the_page_is("Are you sure you do not want this?")
    tab.when_they_press("Yes, I don't want this")
    tab.then_the_page_is("We have recorded that you do not want this")


def when_they_book(tab: Patient) -> str:
    """The first time there is, to the end; returns its words."""
    time = tab.when_they_choose_the_first_time()
    tab.when_they_confirm(time)
    tab.then_the_page_is("Appointment booked")
    return time


def test_a_couple_with_one_phone_answer_each_for_themselves(
    hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path
) -> None:
    wife, husband = SYSTMONE.people(26)[24:]
    husband = replace(husband, mobile=wife.mobile)
    given_a_batch(hire(SYSTMONE), CHECK, [wife, husband], tmp_path / "couple.csv")

    hers = meet(SYSTMONE, wife)
    when_they_come_as_far_as(hers, link_to(sandbox, wife), "I don't want this")
    his = in_a_tab_beside(hers, husband)
    when_they_come_as_far_as(his, link_to(sandbox, husband), "Book an appointment")

    when_they_say_no(hers)
    sandbox.then_a_code_is_filed(SYSTMONE, wife, DECLINE_CODE)
    time = when_they_book(his)
    his.then_the_appointment_is_in_the_book(CHECK, time)
    assert DECLINE_CODE not in sandbox.codes_of(SYSTMONE, husband)
    assert sandbox.appointments_of(SYSTMONE, wife) == []

    his.when_they_press("Finish")
    his.then_the_page_is("You can close this page")
    his.page.go_back()
    his.then_the_page_is("Open the link in your message again")
    hers.page.reload()
    hers.then_the_page_is("We have recorded that you do not want this")
    assert his.complaints == []


def test_a_carer_answers_for_two_and_for_one_of_them_twice(
    hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path
) -> None:
    mother, father = EMIS.people(26)[24:]
    receptionist = hire(EMIS)
    given_a_batch(receptionist, CHECK, [mother, father], tmp_path / "both.csv")
    for_her_check, for_him = link_to(sandbox, mother), link_to(sandbox, father)
    given_a_batch(receptionist, BLOOD, [mother], tmp_path / "one.csv")
    for_her_blood = wait_until(lambda: link_to(sandbox, mother).replace(for_her_check, ""))

    her_blood = meet(EMIS, mother)
    when_they_come_as_far_as(her_blood, for_her_blood, "Book an appointment")
    her_check = in_a_tab_beside(her_blood, mother)
    when_they_come_as_far_as(her_check, for_her_check, "I don't want this")
    his_check = in_a_tab_beside(her_blood, father)
    when_they_come_as_far_as(his_check, for_him, "Book an appointment")

    her_time = when_they_book(her_blood)
    when_they_say_no(her_check)
    his_time = when_they_book(his_check)
    her_blood.then_the_appointment_is_in_the_book(BLOOD, her_time)
    his_check.then_the_appointment_is_in_the_book(CHECK, his_time)
    sandbox.then_a_code_is_filed(EMIS, mother, DECLINE_CODE)
    assert DECLINE_CODE not in sandbox.codes_of(EMIS, father)
    assert her_check.complaints == his_check.complaints == []
