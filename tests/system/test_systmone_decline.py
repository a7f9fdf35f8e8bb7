"""A batch at a SystmOne practice, from the patient list to a patient who says no."""

from pathlib import Path

import pytest

from selfbook.demo.practices import SYSTMONE
from selfbook.demo.samples import write_for
from tests.system.conftest import Hire, Meet
from tests.system.sandbox import Sandbox
from tests.system.staff import DECLINE_CODE, INVITATION_CODE

pytestmark = pytest.mark.system

SLOT_TYPE = "Flu clinic"
DECLINING = "If you do not want a flu vaccine, we will stop inviting you this year."


def test_a_systmone_batch_ends_in_a_decline(hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist, person = hire(SYSTMONE), SYSTMONE.people(1)[0]
    receptionist.given_they_are_logged_in()
    receptionist.when_they_start_a_self_book_batch()
    receptionist.when_they_choose_the_slot_type(SLOT_TYPE)
    receptionist.when_they_take_the_template("Flu vaccination")
    receptionist.when_they_attach_the_code(INVITATION_CODE)
    receptionist.when_they_allow_declining(DECLINING)
    receptionist.when_they_upload(write_for(tmp_path, SYSTMONE, 8))
    receptionist.when_they_agree_and_send(8)
    receptionist.then_the_page_is(SLOT_TYPE)
    receptionist.then_all_texts_are_delivered(8)
    sandbox.then_a_text_comes(person, f"Dear {person.given}, ", SYSTMONE.name)

    patient = meet(SYSTMONE, person)
    patient.when_they_press_the_link_in_their_text()
    patient.when_they_choose("I don't want this")
    patient.when_they_give_the_date_of_birth()
    patient.then_the_page_is("Are you sure you do not want this?")
    patient.then_they_see(DECLINING)
    patient.when_they_press("Yes, I don't want this")
    patient.then_the_page_is("We have recorded that you do not want this")
    sandbox.then_a_code_is_filed(SYSTMONE, person, DECLINE_CODE)
    sandbox.then_a_code_is_filed(SYSTMONE, person, INVITATION_CODE)
    assert sandbox.appointments_of(SYSTMONE, person) == []

    patient.when_they_press_the_link_in_their_text()
    patient.then_the_page_is("This link has already been used")
    patient.then_they_see(SYSTMONE.phone)
    receptionist.then_the_numbers_are(can_be_sent=8, declined=1, booked=0)
