"""The patient, with a small phone."""

import re
from datetime import date, timedelta

from playwright.sync_api import Locator, Page, expect

from selfbook.demo.people import Person
from selfbook.demo.practices import DemoPractice
from tests.system.sandbox import Sandbox
from tests.system.visitor import Visitor


class Patient(Visitor):
    """One made-up patient of one practice."""

    def __init__(self, page: Page, web_url: str, sandbox: Sandbox, practice: DemoPractice, person: Person) -> None:
        """Be this person."""
        super().__init__(page, web_url)
        self.sandbox, self.practice, self.person = sandbox, practice, person

    def when_they_press_the_link_in_their_text(self) -> None:
        """Open the phone's texts and the newest link there."""
        self.sandbox.then_a_text_comes(self.person, self.web_url)
        self.page.goto(self.sandbox.phone_url(self.person))
        self.page.get_by_role("link", name=self.web_url).first.click()

    def when_they_choose(self, label: str) -> None:
        """Press one of the first page's buttons."""
        self.then_the_page_is("Book your appointment")
        self.when_they_press(label)
        self.then_the_page_is(self.question)

    @property
    def question(self) -> str:
        """The question for the date of birth: their text has named them."""
        return f"What is {self.person.given}'s date of birth?"

    def when_they_give_the_date_of_birth(self, born: date | None = None) -> None:
        """Their own, or another."""
        born = born or self.person.date_of_birth
        for part in ("Day", "Month", "Year"):
            self.page.get_by_label(part).fill(str(getattr(born, part.lower())))
        self.when_they_press("Continue")

    def when_they_mistype_their_date_of_birth(self) -> None:
        """A day wrong."""
        self.when_they_give_the_date_of_birth(self.person.date_of_birth + timedelta(days=1))

    @property
    def times(self) -> Locator:
        """The times of the day that is open."""
        return self.page.locator("button[name=slot]:visible")

    def when_they_choose_the_first_time(self) -> str:
        """Press the first time there is; returns its words, such as 9:10am on Monday 23 November 2026."""
        self.then_the_page_is("Choose a time")
        self.then_they_see(f" for {self.person.given}")
        label = " ".join((self.times.first.text_content() or "").split())
        self.times.first.click()
        return label

    def when_they_confirm(self, time: str) -> None:
        """Check the time, and book it."""
        self.then_the_page_is("Check your appointment")
        clock, day = time.split(" on ")
        self.then_they_see(clock, day, self.practice.name)
        self.when_they_press("Confirm and book")

    def then_the_appointment_is_in_the_book(self, slot_type: str, time: str) -> None:
        """Exactly one, in this slot type, at this time."""
        (appointment,) = self.sandbox.appointments_of(self.practice, self.person)
        assert (appointment["status"], appointment["slot_type"]) == ("booked", slot_type)
        booked, wanted = appointment["start"], re.fullmatch(r"(\d+)(?::(\d+))?(am|pm) on \w+ (\d+) \w+ \d+", time)
        assert wanted, time
        hour = int(wanted[1]) % 12 + (12 if wanted[3] == "pm" else 0)
        assert f"{int(wanted[4]):02}T{hour:02}:{wanted[2] or '00'}:00" in booked

    def then_they_are_told(self, *texts: str) -> None:
        """The page says so in the end, by itself."""
        for some in texts:
            expect(self.main).to_contain_text(some)
