"""Somebody with a browser."""

import re

from playwright.sync_api import ConsoleMessage, Locator, Page, Response, expect

from tests.system.inspection import look_over

_ERROR = re.compile("^Error: ")


class Visitor:
    """A person at one browser page, who looks over each page they come to and hears every complaint of the browser."""

    def __init__(self, page: Page, web_url: str) -> None:
        """Sit at this page; `web_url` is where the product answers."""
        self.page = page
        self.web_url = web_url
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("response", self._keep)

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser says so of each page that says no with its status. Whether it should is for the test.
        is_status = message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url
        if message.type in ("error", "warning") and not is_status:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _keep(self, response: Response) -> None:
        is_download = "content-disposition" in response.headers
        if response.request.is_navigation_request() and response.frame == self.page.main_frame and not is_download:
            self._last = response

    def _look_over(self) -> None:
        look_over(self.page, self._last.text())

    @property
    def status(self) -> int:
        """The HTTP status of the page."""
        return self._last.status

    @property
    def heading(self) -> Locator:
        """The page's main heading."""
        return self.page.get_by_role("heading", level=1)

    @property
    def main(self) -> Locator:
        """What the page is about, without header and footer."""
        return self.page.get_by_role("main")

    @property
    def sees(self) -> str:
        """Where they are, and the words there: for whoever looks into a story that has failed."""
        return f"At {self.page.url}: {self.main.inner_text()}"

    def given_the_page(self, path: str) -> None:
        """Go to an address of the product."""
        self.page.goto(self.web_url + path)

    def when_they_press(self, label: str) -> None:
        """Press the button (or what looks like one) with these words."""
        button = self.page.get_by_role("button", name=label, exact=True)
        self.page.get_by_role("link", name=label, exact=True).or_(button).click()

    def then_they_see(self, *phrases: str | re.Pattern[str]) -> None:
        """All these words are on the page."""
        for some in phrases:
            expect(self.main).to_contain_text(some)

    def then_the_page_is(self, heading: str | re.Pattern[str]) -> None:
        """The page has this heading, asks for no correction, and nothing is wrong with it."""
        expect(self.heading).to_have_text(heading)
        expect(self.page).not_to_have_title(_ERROR)
        self._look_over()

    def then_the_problem_is(self, problem: str | re.Pattern[str], field: Locator) -> None:
        """The error summary has the focus and says this, and its link leads to the field."""
        summary = self.page.locator(".nhsuk-error-summary")
        expect(summary).to_contain_text(problem)
        expect(self.page).to_have_title(_ERROR)
        expect(summary).to_be_focused()
        self._look_over()
        summary.get_by_role("link", name=problem).click()
        expect(field).to_be_focused()
