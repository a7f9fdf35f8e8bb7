"""A member of staff who goes through the wizard in a browser without JavaScript."""

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, CodeKind
from practices.models import User
from tests.factories import make_code, make_recipient
from tests.html import Page, check_page
from tests.patients.list_files import systmone
from tests.patients.uploads import check_waiting

MESSAGE = "Dear {name}, book your flu vaccination at {practice}: {link}"
APPOINTMENT = "flu vaccination"
DECLINE = "If you do not want a flu vaccine, we will not invite you again this year."
ROWS = [
    ("9990000018", "07700900123", "09/03/1958"),
    ("9990000026", "07700900124", "10/04/1960"),
    ("9990000034", "01632960000", "10/04/1960"),
]
"""Two patients who can be sent to, and one whose number is not a mobile."""


class Wizard:
    """Answers each step; `campaign` is the batch as the database has it now."""

    def __init__(self, client: Client, staff: User) -> None:
        self.client = client
        self.staff = staff
        self.id: UUID | None = None

    @property
    def campaign(self) -> Campaign:
        assert self.id is not None
        return Campaign.objects.get(id=self.id)

    def of(self, campaign: Campaign) -> "Wizard":
        """Go on with this batch."""
        self.id = campaign.id
        return self

    def address(self, step: str) -> str:
        return reverse(f"campaigns:{step}", args=[self.id])

    def see(self, step: str, query: str = "", status: int = 200) -> Page:
        """Open a step: its page, which keeps every rule of a page."""
        response = self.client.get(self.address(step) + query)
        assert response.status_code == status, (step, response.status_code, response.headers.get("Location"))
        return check_page(response)

    def answer(self, step: str, query: str = "", **answers: Any) -> Any:
        return self.client.post(self.address(step) + query, answers)

    def begin(self) -> "Wizard":
        """New batch message, Self-Book."""
        response = self.client.post(reverse("campaigns:new"), {"kind": "self-book"})
        assert response.status_code == 302
        self.id = Campaign.objects.get(created_by=self.staff).id
        return self

    def message(self, text: str = MESSAGE, **answers: Any) -> Any:
        return self.answer("message", message=text, **{"appointment_name": APPOINTMENT, **answers})

    def decline(self, allow: str = "yes", text: str = DECLINE, **answers: Any) -> Any:
        code = make_code(CodeKind.DECLINE)
        return self.answer("decline", allow=allow, message=text, **{"code": code.concept_id, **answers})

    def upload(self, content: bytes | None = None, name: str = "patients.csv") -> Any:
        """Upload a list, and have it checked."""
        content = systmone(*ROWS) if content is None else content
        response = self.answer("upload", file=SimpleUploadedFile(name, content))
        check_waiting()
        return response


def goes_to(response: HttpResponseBase, address: str) -> bool:
    """Whether a response sends the browser there."""
    assert response.status_code == 302, response.status_code
    return response.headers["Location"] == address


def errors(response: HttpResponseBase) -> str:
    """The words of a page's error summary."""
    assert response.status_code == 200, response.status_code
    page = check_page(response)
    assert page.title.startswith("Error: ")
    return " ".join("".join(summary.itertext()) for summary in page.with_class("nhsuk-error-summary"))


def back(page: Page) -> str:
    """Where a page's back link goes."""
    (link,) = page.with_class("nhsuk-back-link")
    return link.get("href", "")


def name_the_first(campaign: Campaign, given_name: str) -> None:
    """Give the batch's first patient a name."""
    assert campaign.patient_list is not None
    first = campaign.patient_list.recipients.can().order_by("row_number").first()
    if first is None:
        make_recipient(campaign.patient_list, given_name=given_name)
        return
    first.given_name = given_name
    first.save()
