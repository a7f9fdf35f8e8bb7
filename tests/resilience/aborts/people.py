"""The people of the journey, at their browsers. When nobody answers they do what people do: they try again."""

import re
from typing import Any

from django.urls import resolve, reverse

from booking.visits.references import ReferenceConverter
from tests.booking.surgery import BORN, boxes
from tests.html import Page
from tests.resilience.aborts.browsers import browser
from tests.resilience.aborts.processes import Killed
from tests.resilience.aborts.world import World

_LINK = re.compile(r"https?://\S+(/i/\S+)")
_ROOTED = re.compile(rf"^/b/{ReferenceConverter.regex}/")
_MOST_PAGES = 20


def send(world: World) -> None:
    """Staff press Send on the summary page; again, when nobody answers."""
    client = browser()
    client.force_login(world.staff)
    address = reverse("campaigns:summary", args=[world.batch.id])

    def press() -> Any:
        return client.post(address, {"seen": "3"})

    try:
        answer = world.step("web send", press)
    except Killed:
        answer = world.step("web send again", press)
    assert answer.headers.get("Location") == reverse("campaigns:progress", args=[world.batch.id])


def _view_of(address: str) -> str:
    """Which page an address of ours leads to."""
    return resolve(address.split("?")[0]).view_name


class Patient:
    """Somebody with a text on their phone. `told` is what our pages have promised."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.told: set[str] = set()
        self._booking = ""
        self._browser = browser()

    def book(self) -> None:
        """Follow the link and the pages to a confirmed time, the first there is."""
        self._answer("book")

    def decline(self) -> None:
        """Follow the link and the pages to where it says that the answer is recorded."""
        self._answer("decline")

    def look(self) -> None:
        """Look at the page of the booking. It may say "booked" only when the practice's book says so too."""
        page = Page(self._browser.get(self._booking).content.decode())
        if "Appointment booked" in page.title:
            self.told.add("booked")
            number = self.world.patients[self.name].nhs_number
            booked = [
                appointment for appointment in self.world.books("appointments") if appointment["nhs_number"] == number
            ]
            assert len(booked) == 1, f"the page says booked, and the book has {len(booked)} appointments"

    def _answer(self, choice: str) -> None:
        address = self._link()
        for _ in range(_MOST_PAGES):
            response = self._ask(address)
            if response is None:
                address = self._link()
                continue
            if response.status_code in (301, 302, 303):
                address = response.headers["Location"]
                self._note(address)
                continue
            if self._is_over(address, response):
                return
            after = self._ask(address, self._on_page(address, choice, Page(response.content.decode())))
            if after is None:
                address = self._link()
                continue
            assert after.status_code == 303, (address, after.status_code)
            address = after.headers["Location"]
            self._note(address)
        raise AssertionError(f"{self.name} goes round in circles and is at {address} now")

    def _ask(self, address: str, form: dict[str, str] | None = None) -> Any:
        """One request; None when nobody answered and the patient begins anew in another browser."""
        method = "GET" if form is None else "POST"
        # Neither the link nor the visit that it opens has the same address in the next run.
        page = "/i/..." if address.startswith("/i/") else _ROOTED.sub("/b/.../", address.split("?")[0])
        name = f"web {method} {page} by {self.name}"

        def request() -> Any:
            return self._browser.get(address) if form is None else self._browser.post(address, form)

        try:
            return self.world.step(name, request)
        except Killed:
            assert self.world.death is not None
            if self.world.death.again:
                return self.world.step(f"{name} again", request)
            self._browser = browser()
            return None

    def _note(self, address: str) -> None:
        """A page has promised something by sending the patient on."""
        view = _view_of(address)
        if view == "booking:done":
            self.told.add("accepted")
            self._booking = address
        if view == "booking:declined":
            self.told.add("declined")

    def _is_over(self, address: str, response: Any) -> bool:
        """Whether this is a last page; for who comes back with a link that has been used to decline, it is too."""
        if response.status_code == 410:
            assert "already been used" in Page(response.content.decode()).title
            self.told.add("declined")
            return True
        assert response.status_code == 200, (address, response.status_code)
        return _view_of(address) in ("booking:done", "booking:declined")

    def _on_page(self, address: str, choice: str, page: Page) -> dict[str, str]:
        """What the patient fills in, and the button they press."""
        view = _view_of(address)
        if view == "booking:choose":
            offered = [button.get("value", "") for button in page.all("button") if button.get("name") == "choice"]
            return {"choice": choice if choice in offered else offered[0]}
        if view == "booking:date_of_birth":
            return boxes(BORN)
        if view == "booking:times":
            slots = [button.get("value", "") for button in page.all("button") if button.get("name") == "slot"]
            assert slots, "no times are offered"
            return {"slot": slots[0]}
        assert view in ("booking:check", "booking:decline"), address
        return {}

    def _link(self) -> str:
        """The link in the invitation on the phone."""
        links = [match[1] for match in map(_LINK.search, self.world.on_phone(self.name)) if match]
        assert links, f"{self.name} has no text with a link"
        return links[0]
