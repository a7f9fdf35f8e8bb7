"""The rules that every page keeps, checked on the HTML that a view gave.

`check_page(response)` fails with the list of everything it found wrong, so that one run mends a page.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from django.http import HttpResponseBase

from selfbook.settings.security import LAST_RESORT_STYLE, PAGE_TEMPLATE_SCRIPT

_LABELLED = {"input", "select", "textarea"}
_UNLABELLED_TYPES = {"hidden", "submit", "button", "image", "reset"}


class Page:
    """A parsed page, with the look-ups that tests need."""

    def __init__(self, html: str) -> None:
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        self.root: Element = parser.parse(html)
        self.parse_errors = [f"HTML: {code} {data or ''} at {where}" for where, code, data in parser.errors]
        self.elements: list[Element] = [element for element in self.root.iter() if isinstance(element.tag, str)]

    def all(self, *tags: str) -> list[Element]:
        """Elements of these tags, in the page's order."""
        return [element for element in self.elements if element.tag in tags]

    def with_class(self, name: str) -> list[Element]:
        """Elements of a class."""
        return [element for element in self.elements if name in element.get("class", "").split()]

    def by_id(self, wanted: str) -> Element | None:
        """The element of an id."""
        return next((element for element in self.elements if element.get("id") == wanted), None)

    @property
    def rows(self) -> list[Element]:
        """The rows of the page's tables, but for their headings."""
        return [row for body in self.all("tbody") for row in body.iter("tr")]

    @property
    def title(self) -> str:
        """The words of the title element."""
        return text_of(self.all("title")[0]) if self.all("title") else ""

    @property
    def text(self) -> str:
        """All the words of the body that people see."""
        for script in self.all("script"):
            script.text = ""
        return text_of(self.all("body")[0])


def text_of(element: Element) -> str:
    """An element's text with single spaces."""
    return " ".join("".join(element.itertext()).split())


def page_of(response: HttpResponseBase) -> Page:
    """The parsed page of a response."""
    return Page(response.content.decode())  # type: ignore[attr-defined] # only streaming responses lack it


def check_page(response: HttpResponseBase) -> Page:
    """The page, if it keeps every rule; an assertion error that lists what it breaks otherwise."""
    page = page_of(response)
    faults = [fault for rule in _RULES for fault in rule(page)]
    assert not faults, "\n".join(faults)
    return page


def _parses(page: Page) -> Iterator[str]:
    yield from page.parse_errors
    if page.root.get("lang") != "en":
        yield "html has no lang"


def _single_heading(page: Page) -> Iterator[str]:
    headings = [text_of(heading) for heading in page.all("h1")]
    if len(headings) != 1:
        yield f"{len(headings)} h1 elements: {headings}"
        return
    titles = page.title.removeprefix("Error: ")
    personal = [text_of(part) for part in page.elements if "data-personal" in part.attrib]
    if personal:
        # Browsers keep titles in their history, so a name in the heading is left out there.
        if any(part in page.title for part in personal):
            yield f"the title {titles!r} has what is personal in it"
    elif not titles.startswith(headings[0]):
        yield f"the title {titles!r} does not begin with the h1 {headings[0]!r}"


def _heading_order(page: Page) -> Iterator[str]:
    main = page.by_id("maincontent")
    levels = [int(e.tag[1]) for e in (main.iter() if main is not None else ()) if e.tag in {"h1", "h2", "h3", "h4"}]
    after_h1 = levels[levels.index(1) :] if 1 in levels else levels
    for above, below in pairwise(after_h1):
        if below > above + 1:
            yield f"an h{below} follows an h{above}"


def _unique_ids(page: Page) -> Iterator[str]:
    for identity, count in Counter(e.get("id") for e in page.elements if e.get("id")).items():
        if count > 1:
            yield f"the id {identity} is there {count} times"


def _references(page: Page) -> Iterator[str]:
    ids = {e.get("id") for e in page.elements}
    for element in page.elements:
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            for identity in element.get(attribute, "").split():
                if identity not in ids:
                    yield f"{attribute}={identity} of a {element.tag} names nothing"
        href = element.get("href", "")
        if href.startswith("#") and href.removeprefix("#") not in ids:
            yield f"the link {href} leads nowhere"


