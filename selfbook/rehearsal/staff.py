"""The staff robot: makes a batch in the wizard as a receptionist would, and sends it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from uuid import UUID

from practices.models import Role
from selfbook.demo.practices import PASSWORD, DemoPractice
from selfbook.demo.seeding import staff_logins
from selfbook.rehearsal.browser import Browser, Page, RobotStuck, Values

CHECK_WITHIN = 600.0
_WAITING = ("Checking your list", "Looking up your patients")
SLOT_TYPE = "Flu clinic"
INVITATION_CODE, DECLINE_CODE = "711408005", "822931000000100"


@dataclass
class SentBatch:
    """A batch that the robot sent, and how many seconds each part took it."""

    practice: DemoPractice
    campaign_id: UUID
    seconds: dict[str, float] = field(default_factory=dict)


def send_batch(
    web_url: str,
    practice: DemoPractice,
    file: Path,
    meanwhile: Callable[[], object] = lambda: None,
    *,
    slot_type: str = SLOT_TYPE,
    paced: bool = False,
) -> SentBatch:
    """Log in, go through the wizard with this list, press Send. Raises RobotStuck.

    `meanwhile` is what happens between the check of the list and its sending. Paced, it invites as appointments last.
    """
    with Browser() as browser:
        began = monotonic()
        page = browser.open(web_url + "/")
        page = browser.submit(page, "Log in", {"login": staff_logins(practice)[Role.SENDER], "password": PASSWORD})
        _expect(page, "Batches")
        page = browser.open(page.link("New batch message"))
        page = browser.submit(page, "Continue", {"kind": "self-book"})
        page = browser.submit(page, "Continue", {"slot_type": slot_type})
        page = browser.submit(page, "Use this", {"template": _choice(page, "template")})
        page = browser.submit(page, "Continue", {"code": INVITATION_CODE})
        page = browser.submit(page, "Continue", {"allow": "yes", "code": DECLINE_CODE})
        _expect(page, "Upload your patient list")
        seconds = {"wizard": monotonic() - began}
        page = _upload(browser, page, file, seconds)
        meanwhile()
        page = browser.submit(page, "Continue")
        _expect(page, "Check before you send")
        page = _choose_pace(browser, page, paced=paced)
        page = browser.submit(page, "Start inviting" if paced else "Send to")
        _expect(page, slot_type)
    return SentBatch(practice, UUID(page.url.split("/batches/")[1].split("/")[0]), seconds)


def _choose_pace(browser: Browser, page: Page, *, paced: bool) -> Page:
    """The summary of a batch that goes to all at once, also where it would be paced; or that is paced, on any day."""
    if not paced and not any("paced" in form.values for form in page.forms):
        return page
    every_day = [str(day) for day in range(7)]
    values: dict[str, Values] = {"pace": "everyone"}
    if paced:
        values = {"pace": "paced", "care": "quick", "pace_days": every_day}
    page = browser.submit(browser.open(page.link("who is invited")), "Continue", values)
    _expect(page, "Check before you send")
    return page


def _choice(page: Page, name: str) -> str:
    """The first choice of a list that is not the empty one: templates are in the order of their names."""
    offered = [value for form in page.forms for value in form.choices.get(name, []) if value]
    if not offered:
        raise RobotStuck(f"nothing to choose from on “{page.heading}”")
    return offered[-1]


def _upload(browser: Browser, page: Page, file: Path, seconds: dict[str, float]) -> Page:
    began = monotonic()
    with file.open("rb") as content:
        page = browser.submit(page, "Upload CSV", files={"file": (file.name, content, "text/csv")})
    seconds["upload"] = monotonic() - began
    began = monotonic()
    while page.heading in _WAITING:
        if monotonic() - began > CHECK_WITHIN:
            raise RobotStuck("the check of the list did not end")
        sleep(0.2)
        page = browser.open(page.url)
    seconds["check and look-ups"] = monotonic() - began
    _expect(page, "Who can be sent to")
    return page


def _expect(page: Page, heading: str) -> None:
    if page.heading != heading:
        raise RobotStuck(f"“{page.heading}” ({page.status}) came in place of “{heading}” {page.problems}")
