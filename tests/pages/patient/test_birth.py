"""The question for the date of birth, and the pages where a link ends, in a real browser: wide, narrow and plain.

Each page is looked over at 1280 and at 320 px, which is 400% zoom, with axe's rules.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from booking.visits.identity import check_date_of_birth
from campaigns.models import Campaign, InvitationState
from integrations.links import token_for
from tests.booking.surgery import BORN, WRONG
from tests.chromium import window
from tests.factories import make_campaign, make_invitation
from tests.system.visitor import Visitor

BOXES = ("Day", "Month", "Year")


@contextmanager
def visitor(served: str, *, scripts: bool = True, forced_colours: bool = False) -> Iterator[Visitor]:
    """Somebody with a phone, who hears every complaint of the browser."""
    with window(320, 640, scripts=scripts, forced_colours=forced_colours) as page:
        somebody = Visitor(page, served)
        yield somebody
    assert somebody.complaints == []


def path(campaign: Campaign, **fields: Any) -> str:
    return f"/i/{token_for(make_invitation(campaign, **fields).id)}"


def fill(somebody: Visitor, *typed: str) -> None:
    for box, text in zip(BOXES, typed, strict=True):
        somebody.page.get_by_label(box, exact=True).fill(text)
    somebody.when_they_press("Continue")


def ask(somebody: Visitor, link: str) -> None:
    """Come as far as the question."""
    somebody.given_the_page(link)
    somebody.when_they_press("Book an appointment")
    somebody.then_the_page_is("What is your date of birth?")


def test_a_slip_is_put_right_box_by_box_and_a_wrong_date_is_told_kindly(served: str) -> None:
    link = path(make_campaign(started=True, rows=0))
    with visitor(served) as somebody:
        ask(somebody, link)
        day, _, year = (somebody.page.get_by_label(box, exact=True) for box in BOXES)
        fill(somebody, "32", "march", "58")
        somebody.then_the_problem_is("Day must be a number from 1 to 31. Year must have 4 numbers", day)
        expect(year).to_have_value("58")
        fill(somebody, str(WRONG.day), "march", str(WRONG.year))
        somebody.then_the_problem_is("does not match the one we have", day)
        somebody.then_they_see("You can try 4 more times", "01632\u00a0960000")


def test_after_many_wrong_dates_from_one_address_the_page_says_what_to_do(served: str, settings: Settings) -> None:
    settings.WRONG_DATES_PER_HOUR = 5
    campaign = make_campaign(started=True, rows=0)
    for _ in range(5):
        other = make_invitation(campaign)
        check_date_of_birth(invitation_id=other.id, given=WRONG, address=ip_address("127.0.0.1"))
    link = path(campaign)
    with visitor(served) as somebody:
        ask(somebody, link)
        fill(somebody, str(WRONG.day), str(WRONG.month), str(WRONG.year))
        fill(somebody, str(BORN.day), str(BORN.month), str(BORN.year))
        somebody.then_the_page_is("Wait an hour before you try again")
        assert somebody.status == 429
        somebody.then_they_see("mobile data", "Your link still works")


def test_where_a_link_ends_the_page_is_plain_to_everybody(served: str) -> None:
    campaign, now = make_campaign(started=True, rows=0), timezone.now()
    # Before any link has begun a visit.
    ends = {
        "/b/times/": "Open the link in your message again",
        path(campaign, expires_at=now): "This link has expired",
        path(campaign, locked_at=now): "This link is locked",
        path(campaign, state=InvitationState.WITHDRAWN): "This link has been withdrawn",
        path(campaign, state=InvitationState.DECLINED): "This link has already been used",
        "/i/nonsense": "This link does not work",
    }
    with visitor(served) as somebody:
        for link, heading in ends.items():
            somebody.given_the_page(link)
            somebody.then_the_page_is(heading)


def test_without_scripts_and_in_forced_colours_the_question_works_as_well(served: str) -> None:
    link = path(make_campaign(started=True, rows=0))
    with visitor(served, scripts=False, forced_colours=True) as somebody:
        ask(somebody, link)
        fill(somebody, "", "", "1958")
        somebody.then_they_see("Date of birth must include a day and a month")
        for box in BOXES:
            border = somebody.page.get_by_label(box, exact=True).evaluate("e => getComputedStyle(e).borderTopStyle")
            assert border == "solid"
        fill(somebody, str(BORN.day), f"{BORN:%B}", str(BORN.year))
        expect(somebody.heading).not_to_have_text("What is your date of birth?")
