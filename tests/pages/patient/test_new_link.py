"""A link that ran out, in a real browser: the patient gets a new one by text. And a date of birth in one box."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from booking.slots import offered as slots
from campaigns.models import Invitation
from integrations.models.outbox import Message, Purpose
from integrations.sandbox.server import SandboxServer
from tests.booking.surgery import BORN, Surgery
from tests.integrations.webhooks.test_twilio import make_connection
from tests.pages.patient.test_birth import fill, path, visitor

pytestmark = pytest.mark.system


@pytest.fixture
def surgery(transactional_db: None) -> Iterator[Surgery]:
    with SandboxServer() as sandbox:
        surgery = Surgery(sandbox)
        make_connection(surgery.practice)
        surgery.session()
        slots.available(surgery.invite())
        yield surgery


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_who_opens_a_link_that_ran_out_is_texted_a_new_one(served: str, surgery: Surgery, scripts: bool) -> None:
    link = path(surgery.campaign, expires_at=timezone.now())
    with visitor(served, scripts=scripts) as somebody:
        somebody.given_the_page(link)
        somebody.then_the_page_is("This link has expired")
        somebody.when_they_press("Text me a new link")
        somebody.then_the_page_is("Get a new link by text")
        somebody.when_they_press("Text me a new link")
        somebody.then_the_page_is("We are texting you a new link")
        somebody.given_the_page(link)  # as it stands in the new text
        somebody.when_they_press("Book an appointment")
        fill(somebody, f"{BORN:%d/%m/%Y}", "", "")
        somebody.then_the_page_is("Choose a time")
    assert Message.objects.get(purpose=Purpose.NEW_LINK).subject_id == Invitation.objects.latest("created_at").id


def test_while_the_book_cannot_be_read_the_page_says_so(served: str, surgery: Surgery) -> None:
    link = path(surgery.campaign, expires_at=timezone.now())
    with visitor(served) as somebody:
        somebody.given_the_page(link)
        somebody.when_they_press("Text me a new link")
        surgery.sandbox.control("reset", {})
        slots.forget(surgery.campaign)
        somebody.when_they_press("Text me a new link")
        somebody.then_the_page_is("We cannot see the appointments now")
