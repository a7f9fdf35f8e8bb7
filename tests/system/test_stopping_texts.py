"""A patient wants no more texts, says so in either way, and takes it back; staff see it."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.wording import uk_phone
from selfbook.demo.people import Person
from selfbook.demo.practices import EMIS
from tests.system.conftest import Hire, Meet
from tests.system.lists import write_list
from tests.system.patients import Patient
from tests.system.sandbox import Sandbox
from tests.system.staff import Receptionist

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

BY_TEXT, BY_LINK = EMIS.people(50)[44], EMIS.people(50)[45]


def opt_outs(receptionist: Receptionist, person: Person) -> int:
    receptionist.given_the_page("/opt-outs/")
    receptionist.then_the_page_is("Opt-outs")
    return receptionist.page.get_by_role("row", name=uk_phone(person.mobile)).count()


def when_they_reply(patient: Patient, word: str) -> None:
    patient.page.goto(patient.sandbox.phone_url(patient.person))
    patient.page.get_by_label("Reply to the newest text").fill(word)
    patient.page.get_by_role("button", name="Send").click()


def test_a_patient_stops_texts_by_text_and_by_link(hire: Hire, meet: Meet, sandbox: Sandbox, tmp_path: Path) -> None:
    receptionist = hire(EMIS)
    receptionist.given_a_sent_batch("Blood test", write_list(tmp_path / "two.csv", EMIS, [BY_TEXT, BY_LINK]))
    sandbox.then_a_text_comes(BY_TEXT, receptionist.web_url)

    texting = meet(EMIS, BY_TEXT)
    when_they_reply(texting, "please stop texting me")
    sandbox.then_a_text_comes(BY_TEXT, "no more texts like this", EMIS.name)
    assert opt_outs(receptionist, BY_TEXT) == 1
    when_they_reply(texting, "START")
    assert opt_outs(receptionist, BY_TEXT) == 0

    pressing = meet(EMIS, BY_LINK)
    pressing.when_they_press_the_link_in_their_text()
    pressing.when_they_press(f"Stop texts from {EMIS.name}")
    pressing.then_the_page_is("Stop texts")
    pressing.when_they_press("Stop texts to this phone")
    pressing.then_the_page_is("You get no more texts")
    assert opt_outs(receptionist, BY_LINK) == 1
    row = receptionist.page.get_by_role("row", name=uk_phone(BY_LINK.mobile))
    expect(row).to_contain_text("Pressed “Stop texts” on their page")
    pressing.when_they_press("Get texts again")
    pressing.then_the_page_is("Stop texts")
    assert opt_outs(receptionist, BY_LINK) == 0
