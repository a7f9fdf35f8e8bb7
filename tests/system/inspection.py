"""What must hold on every page that a story passes, found by looking at the page as the browser shows it."""

import os
import re
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from time import time
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from django.http import HttpResponse
from playwright.sync_api import Page

from booking.visits.references import root_in
from tests.html import check_page
from tests.tab import astray

WIDE, NARROW = 1280, 320
"""A practice's screen; and the narrowest phone, which is also a wide screen at 400% (WCAG 1.4.10)."""

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OPTIONS = {"runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations"]}
_VIOLATIONS = """async options => (await axe.run(options)).violations"""

_TOO_WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  return [...document.body.querySelectorAll("*")]
    .filter(e => e.getBoundingClientRect().right > edge + 1).map(e => e.outerHTML.slice(0, 120));
}"""
_AMBIGUOUS_LINKS = """() => {
  const seen = new Map();
  for (const link of document.querySelectorAll("a[href]")) {
    const words = link.textContent.replace(/\\s+/g, " ").trim();
    seen.set(words, (seen.get(words) ?? new Set()).add(link.href));
  }
  return [...seen].filter(([, places]) => places.size > 1).map(([words]) => words);
}"""
# The page template's own script leaves this mark. axe needs timers, and waits for ever where scripts are off; the
# stories with scripts take it over the same pages.
_RUNS_SCRIPTS = """() => document.body.classList.contains("js-enabled")"""
_CHANGING = re.compile(r'value="[\w-]{20,}"|/b/[a-z]{20}/|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d')

# The design system's script says on a radio button whether the fields that belong to it are shown. ARIA allows
# aria-expanded on checkboxes and not on radio buttons; screen readers read it on both, and the component is official.
_ALLOWED = {("aria-allowed-attr", "nhsuk-radios__input")}

_PICTURES = os.environ.get("PAGE_PICTURES")
"""A folder, for people who want to look at the pages themselves: it gets a picture of each at both widths."""

_SKELETON = """part => {
  const copy = document.querySelector(part).cloneNode(true);
  const texts = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.trim() && "x";
  const elements = [...copy.querySelectorAll("*")];
  for (const element of elements) {
    for (const { name, value } of [...element.attributes]) {
      if (/^(href|action|value|data-.*)$/.test(name)) element.setAttribute(name, value[0] === "#" ? "#" : value && "x");
    }
  }
  const form = element => element?.outerHTML.replace(/[0-9]+/g, "");
  for (const element of elements.reverse()) {
    if (form(element) === form(element.previousElementSibling)) element.remove();
  }
  return `${!!document.title} ${document.documentElement.lang} ${copy.className} ${copy.innerHTML}`;
}"""
"""A page without its words, its addresses and values; of rows that follow each other and are alike, one."""
_SHOWN = """() => [...document.querySelectorAll("main *, footer *")].map(e => Number(e.checkVisibility())).join("")"""
"""Which parts of a page are there to be seen. The header, which is folded up on phones, is the same on many pages."""

_LOOKED_OVER = Path(__file__).resolve().parents[2] / ".selfbook" / "tests" / "looked-over"

_DAY = 86_400.0

_seen: set[str] = set()


def _is_first(width: int, skeleton: str) -> bool:
    """Whether no process of this run has asked axe about such a page at this width; from now on one has.

    axe's rules are about elements, their attributes and colours, and whether there is a text, not about what it says;
    nor about where a link leads, or what a field holds.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    folder = _LOOKED_OVER / run
    if not folder.is_dir():
        for earlier in _LOOKED_OVER.glob("*"):
            if time() - earlier.stat().st_mtime > _DAY:
                rmtree(earlier, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    try:
        (folder / sha256(f"{width} {_CHANGING.sub('', skeleton)}".encode()).hexdigest()).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def look_over(page: Page, source: str) -> None:
    """Check the page's HTML as it came (`source`), and what it is in the browser, at both widths.

    A page that differs from an earlier one in nothing but numbers is not looked over again. Of pages that differ in
    nothing but what their texts say, axe, which takes longest, is asked about one in a run; and about the wide one only
    where it shows other parts than the narrow one, or has another header than any before.
    """
    digest = sha256(_CHANGING.sub("", page.content()).encode()).hexdigest()
    if digest in _seen:
        return
    _seen.add(digest)
    check_page(HttpResponse(source))
    before = page.viewport_size
    faults = [f"these words name several links: {label}" for label in page.evaluate(_AMBIGUOUS_LINKS)]
    if visit := root_in(page.url):
        faults += [f"leads out of the visit: {link}" for link in astray(source, visit.split("/")[2])]
    shown: set[str] = set()
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 900})
        faults += [f"at {width} px: {fault}" for fault in _too_wide(page)]
        if page.evaluate(_RUNS_SCRIPTS) and _is_new(page, width, shown):
            faults += [f"at {width} px: {fault}" for fault in _broken_rules(page)]
        if _PICTURES:
            name = re.sub(r"\W+", "-", page.title().split(" - ")[0]).lower()
            page.screenshot(path=Path(_PICTURES) / f"{len(_seen):02}-{name}-{width}.png", full_page=True)
    if before:
        page.set_viewport_size(before)
    assert not faults, "\n".join([f"{page.title()} ({page.url})", *faults])


def _is_new(page: Page, width: int, shown: set[str]) -> bool:
    """Whether axe has something to say that it has not said; `shown` has what was seen of this page so far."""
    parts = page.evaluate(_SHOWN)
    is_other = parts not in shown or _is_first(width, page.evaluate(_SKELETON, "header"))
    shown.add(parts)
    return is_other and _is_first(width, page.evaluate(_SKELETON, "body"))


def _broken_rules(page: Page) -> list[str]:
    if page.evaluate("typeof axe") == "undefined":  # it is half a megabyte: once for both widths
        page.evaluate(AXE_SCRIPT)
    violations: list[dict[str, Any]] = page.evaluate(_VIOLATIONS, _OPTIONS)
    return [
        f"{violation['id']}: {violation['help']}: {node['target']} {node['html'][:160]}"
        for violation in violations
        for node in violation["nodes"]
        if not any(violation["id"] == rule and css_class in node["html"] for rule, css_class in _ALLOWED)
    ]


def _too_wide(page: Page) -> list[str]:
    return [f"sticks out sideways: {html}" for html in page.evaluate(_TOO_WIDE)]
