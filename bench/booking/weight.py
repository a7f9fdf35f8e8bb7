"""What a patient's phone loads, as Chromium counts it: each page, compressed, headers and all that it names."""

import shutil
from collections.abc import Mapping

from playwright.sync_api import sync_playwright

from bench.booking.contest import PAGES
from bench.booking.server import Server
from bench.booking.surgery import Visitor
from bench.timing import promise

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_FIRST_KB, _LATER_KB = 60, 15


def judge(server: Server, visitors: Mapping[str, Visitor]) -> list[bool]:
    """Load each page with an empty browser, and again with one that has seen another page. Chromium must be there."""
    print("\nWhat a phone loads for a page, in kB (thousands of bytes), at first / afterwards")
    first, later = {}, {}
    for page, path in PAGES.items():
        first[page], later[page], parts = _loads(server.url + visitors[page].root + path, visitors[page].cookies)
        print(f"  {page:<44} {first[page]:>6.1f} / {later[page]:>5.1f} in {parts} requests at first")
    return [
        promise("kB of the heaviest page on a first visit", max(first.values()), at_most=_FIRST_KB),
        promise("kB of the heaviest page afterwards", max(later.values()), at_most=_LATER_KB),
    ]


def _loads(address: str, cookies: dict[str, str]) -> tuple[float, float, int]:
    """Kilobytes that come for a page when nothing is kept, when the rest of the site is, and requests at first."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)
        context = browser.new_context(viewport={"width": 360, "height": 740})
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        page = context.new_page()
        sizes: list[int] = []
        network = context.new_cdp_session(page)
        network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
        network.send("Network.enable")
        page.goto(address, wait_until="networkidle")
        first, parts = sum(sizes), len(sizes)
        sizes.clear()
        page.goto(address, wait_until="networkidle")
        later = sum(sizes)
        browser.close()
    return first / 1000, later / 1000, parts
