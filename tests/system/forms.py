"""Forms that are filled in and sent without a page being shown: for what stories only begin with."""

from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from playwright.sync_api import APIRequestContext, APIResponse, FilePayload

from tests.html import Page, text_of

_PRESSED = {"submit", "button", "image", "reset", "file"}


class Forms:
    """The page that a browser's cookies get at an address, and its forms. Nothing is drawn, and no script runs."""

    def __init__(self, request: APIRequestContext) -> None:
        """`request` is of the browser whose cookies count."""
        self._request = request
        self.url = ""
        self.page = Page("")

    def open(self, address: str) -> None:
        """Get a page."""
        self._take(self._request.get(address))

    def _take(self, answer: APIResponse) -> None:
        self.url, self.page = answer.url, Page(answer.text())
        assert answer.ok, f"{answer.status} {self.page.title} at {self.url}"
        assert not self.page.title.startswith("Error: "), f"{self.url}: {self.page.text}"

    def send(self, to: str = "", file: Path | None = None, **answers: str) -> None:
        """Give these answers in the form that asks for them, and go where it leads. AssertionError: it was refused.

        `to` is the end of the form's address, where others on the page ask for the same.
        """
        asking = [form for form in self.page.all("form") if form.get("action", "").partition("?")[0].endswith(to)]
        form = next((form for form in asking if _asks(form, *answers)), None)
        assert form is not None, f"no form to {to!r} that asks for {[*answers]} at {self.url}: {self.page.text}"
        fields: dict[str, Any] = _filled(form) | answers
        address = urljoin(self.url, form.get("action", ""))
        if file:
            content: FilePayload = {"name": file.name, "mimeType": "text/csv", "buffer": file.read_bytes()}
            self._take(self._request.post(address, multipart={**fields, "file": content}))
        elif form.get("method") == "post":
            self._take(self._request.post(address, form=fields))
        else:
            self._take(self._request.get(address, params=fields))

    def value_of(self, name: str, words: str) -> str:
        """The value of a field's option that has these words."""
        labels = {label.get("for"): text_of(label) for label in self.page.all("label")}
        for field in self.page.elements:
            options = [(text_of(option), option) for option in field.iter("option")]
            options = options or [(labels.get(field.get("id"), ""), field)]
            for text, option in options:
                if field.get("name") == name and words in text:
                    return option.get("value", "")
        raise AssertionError(f"no {words!r} among the choices of {name} at {self.url}")


def _asks(form: Element, *names: str) -> bool:
    return {*names} <= {field.get("name") for field in form.iter()}


def _filled(form: Element) -> dict[str, str]:
    """What the form has in it as it comes."""
    fields: dict[str, str] = {}
    for field in form.iter():
        name, kind = field.get("name"), field.get("type", "")
        if not name or field.tag == "button" or kind in _PRESSED:
            continue
        if field.tag == "select":
            options = list(field.iter("option"))
            for option in [option for option in options if "selected" in option.attrib] or options[:1]:
                fields[name] = option.get("value", "")
        elif field.tag == "textarea":
            fields[name] = field.text or ""
        elif kind not in {"radio", "checkbox"} or "checked" in field.attrib:
            fields[name] = field.get("value", "on" if kind == "checkbox" else "")
    return fields
