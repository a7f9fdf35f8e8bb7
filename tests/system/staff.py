"""The receptionist, making batches."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from practices.models import Role
from selfbook.demo.practices import PASSWORD, DemoPractice
from selfbook.demo.seeding import staff_logins
from tests.system.forms import Forms
from tests.system.visitor import Visitor
from tests.waiting import wait_until

_SESSIONS: dict[tuple[str, str], Any] = {}
"""The cookies of whoever has logged in, by address and practice: checking a password is slow on purpose."""

INVITATION_CODE, DECLINE_CODE = "711408005", "822931000000100"


class Receptionist(Visitor):
    """A member of staff of one practice."""

    def __init__(self, page: Page, web_url: str, practice: DemoPractice) -> None:
        """Work at this practice."""
        super().__init__(page, web_url)
        self.practice = practice

    def given_they_are_logged_in(self) -> None:
        """In this window, or in an earlier one whose session is still good; the practice's batches come first."""
        if self._given_their_session():
            self.given_the_page("/")
            self.then_the_page_is("Batches")

    def _given_their_session(self) -> bool:
        """The cookies of an earlier window; False: there was none, and they have logged in here."""
        context, key = self.page.context, (self.web_url, self.practice.ods_code)
        if key in _SESSIONS:
            context.add_cookies(_SESSIONS[key])
            return True
        self.when_they_log_in()
        _SESSIONS[key] = context.cookies()
        return False

    def when_they_log_in(self) -> None:
        """By email address and password."""
        self.given_the_page("/")
        self.then_the_page_is("Log in")
        self.page.get_by_label("Email").fill(staff_logins(self.practice)[Role.SENDER])
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.when_they_press("Log in")
        self.then_the_page_is("Batches")

    def when_they_start_a_self_book_batch(self) -> None:
        """From the list of batches to the slot types."""
        self.when_they_press("New batch message")
        self.then_the_page_is("New batch message")
        self.page.get_by_label("Self-Book").check()
        self.when_they_press("Continue")

    def when_they_choose_the_slot_type(self, name: str) -> None:
        """Choose one, and go on to the message."""
        self.then_the_page_is("Which slot type should patients book into?")
        self.page.get_by_label(name).check()
        self.when_they_press("Continue")

    def when_they_take_the_template(self, name: str) -> None:
        """Start the message from a template."""
        self.then_the_page_is("Write the message")
        self.page.get_by_label("Start from a template").select_option(label=name)
        self.when_they_press("Use this")
        expect(self.page.get_by_label("Message", exact=True)).to_have_value(re.compile(r"\{link\}"))

    def when_they_attach_the_code(self, concept: str) -> None:
        """Choose the code that is filed once the text has gone, and go on."""
        self._choose_code(concept)
        self.when_they_press("Continue")

    def _choose_code(self, concept: str) -> None:
        codes = self.page.get_by_label("SNOMED code")
        option = codes.locator("option", has_text=concept).inner_text()
        codes.select_option(label=option)

    def when_they_allow_declining(self, message: str) -> None:
        """Let patients decline, say what it means, and choose the code."""
        self.then_the_page_is("Can patients decline?")
        self.page.get_by_label("Yes, patients can decline").check()
        self.page.get_by_label("Decline message").fill(message)
        self._choose_code(DECLINE_CODE)
        self.when_they_press("Continue")

    def when_they_allow_no_declining(self) -> None:
        """Patients can only book."""
        self.then_the_page_is("Can patients decline?")
        self.page.get_by_label("No", exact=True).check()
        self.when_they_press("Continue")

    def when_they_upload(self, file: Path) -> None:
        """Upload a patient list."""
        self.then_the_page_is("Upload your patient list")
        self.page.locator("input[type=file]").set_input_files(file)
        self.when_they_press("Upload CSV")

    def when_they_agree_and_send(self, can: int) -> None:
        """From who can be sent to, over the summary, to the progress page."""
        self.when_they_agree()
        self.when_they_press(f"Send to {can} patient{'' if can == 1 else 's'}")

    def when_they_agree(self) -> None:
        """From who can be sent to, to the summary; another story may have used the file."""
        self.then_the_page_is("Who can be sent to")
        again = self.page.get_by_label("Use this file again")
        if again.count():
            again.check()
        self.when_they_press("Continue")
        self.then_the_page_is("Check before you send")

    def given_a_batch_as_far_as_the_list(self, slot_type: str) -> None:
        """A batch by a template, without the choice to decline, that wants only its patients."""
        self.page.goto(self._given_a_draft(slot_type, "Blood test").url)

    def given_a_sent_batch(self, slot_type: str, file: Path, *, template: str = "Blood test", decline: str = "") -> str:
        """A batch to everybody in a list, who can decline where `decline` says what that means. Returns its address."""
        forms = self._given_a_draft(slot_type, template, decline)
        _give_patients(forms, file)
        forms.send("/summary/")
        return forms.url

    def given_a_batch_as_far_as_the_summary(self, slot_type: str, file: Path) -> None:
        """The same batch to everybody in a list, which wants nothing but Send."""
        forms = self._given_a_draft(slot_type, "Blood test")
        _give_patients(forms, file)
        self.page.goto(forms.url)
        self.then_the_page_is("Check before you send")

    def _given_a_draft(self, slot_type: str, template: str, decline: str = "") -> Forms:
        """A batch that wants only its patients. Its steps are walked by the stories that are about them."""
        self._given_their_session()
        forms = Forms(self.page.request)
        forms.open(f"{self.web_url}/batches/new/")
        forms.send(kind="self-book")
        forms.send(slot_type=forms.value_of("slot_type", slot_type))
        forms.send(template=forms.value_of("template", template))
        forms.send("/message/", message=forms.page.all("textarea")[0].text or "")
        if decline:
            forms.send(allow="yes", message=decline, code=DECLINE_CODE)
        else:
            forms.send(allow="no")
        return forms

    def then_all_texts_are_delivered(self, number: int) -> None:
        """The progress page gets there by itself."""
        self.then_the_numbers_are(text_delivered=number)
        self.then_they_see("Sending is finished.")

    def then_the_numbers_are(self, **numbers: int) -> None:
        """The figures beside their bars, in the end."""
        for key, number in numbers.items():
            label = key[0].upper() + key[1:].replace("_", " ")
            row = self.page.locator(".app-bars > div", has=self.page.get_by_text(label, exact=True))
            expect(row.locator("strong")).to_have_text(str(number))


def _give_patients(forms: Forms, file: Path) -> None:
    """From the upload of a list to the summary, with everybody in it who can be sent to."""
    forms.send("/upload/", file)
    patients = forms.url

    def is_checked() -> bool:
        forms.open(patients)
        return forms.page.title.startswith("Who can be sent to")

    wait_until(is_checked, seen=lambda: forms.page.text)
    if any(field.get("name") == "invited" for field in forms.page.elements):
        forms.send("/include/", invited="yes")
        forms.open(patients)
    forms.send("/patients/")
