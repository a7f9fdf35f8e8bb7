"""A browser for tests of patients' pages, which come to each visit under addresses of its own."""

import re
from typing import Any

from django.test import Client

from booking.visits import session
from booking.visits.references import ReferenceConverter, root_of

_LINKED = re.compile(r'(?:href|action)="(/b/[^"]*)"')
_ROOTED = re.compile(rf"/b/{ReferenceConverter.regex}/")
_OF_NO_VISIT = ("/b/", "/b/finished/")


def placed(path: str, reference: str) -> str:
    """The real address of a page that a test names without its visit: /b/times/."""
    named = not path.startswith("/b/") or path in _OF_NO_VISIT[1:] or _ROOTED.match(path) or not reference
    return path if named else root_of(reference) + path.removeprefix("/b/")


def unplaced(address: str, reference: str) -> str:
    """An address of this visit as tests name it. Another visit's stays as it is, so that no test takes it for this."""
    return address.replace(root_of(reference), "/b/") if reference else address


def astray(html: str, reference: str) -> list[str]:
    """The links and forms of a visit's page that are another visit's, or say of none whose they are."""
    own = root_of(reference)
    return [link for link in _LINKED.findall(html) if not link.startswith(own) and link not in _OF_NO_VISIT]


class Tab(Client):
    """A tab that knows which visit it is in: the one whose link it opened last.

    Tests name pages without their visit: `tab.get("/b/times/")`. Answers come back in the same way, both the address
    they send on to and the links and forms of pages, once it is clear that each of them is this visit's.
    """

    reference = ""

    def request(self, **request: Any) -> Any:
        """One request, and its answer."""
        path = str(request["PATH_INFO"])
        request["PATH_INFO"] = placed(path, self.reference)
        response = super().request(**request)
        if path[:3].lower() == "/i/" and (cookie := response.cookies.get(session.cookie_name())):
            self.reference = cookie["path"].split("/")[2]
        if self.reference:
            self._unplace(response)
        return response

    def _unplace(self, response: Any) -> None:
        if "Location" in response:
            response["Location"] = unplaced(response["Location"], self.reference)
        if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            html = response.content.decode()
            assert not (wrong := astray(html, self.reference)), f"the page acts for another visit, or for none: {wrong}"
            response.content = unplaced(html, self.reference)
