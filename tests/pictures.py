"""`make pictures`: a picture of each main page at desktop, tablet and phone width, from a product that really runs.

It starts a stack of its own in a folder that is thrown away, lets the rehearsal's robot send a batch and a few patients
answer, and then goes through the pages. People look at the pictures; nothing is checked here.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin
from uuid import uuid4

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from practices.models import Role
from selfbook.demo import samples
from selfbook.demo.people import Person
from selfbook.demo.practices import PASSWORD, SYSTMONE
from selfbook.demo.seeding import staff_logins
from selfbook.demo.stack import ROOT, Stack
from selfbook.rehearsal.patients import LINK, Robot, act
from selfbook.rehearsal.staff import send_batch
from tests.chromium import ARGUMENTS, PROGRAMS
from tests.system.sandbox import e164
from tests.waiting import wait_until

FOLDER = ROOT / "docs" / "pictures"
WIDTHS = {"desktop": 1280, "tablet": 768, "phone": 320}
ON_THE_LIST = 40
ANSWERING = 25
TEXT_WITHIN = 120.0

STAFF = {
    "home": "/",
    "new-batch": "/batches/new/",
    "templates": "/templates/",
    "template": "/templates/new/",
    "codes": "/codes/?q=influenza",
    "ask-for-a-code": "/codes/ask/",
    "opt-outs": "/opt-outs/",
    "what-needs-you": "/follow-up/",
    "find-a-patient": "/patients/",
    "staff": "/staff/",
    "audit-trail": "/audit/",
    "account": "/account/",
    "not-found": "/nowhere/",
}
"""Pages by the names of their pictures; those of the batch are added once it has an address."""


def main() -> None:
    """Take all pictures, in place of those of the last time."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as stack, sync_playwright() as playwright:
        people = SYSTMONE.people(ON_THE_LIST)
        file = samples.write_for(Path(folder), SYSTMONE, ON_THE_LIST)
        batch = f"/batches/{send_batch(stack.web_url, SYSTMONE, file).campaign_id}"
        links = [_link(stack, person) for person in people[: ANSWERING + 1]]
        act(
            Robot(uuid4(), place, people[place].mobile, links[place], people[place].date_of_birth)
            for place in range(ANSWERING)
        )
        pages = {
            "progress": f"{batch}/progress/",
            "recipients": f"{batch}/patients-invited/",
            "remind": f"{batch}/remind/",
            "follow-up": f"{batch}/follow-up/",
            "codes-by-hand": f"{batch}/codes/",
        }
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, PROGRAMS))), args=ARGUMENTS
        )
        _staff_pages(browser, stack.web_url, STAFF | pages)
        _patient_pages(browser, links[ANSWERING], people[ANSWERING])
        browser.close()
    sys.stdout.write(f"{len(list(FOLDER.iterdir()))} pictures are in {FOLDER.relative_to(ROOT)}.\n")


@contextmanager
def _running(folder: Path) -> Iterator[Stack]:
    stack = Stack(
        folder / "stack",
        patients=ON_THE_LIST,
        settings={"UNDO_SECONDS": "0", "SOCIABLE_FROM": "0", "SOCIABLE_UNTIL": "24"},
    )
    try:
        stack.start_engines()
        stack.start()
        yield stack
    finally:
        stack.stop()


def _link(stack: Stack, person: Person) -> str:
    """The link in the newest text on somebody's phone, waited for until it has come."""
    address = f"{stack.sandbox_url}/phone/{e164(person)}.json"
    bodies = wait_until(lambda: [text["body"] for text in httpx.get(address, timeout=10).json()], TEXT_WITHIN)
    match = LINK.search(bodies[0])
    assert match, "the text has no link"
    return match.group()


def _staff_pages(browser: Browser, web_url: str, pages: dict[str, str]) -> None:
    page = browser.new_page()
    page.goto(web_url + "/")
    _take(page, "log-in")
    page.locator("[name=login]").fill(staff_logins(SYSTMONE)[Role.MANAGER])
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(web_url + "/")
    for name, path in pages.items():
        page.goto(urljoin(web_url, path))
        _take(page, name)


def _patient_pages(browser: Browser, link: str, person: Person) -> None:
    page = browser.new_page()
    page.goto(link)
    _take(page, "patient-link")
    page.get_by_role("button", name="Book an appointment").click()
    _take(page, "patient-date-of-birth")
    for part in ("day", "month", "year"):
        page.locator(f"[name=date_of_birth_{part}]").fill(str(getattr(person.date_of_birth, part)))
    page.get_by_role("button", name="Continue").click()
    _take(page, "patient-times")
    page.locator("button[name=slot]:visible").first.click()
    _take(page, "patient-check")
    page.get_by_role("button", name="Confirm and book").click()
    page.get_by_role("heading", name="booked").wait_for()
    _take(page, "patient-booked")


def _take(page: Page, name: str) -> None:
    for device, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=FOLDER / f"{name}-{device}.png", full_page=True)
