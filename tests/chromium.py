"""One Chromium for all the tests of a process that need a browser: starting one takes longer than most of them take."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.waiting import PATIENCE

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium(*, keeps_pages: bool = False) -> Iterator[Browser]:
    """The running Chromium; whatever is opened in it is closed at the end. Skips the test where there is none.

    `keeps_pages`: in memory, for who goes back to them, as people's browsers do and Playwright's own do not.
    Meanwhile Django refuses the database in this thread.
    """
    _Loop.begin()
    try:
        browser = _browser(keeps_pages)
        try:
            yield browser
        finally:
            for context in browser.contexts:
                context.close()
    finally:
        _Loop.end()


def shut() -> None:
    """End what was started, when no test of this process comes any more."""
    if _playwright.cache_info().currsize:
        _Loop.begin()
        _playwright().stop()
        _Loop.end()


class _Loop:
    """Playwright's event loop. It stays up between tests, and must not look so.

    Playwright leaves it marked as the one that runs in this thread; Django, asyncio and others go by that mark.
    """

    _own: asyncio.AbstractEventLoop | None = None

    @classmethod
    def begin(cls) -> None:
        """Mark it as running, once there is one."""
        asyncio._set_running_loop(cls._own)

    @classmethod
    def end(cls) -> None:
        """Remember it, and take the mark away."""
        cls._own = asyncio._get_running_loop()
        asyncio._set_running_loop(None)


@cache
def _playwright() -> Playwright:
    expect.set_options(timeout=PATIENCE * 1000)
    return sync_playwright().start()


@cache
def _browser(keeps_pages: bool) -> Browser:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)("Chromium is needed: apt-get install chromium")
    return _playwright().chromium.launch(
        executable_path=program,
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None,
    )
