"""One page in a real browser, for tests of pages."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.chromium import window


@contextmanager
def browser_page(width: int = 1280, *, scripts: bool = True) -> Iterator[Page]:
    """A page in Chromium; fails when a script fails or the Content-Security-Policy stops something.

    It is opened and shut inside one test: while Playwright runs, Django refuses to use the database in this thread.
    """
    complaints: list[str] = []
    with window(width, 900, scripts=scripts) as page:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        yield page
    assert complaints == []
