"""A patient's phone that talks to the running server over HTTP, and presses what is on its page."""

from typing import Self
from uuid import UUID

import httpx

from booking.visits.references import reference_of
from integrations.links import token_for
from tests.booking.surgery import BORN, boxes
from tests.html import Page
from tests.tab import placed, unplaced


class Phone:
    """One browser. Every step returns the address that it was sent on to, or the page that it shows.

    Addresses are written without the visit that they name, as in `tests.tab`.
    """

    def __init__(self, server: str, invitation_id: UUID) -> None:
        self.invitation_id = invitation_id
        self._http = httpx.Client(base_url=server, trust_env=False, timeout=60)
        self._reference = reference_of(invitation_id)

    def identified(self) -> Self:
        """Come as far as the times."""
        self.see(f"/i/{token_for(self.invitation_id)}", 303)
        self.see("/b/")
        self.press("/b/", choice="book")
        self.see("/b/date-of-birth/")
        assert self.press("/b/date-of-birth/", **boxes(BORN)) == "/b/times/"
        return self

    def see(self, path: str, status: int = 200) -> Page:
        """Open a page."""
        answer = self._http.get(self._at(path))
        assert answer.status_code == status, (path, answer.status_code)
        return Page(answer.text)

    def press(self, path: str, **fields: str) -> str:
        """Send a form with the token that the browser has; where that leads."""
        token = self._http.cookies.get("csrf") or ""
        answer = self._http.post(self._at(path), data={**fields, "csrfmiddlewaretoken": token})
        assert answer.status_code in (200, 303, 410), (path, answer.status_code)
        return self._onward(answer)

    def takes(self, slot_id: int | str) -> str:
        """Press a time."""
        return self.press("/b/times/", slot=str(slot_id))

    def confirms(self, slot_id: int | str = "") -> str:
        """Press "Confirm and book" on the page about a slot."""
        return self.press("/b/check/", **({"slot": str(slot_id)} if slot_id else {}))

    def takes_and_confirms(self, slot_id: int | str) -> str:
        """Press a time, and confirm it if it was to be had."""
        taken = self.takes(slot_id)
        return self.confirms() if taken == "/b/check/" else taken

    def is_told(self) -> str:
        """The heading of the page that follows the booking; where it leads for whoever has none."""
        answer = self._http.get(self._at("/b/done/"))
        if answer.status_code != 200:
            return self._onward(answer)
        return Page(answer.text).title.split(" - ")[0]

    def _at(self, path: str) -> str:
        return placed(path, self._reference)

    def _onward(self, answer: httpx.Response) -> str:
        return unplaced(str(answer.headers.get("Location", answer.status_code)), self._reference)
