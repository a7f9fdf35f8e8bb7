"""One Chromium for all the tests of a process that need a browser: starting one takes longer than most of them take."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.waiting import PATIENCE

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Best first: Chromium without a window to draw opens a profile with an eighth, and a page with half, of the work."""

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
                if context not in _profiles:
                    context.close()
    finally:
        _Loop.end()


@contextmanager
def window(width: int, height: int, *, scripts: bool = True, forced_colours: bool = False) -> Iterator[Page]:
    """A page of its own in a profile that other tests use too, after each of which its cookies are thrown away.

    A new profile takes Chromium more than twice as long as a new page. Ours keep nothing but cookies.
    """
    _Loop.begin()
    try:
        profile = _profile(scripts, forced_colours)
        page = profile.new_page()
        page.set_viewport_size({"width": width, "height": height})
        try:
            yield page
        finally:
            for opened in profile.pages:
                # Closed while it loads another page, one in some ten thousand never says that it is closed.
                opened.goto("about:blank")
                opened.close()
            profile.clear_cookies()
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


_profiles: list[BrowserContext] = []


@cache
def _profile(scripts: bool, forced_colours: bool) -> BrowserContext:
    colours: Literal["active", "none"] = "active" if forced_colours else "none"
    profile = _browser(False).new_context(java_script_enabled=scripts, forced_colors=colours)
    profile.set_default_timeout(PATIENCE * 1000)
    _profiles.append(profile)
    return profile


@cache
def _browser(keeps_pages: bool) -> Browser:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)("Chromium is needed: apt-get install chromium")
    return _playwright().chromium.launch(
        executable_path=program,
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None,
    )
