"""The NHS App first, and texts of the practice's own behind it: what staff choose and see, and what patients get."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from integrations.models import Routing
from selfbook.demo.people import Person
from selfbook.demo.practices import PASSWORD, SYSTMONE
from selfbook.demo.seeding import ADMINISTRATOR
from selfbook.demo.stack import Stack
from tests.system.conftest import Doors, Hire, Meet
from tests.system.inspection import WIDE
from tests.system.lists import write_list
from tests.system.sandbox import Sandbox
from tests.system.staff import Receptionist
from tests.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

PEOPLE = SYSTMONE.people(50)
NOTIFIED, WITHOUT_APP, SILENT = PEOPLE[46], PEOPLE[47], PEOPLE[48]
"""By the demo's own rule: one whose phone tells of messages in the app, one without it, one with it and not told."""


def choose(stack: Stack, channel: Routing) -> None:
    command = (
        "from integrations.models import NotifyConnection as N;"
        f"N.objects.filter(practice__ods_code='{SYSTMONE.ods_code}').update(channel='{channel.value}')"
    )
    stack.manage("shell", "--no-imports", "--command", command)


@pytest.fixture
def texts_again(stack: Stack) -> Iterator[None]:
    """However the story ends, the practice texts again after it."""
    yield
    choose(stack, Routing.TEXTS)


def when_an_administrator_chooses_the_app(doors: Doors, stack: Stack) -> None:
    """In the admin, on the page of the practice's account with NHS Notify."""
    page = doors.open(WIDE)
    page.goto(f"{stack.web_url}/admin/integrations/notifyconnection/")
    page.get_by_label("Email").fill(ADMINISTRATOR)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{stack.web_url}/admin/integrations/notifyconnection/")
    page.get_by_role("link", name=SYSTMONE.name).click()
    page.get_by_label("Channel").select_option(label=Routing.APP_THEN_OURS.label)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    page.context.close()


def has_texts_from(sandbox: Sandbox, person: Person, senders: list[str]) -> bool:
    """Whether just these have written to a patient."""
    return sorted(sandbox.senders_to(person)) == senders


def then_the_summary_says_who_gets_what(receptionist: Receptionist) -> None:
    """Once NHS Notify's list of app users has been read: by a worker, while the page is looked at."""

    def is_loaded() -> bool:
        receptionist.page.reload()
        return "By NHS Notify's list" in receptionist.main.inner_text()

    wait_until(is_loaded, seen=lambda: receptionist.sees)
    receptionist.then_the_page_is("Check before you send")
    receptionist.then_the_numbers_are(
        **{"NHS App, with notifications": 1, "NHS App, without notifications": 1, "No NHS App": 1}
    )


def then_the_batch_says_how_it_reached_them(receptionist: Receptionist) -> None:
    """One in the app; two by text, of whom one has it in the app too and may read it there."""
    receptionist.page.reload()
    receptionist.then_the_page_is("Blood test")
    receptionist.then_the_numbers_are(**{"Read in the NHS App": 1, "Text from you": 2, "Booked": 1})
    receptionist.page.get_by_role("link", name="Text from you").click()
    receptionist.then_the_page_is("Patients of this batch")
    receptionist.then_they_see(SILENT.family)


@pytest.mark.usefixtures("texts_again")
def test_the_app_first_and_a_text_for_who_has_none(
    hire: Hire, meet: Meet, doors: Doors, stack: Stack, sandbox: Sandbox, tmp_path: Path
) -> None:
    when_an_administrator_chooses_the_app(doors, stack)
    receptionist = hire(SYSTMONE)
    three = write_list(tmp_path / "three.csv", SYSTMONE, [NOTIFIED, WITHOUT_APP, SILENT])
    receptionist.given_a_batch_as_far_as_the_summary("Blood test", three)
    then_the_summary_says_who_gets_what(receptionist)
    receptionist.when_they_press("Send to 3 patients")
    receptionist.then_the_page_is("Blood test")
    for person in (NOTIFIED, WITHOUT_APP, SILENT):
        sandbox.then_a_text_comes(person, stack.web_url)
    for person, senders in ((WITHOUT_APP, ["+447700900999"]), (SILENT, ["+447700900999", "NHS App"])):
        wait_until(partial(has_texts_from, sandbox, person, senders), seen=partial(sandbox.senders_to, person))
    assert sandbox.senders_to(NOTIFIED) == ["NHS App"]

    patient = meet(SYSTMONE, NOTIFIED)
    patient.page.goto(sandbox.phone_url(NOTIFIED))
    patient.page.get_by_role("button", name="Open it in the NHS App").click()
    patient.when_they_press_the_link_in_their_text()
    patient.when_they_choose("Book an appointment")
    patient.when_they_give_the_date_of_birth()
    time = patient.when_they_choose_the_first_time()
    patient.when_they_confirm(time)
    patient.then_the_page_is("Appointment booked")
    # What answers a patient is a text, at once.
    sandbox.then_a_text_comes(NOTIFIED, "is booked for")
    wait_until(lambda: sandbox.senders_to(NOTIFIED) == ["+447700900999", "NHS App"])
    then_the_batch_says_how_it_reached_them(receptionist)
