"""A library's computer, in a real browser: the next person sees nothing of the one before."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from booking.models import Booking, BookingState
from booking.visits import session
from core.wording import nhs_date
from integrations.links import token_for
from tests.booking.surgery import BORN, make_booking
from tests.chromium import chromium
from tests.factories import make_campaign, make_invitation
from tests.system.visitor import Visitor
from tests.waiting import PATIENCE

OVER = "Open the link in your message again"


@contextmanager
def library(served: str) -> Iterator[Visitor]:
    """Somebody at a computer with a browser that keeps pages in memory, as browsers do and Playwright's own do not."""
    with chromium(keeps_pages=True) as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE * 1000)
        somebody = Visitor(context.new_page(), served)
        yield somebody
    assert somebody.complaints == []


def an_appointment(state: BookingState = BookingState.BOOKED) -> Booking:
    return make_booking(make_invitation(make_campaign(started=True, rows=0)), state)


def link_to(booking: Booking) -> str:
    return f"/i/{token_for(booking.invitation_id)}"


def see_the_appointment(somebody: Visitor, link: str) -> None:
    somebody.given_the_page(link)
    somebody.then_the_page_is("Your appointment")
    for part in ("Day", "Month", "Year"):
        somebody.page.get_by_label(part, exact=True).fill(str(getattr(BORN, part.lower())))
    somebody.when_they_press("Continue")
    somebody.then_the_page_is("Appointment booked")


def shown_anew(page: Page) -> None:
    """What happens when the browser takes the page out of its memory."""
    with page.expect_navigation():
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")


@pytest.mark.hazard("H-01.5")
def test_whoever_presses_finish_leaves_nothing_for_the_next(served: str) -> None:
    booking = an_appointment()
    link, day = link_to(booking), nhs_date(booking.starts_at)
    with library(served) as somebody:
        see_the_appointment(somebody, link)
        page = somebody.page
        expect(page.get_by_text(day).first).to_be_visible()
        was_at = page.url
        somebody.when_they_press("Cancel this appointment")
        somebody.then_the_page_is("Are you sure you want to cancel this appointment?")
        somebody.when_they_press("No, keep this appointment")
        somebody.when_they_press("Finish")
        somebody.then_the_page_is("You can close this page")
        somebody.then_they_see("press the link in your text message")

        for _ in range(3):
            page.go_back()
            expect(somebody.heading).to_have_text(OVER)
            expect(page.get_by_text(day)).to_have_count(0)
        page.goto(was_at)
        somebody.then_the_page_is(OVER)
        assert somebody.status == 403
        see_the_appointment(somebody, link)


def test_a_page_out_of_the_browser_s_memory_is_asked_for_again(served: str) -> None:
    booking = an_appointment()
    with library(served) as somebody:
        see_the_appointment(somebody, link_to(booking))
        page = somebody.page
        shown_anew(page)
        somebody.then_the_page_is("Appointment booked")
        page.context.clear_cookies(name=session.cookie_name())
        shown_anew(page)
        somebody.then_the_page_is(OVER)


def test_a_page_that_nobody_uses_says_so_and_goes(served: str) -> None:
    booking = an_appointment()
    link, day = link_to(booking), nhs_date(booking.starts_at)
    with library(served) as somebody:
        page = somebody.page
        page.clock.install()
        see_the_appointment(somebody, link)
        warning = page.get_by_text("this page closes in 2 minutes")
        page.clock.run_for("27:50")
        expect(warning).to_be_hidden()
        page.clock.run_for("00:15")
        expect(warning).to_be_visible()
        somebody.then_the_page_is("Appointment booked")
        somebody.when_they_press("Stay on this page")
        expect(warning).to_be_hidden()
        somebody.then_the_page_is("Appointment booked")
        page.clock.run_for("30:05")
        expect(somebody.heading).to_have_text(OVER)
        expect(page.get_by_text(day)).to_have_count(0)


def test_a_page_that_follows_a_booking_ends_with_its_visit(served: str) -> None:
    booking = an_appointment(BookingState.PENDING)
    with library(served) as somebody:
        page = somebody.page
        page.clock.install()
        somebody.given_the_page(link_to(booking))
        for part in ("Day", "Month", "Year"):
            page.get_by_label(part, exact=True).fill(str(getattr(BORN, part.lower())))
        somebody.when_they_press("Continue")
        somebody.then_the_page_is("We are booking your appointment")
        with page.expect_request(lambda request: session.FOLLOWING.lower() in request.headers) as asked:
            page.clock.run_for("00:04")
        answer = asked.value.response()
        assert answer
        assert answer.status == 200
        assert "visit=" not in answer.all_headers().get("set-cookie", "")
        page.context.clear_cookies(name=session.cookie_name())
        page.clock.run_for("00:04")
        expect(somebody.heading).to_have_text(OVER)
