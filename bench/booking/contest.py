"""Those who answer in turns: each of the product's pages, a confirmation, and the usual site's page and booking."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from bench.booking.naive import Usual
from bench.booking.server import Server
from bench.booking.site import Site, browse
from bench.booking.surgery import Visitor, visiting
from bench.timing import Measured
from booking.visits.session import PatientChoice

BROWSERS = 16
USUAL_PAGE, USUAL_BOOKING, CONFIRM = "the usual site: its page of times", "the usual site: a booking", "confirm"
PAGES = {
    "first page": "",
    "date of birth": "date-of-birth/",
    "times": "times/",
    "check": "check/",
    "done": "done/",
}
"""Under the addresses of a patient's visit."""

_VISITORS = 20
_CSRF = "c" * 32
"""A secret that a browser may have been given; a form may send it as it is."""


@dataclass(slots=True)
class Effort:
    """What was asked for in each round: how many, the seconds, and the server's seconds of processor time."""

    requests: int
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def time(self) -> Measured:
        """Seconds of each round, as whoever asks waits for them."""
        return Measured(self.requests, tuple(self.seconds))

    @property
    def cost(self) -> Measured:
        """Seconds of each round that the server's processes were at work."""
        return Measured(self.requests, tuple(self.processor))


class Contest:
    """The product and the usual site, both up. The product's worker is not, or it would be part of what is measured."""

    def __init__(self, site: Site, server: Server, usual: Usual, requests: int) -> None:
        """So many requests each, in each round."""
        self._site, self._server, self._usual, self._requests = site, server, usual, requests
        self.efforts = {
            name: Effort(requests if name in PAGES or name == USUAL_PAGE else requests // 4)
            for name in (*PAGES, USUAL_PAGE, CONFIRM, USUAL_BOOKING)
        }
        self._visitors: dict[str, list[Visitor]] = {}

    def prepare(self) -> None:
        """Patients who are each at one of the pages; those at the last have been booked, so that the worker is up."""
        with self._site.open():
            answering, holding, booked = (self._site.surgery.invite(_VISITORS) for _ in range(3))
            self._site.surgery.hold(holding)
            states = {"first page": answering, "date of birth": answering, "times": answering}
            states |= {"check": holding, "done": booked}
            self._visitors = {page: [_at(page, invitation) for invitation in states[page]] for page in PAGES}
        self._site.walk(self._server, booked, at_once=5)

    @property
    def visitors(self) -> dict[str, Visitor]:
        """Somebody who is at each page."""
        return {page: visitors[0] for page, visitors in self._visitors.items()}

    def round(self) -> None:
        """Ask each of the pages and bookings once through, so many requests each."""
        for page, path in PAGES.items():
            visitors = islice(cycle(self._visitors[page]), self._requests)
            self._ask(page, self._server, [_get(path, visitor) for visitor in visitors])
        self._ask(USUAL_PAGE, self._usual.server, self._usual.pages(self._requests))
        self._ask(CONFIRM, self._server, self._confirmations(self.efforts[CONFIRM].requests))
        self._ask(USUAL_BOOKING, self._usual.server, self._usual.bookings(self.efforts[USUAL_BOOKING].requests))

    def forget(self) -> None:
        """What was measured so far was to warm up."""
        for effort in self.efforts.values():
            effort.seconds.clear()
            effort.processor.clear()

    def _confirmations(self, number: int) -> list[dict[str, Any]]:
        with self._site.open():
            patients = self._site.surgery.invite(number)
            self._site.surgery.hold(patients)
            return [_confirmation(invitation) for invitation in patients]

    def _ask(self, name: str, server: Server, requests: Sequence[dict[str, Any]]) -> None:
        before = server.processor_seconds()
        answers = browse(server, BROWSERS, requests=requests)
        self.efforts[name].seconds.append(answers["seconds"])
        self.efforts[name].processor.append(server.processor_seconds() - before)


def _at(page: str, invitation_id: UUID) -> Visitor:
    choice = None if page == "first page" else PatientChoice.BOOK
    return visiting(invitation_id, choice, verified=page not in ("first page", "date of birth"))


def _get(path: str, visitor: Visitor) -> dict[str, Any]:
    return {"method": "GET", "path": visitor.root + path, "status": 200, "cookies": visitor.cookies}


def _confirmation(invitation_id: UUID) -> dict[str, Any]:
    visitor = visiting(invitation_id, PatientChoice.BOOK)
    return {
        "method": "POST",
        "path": f"{visitor.root}check/",
        "status": 303,
        "cookies": {**visitor.cookies, "csrf": _CSRF},
        "body": {"csrfmiddlewaretoken": _CSRF},
    }
