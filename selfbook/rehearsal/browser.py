"""A browser without a screen and without JavaScript: follows links, fills in forms, presses buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, TreeBuilder

import httpx

Values = str | list[str]


class RobotStuck(Exception):
    """The page is not what a person in this place would expect. The text names the page's heading, nobody's data."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a page: where it goes, what it sends as it stands, and what its choices and buttons are."""

    action: str
    method: str
    values: dict[str, str]
    choices: dict[str, list[str]]
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value, words."""


@dataclass(frozen=True)
class Page:
    """One page as it came."""

    url: str
    status: int
    html: str

    @cached_property
    def tree(self) -> Element:
        """The page's root element; its own tag is `page`."""
        return _Reader().read(self.html)

    @property
    def heading(self) -> str:
        """The words of the h1."""
        element = self.tree.find(".//h1")
        return _read_text(element) if element is not None else ""

    @property
    def problems(self) -> str:
        """The words of the error summary, if there is one."""
        classes = (
            element for element in self.tree.iter("ul") if "nhsuk-error-summary__list" in element.get("class", "")
        )
        return " ".join(map(_read_text, classes))

    @property
    def forms(self) -> list[Form]:
        """The forms in the page's main part."""
        main = self.tree.find(".//main")
        return [self._form(element) for element in (main if main is not None else self.tree).iter("form")]

    def link(self, label: str) -> str:
        """The address of the first link whose words contain these. Raises RobotStuck."""
        for element in self.tree.iter("a"):
            if label in _read_text(element):
                return urljoin(self.url, element.get("href", ""))
        raise RobotStuck(f"no link “{label}” on “{self.heading}”")

    def _form(self, element: Element) -> Form:
        values: dict[str, str] = {}
        choices: dict[str, list[str]] = {}
        buttons: list[tuple[str, str, str]] = []
        for node in element.iter():
            name, value = node.get("name", ""), node.get("value", "")
            if node.tag == "button":
                buttons.append((name, value, _read_text(node)))
            elif not name:
                continue
            elif node.get("type") in ("radio", "checkbox"):
                choices.setdefault(name, []).append(value)
                if node.get("checked") is not None:
                    values[name] = value
            elif node.tag == "input":
                values[name] = value
            elif node.tag == "textarea":
                values[name] = node.text or ""
            elif node.tag == "select":
                options = list(node.iter("option"))
                choices[name] = [option.get("value", "") for option in options]
                chosen = [option for option in options if option.get("selected") is not None] or options[:1]
                values[name] = chosen[0].get("value", "") if chosen else ""
        action = urljoin(self.url, element.get("action") or self.url)
        return Form(action, element.get("method", "get").lower(), values, choices, buttons)


class _Reader(HTMLParser):
    """Makes a tree of a page.

    Not html5lib: it takes 15 ms for a page of 14 kB and this 2 ms, and robots read thousands. It would forgive faults
    in the HTML, which our pages do not have: their tests hold that.
    """

    _VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})

    def read(self, html: str) -> Element:
        """The root of a page's tree: an element `page` around all that the page has."""
        self._builder = TreeBuilder()
        self._open: list[str] = []
        self._builder.start("page", {})
        self.feed(html)
        self.close()
        self._builder.end("page")
        return self._builder.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element begins; some have no end."""
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in self._VOID:
            self._builder.end(tag)
        else:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """One element ends, with any inside it that were left open."""
        while tag in self._open:
            last = self._open.pop()
            self._builder.end(last)
            if last == tag:
                return

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that ends itself, in a picture."""
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        self._builder.end(tag)

    def handle_data(self, data: str) -> None:
        """Text."""
        self._builder.data(data)


def _read_text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


class Browser:
    """One person's browser, with its own cookies."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(follow_redirects=True, timeout=30, transport=transport)
        self.requests = 0

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def open(self, url: str) -> Page:
        """The page at an address, after all redirects."""
        self.requests += 1
        return self._page(self._client.get(url))

    def submit(
        self, page: Page, label: str, values: Mapping[str, Values] | None = None, files: dict[str, Any] | None = None
    ) -> Page:
        """Fill in the form that has a button of these words and press it. Raises RobotStuck when there is none.

        A list of values is several boxes that are ticked.
        """
        for form in page.forms:
            for name, value, text in form.buttons:
                if label in text:
                    return self._send(form, {**form.values, **(values or {})} | ({name: value} if name else {}), files)
        raise RobotStuck(f"no button “{label}” on “{page.heading}” ({page.status})")

    def press(self, page: Page, name: str, value: str, label: str = "") -> Page:
        """Press the button of this name and value. Raises RobotStuck when there is none."""
        for form in page.forms:
            if any(button[:2] == (name, value) for button in form.buttons):
                return self._send(form, form.values | {name: value})
        raise RobotStuck(f"no button {name} on “{page.heading}” ({page.status})")

    def _send(self, form: Form, values: Mapping[str, Values], files: dict[str, Any] | None = None) -> Page:
        self.requests += 1
        if form.method == "get":
            return self._page(self._client.get(form.action, params=values))
        return self._page(self._client.post(form.action, data=values, files=files))

    def _page(self, response: httpx.Response) -> Page:
        return Page(str(response.url), response.status_code, response.text)
