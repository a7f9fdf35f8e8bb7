"""The main pages for people who see them otherwise: enlarged to 400 %, in colours of their own, or on paper."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import CodeKind, MessageTemplate
from tests.campaigns import shipped
from tests.factories import make_code
from tests.pages.staff.test_sending import (
    Desk,
    desk,  # noqa: F401 - a fixture
)

pytestmark = pytest.mark.system

# What has no edge in forced colours is only words in the air: backgrounds and shadows are gone there.
_NO_EDGE = """() => {
  const edged = e => ["Top", "Right", "Bottom", "Left"].some(side => {
    const style = getComputedStyle(e);
    return style[`border${side}Style`] !== "none" && parseFloat(style[`border${side}Width`]) > 0;
  });
  const shown = e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().width > 2;
  const wanted = ".nhsuk-button, .nhsuk-input, .nhsuk-select, .nhsuk-textarea, .nhsuk-tag, .app-text-bubble";
  return [...document.querySelectorAll(wanted)].filter(e => shown(e) && !edged(e)).map(e => e.outerHTML.slice(0, 120));
}"""
_NO_FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return outlined ? "" : document.activeElement.outerHTML.slice(0, 120);
}"""
_OVERFLOW = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
_UNREADABLE = """() => [...document.querySelectorAll("main p, main h1, main li, main td, main label")]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline"
    && getComputedStyle(e).overflowX !== "visible").map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def addresses(desk: Desk) -> list[str]:  # noqa: F811 - the fixture
    """The main pages of a practice that has something on each."""
    shipped.put_in()
    body = "Dear {name}, book your yearly check at {practice}: {link} Or phone us."
    own = MessageTemplate.objects.create(practice=desk.practice, name="Nurse week", body=body)
    code = make_code(CodeKind.DECLINE)
    draft, sent = desk.draft(), desk.sent()
    paths = [
        "",
        *("templates/", f"templates/{own.id}/", "templates/new/"),
        *("codes/?q=asthma", "codes/ask/", f"codes/{code.pk}/"),
        "opt-outs/",
        *(f"batches/{draft.id}/{step}/" for step in ("message", "decline", "patients", "summary")),
        *(f"batches/{sent.id}/{step}/" for step in ("progress", "follow-up", "codes")),
    ]
    return [f"{desk.served}/{path}" for path in paths]


def each(page: Page, addresses: list[str]) -> Iterator[str]:
    """Open one after the other."""
    for address in addresses:
        page.goto(address)
        yield address


def run_script(page: Page, script: str) -> Any:
    return page.evaluate(script)


def test_enlarged_to_400_percent_nothing_is_cut_off(desk: Desk, addresses: list[str]) -> None:  # noqa: F811 - the fixture
    with desk.browser() as page:
        page.set_viewport_size({"width": 320, "height": 256})
        for address in each(page, addresses):
            assert run_script(page, _OVERFLOW) <= 0, address
            assert run_script(page, _UNREADABLE) == [], address


def test_in_forced_colours_everything_that_is_pressed_or_filled_in_has_an_edge(
    desk: Desk,  # noqa: F811 - the fixture
    addresses: list[str],
) -> None:
    with desk.browser() as page:
        page.emulate_media(forced_colors="active")
        for address in each(page, addresses):
            assert run_script(page, _NO_EDGE) == [], address
            for _ in range(9):
                page.keyboard.press("Tab")
                assert run_script(page, _NO_FOCUS) == "", address


def test_on_paper_a_list_is_without_what_one_can_only_press(desk: Desk, addresses: list[str]) -> None:  # noqa: F811
    with desk.browser() as page:
        page.goto(f"{desk.served}/templates/")
        expect(page.get_by_role("button", name="New template")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", name="Your own")).to_be_visible()
        expect(page.get_by_text("Dear {name}, book your yearly check")).to_be_visible()
        for label in ("Opt-outs", "Copy the own template Nurse week"):
            expect(page.get_by_role("link", name=label)).to_be_hidden()
        for label in ("New template", "Log out"):
            expect(page.get_by_role("button", name=label)).to_be_hidden()
