"""What our JavaScript adds to pages, in a real browser; and that pages are fit for use there."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.pages.browser import browser_page

pytestmark = [pytest.mark.system, pytest.mark.urls("tests.pages.urls")]

# The design system's own script gives radios that open something `aria-expanded`, which screen readers do read.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"aria-allowed-attr": {"enabled": False}},
}


def test_a_live_part_follows_until_it_is_done_and_says_so_politely(served: str) -> None:
    with browser_page() as page:
        page.goto(f"{served}/live/")
        refresh = page.get_by_role("link", name="Refresh")
        expect(refresh).to_be_hidden()
        expect(page.locator("#progress")).to_have_text("3 of 3")
        expect(page.get_by_role("status")).to_have_text("3 of 3")
        expect(page.locator("[data-live]")).to_have_count(0)


def test_without_scripts_there_is_a_link_to_refresh(served: str) -> None:
    with browser_page(scripts=False) as page:
        page.goto(f"{served}/live/")
        page.get_by_role("link", name="Refresh").click()
        expect(page.locator("#progress")).to_have_text("2 of 3")


def test_a_text_is_previewed_as_it_is_written(served: str) -> None:
    with browser_page() as page:
        page.goto(f"{served}/write/")
        page.get_by_label("Message").press_sequentially("Hello")
        expect(page.locator("#seen")).to_have_text("5 characters")


def test_an_error_can_be_reached_from_the_summary(served: str) -> None:
    with browser_page(320) as page:
        page.goto(f"{served}/birth/")
        page.get_by_label("Day").fill("15")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator(".nhsuk-error-summary")).to_be_focused()
        page.get_by_role("link", name="Date of birth must include a month and a year").click()
        expect(page.get_by_label("Month")).to_be_focused()


@pytest.mark.hazard("H-13.3")
@pytest.mark.parametrize("width", [1280, 320])
def test_pages_are_accessible_and_fit_the_screen(served: str, width: int) -> None:
    with browser_page(width) as page:
        for path in ("/every-field/", "/birth/", "/told/", "/account/login/", "/missing/"):
            page.goto(f"{served}{path}")
            results = Axe().run(page, options=RULES)
            assert results.violations_count == 0, f"{path}: {results.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