def _labels(page: Page) -> Iterator[str]:
    labelled = {label.get("for") for label in page.all("label") if text_of(label)}
    for control in page.all(*_LABELLED):
        if control.get("type") in _UNLABELLED_TYPES:
            continue
        if control.get("id") not in labelled and not control.get("aria-label"):
            yield f"the {control.tag} {control.get('name')} has no label"
    for group in page.all("fieldset"):
        if group.find("legend") is None or not text_of(group.find("legend")):  # type: ignore[arg-type] # just tested
            yield "a fieldset has no legend"


def _forms(page: Page) -> Iterator[str]:
    for form in page.all("form"):
        method = form.get("method", "").lower()
        if not form.get("action"):
            yield "a form has no action"
        if method not in {"get", "post"}:
            yield f"a form has the method {method!r}"
        names = {e.get("name") for e in form.iter()}
        if method == "post" and "csrfmiddlewaretoken" not in names:
            yield f"the form to {form.get('action')} has no CSRF token"
        if any(e.get("type") == "file" for e in form.iter()) and form.get("enctype") != "multipart/form-data":
            yield f"the form to {form.get('action')} sends no files: it lacks its enctype"


def _nothing_inline(page: Page) -> Iterator[str]:
    for element in page.elements:
        if "style" in element.attrib:
            yield f"inline style on a {element.tag}"
        if element.tag == "style" and _hash_of(element) != LAST_RESORT_STYLE:
            yield "an inline stylesheet that the Content-Security-Policy does not name"
        for name in element.attrib:
            if isinstance(name, str) and name.startswith("on"):
                yield f"inline script: {name} on a {element.tag}"
        if element.tag == "script" and not element.get("src") and _hash_of(element) != PAGE_TEMPLATE_SCRIPT:
            yield "an inline script that the Content-Security-Policy does not name"
        if element.get("href", "").lower().startswith("javascript:"):
            yield "a javascript: link"


def _hash_of(element: Element) -> str:
    """What a Content-Security-Policy calls an inline script or stylesheet."""
    return f"'sha256-{base64.b64encode(hashlib.sha256((element.text or '').encode()).digest()).decode()}'"


def _errors(page: Page) -> Iterator[str]:
    messages, summaries = page.with_class("nhsuk-error-message"), page.with_class("nhsuk-error-summary")
    if len(summaries) > 1:
        yield f"{len(summaries)} error summaries"
    if messages and not summaries:
        yield "a field has an error, and the page has no error summary"
    if bool(summaries) != page.title.startswith("Error: "):
        yield "the title says 'Error: ' exactly when there is an error summary"
    summarised = " ".join(text_of(summary) for summary in summaries)
    for message in messages:
        text = text_of(message).removeprefix("Error: ").removeprefix("Error:").strip()
        if text not in summarised:
            yield f"the error {text!r} is not in the summary"


def _images(page: Page) -> Iterator[str]:
    for image in page.all("img"):
        if image.get("alt") is None:
            yield f"the image {image.get('src')} has no alt"


def _live(page: Page) -> Iterator[str]:
    marked = [element for element in page.elements if "data-live-refresh" in element.attrib]
    if any("data-live" in element.attrib for element in page.elements) and not marked:
        yield "a part follows by itself, and without JavaScript nothing on the page does it"
    for element in marked:
        if element.tag != "a" or not element.get("href"):
            yield f"data-live-refresh is on a {element.tag}: it belongs on the link, which is what people press"


def _raw_values(page: Page) -> Iterator[str]:
    main = page.by_id("maincontent")
    if main is None:
        yield "there is no main content"
        return
    shown: Any = text_of(main)
    for leftover in ("{{", "}}", "{%", "&lt;", "&amp;", "Undefined"):
        if leftover in shown:
            yield f"{leftover!r} is shown as text"


_RULES = (
    _parses,
    _single_heading,
    _heading_order,
    _unique_ids,
    _references,
    _labels,
    _forms,
    _nothing_inline,
    _errors,
    _images,
    _live,
    _raw_values,
)
