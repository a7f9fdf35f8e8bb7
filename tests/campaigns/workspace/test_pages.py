"""Home and progress: a practice's batches, how each is going, and at what cost in queries."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, InvitationState
from campaigns.results.funnel import funnel, funnels
from integrations.models.states import CodeState, MessageState
from patients.models import Verdict
from practices.models import Practice, User
from tests.campaigns.wizard import Wizard
from tests.factories import (
    make_campaign,
    make_coded_entry,
    make_invitation,
    make_message,
    make_practice,
    make_recipient,
)
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db

HOME = "campaigns:home"


def make_busy(batch: Campaign, messages: list[str], **fields: Any) -> None:
    """One more invited patient of a batch for each message state."""
    for state in messages:
        message = make_message(make_invitation(batch, **fields), state=state)
        if state == MessageState.DUE:
            message.reason = "The text message account is wrong."
            message.save()


def bars(page: Page) -> dict[str, str]:
    """The numbers of a page by their words."""
    return dict(zip(map(text_of, page.all("dt")), map(text_of, page.all("dd")), strict=True))


def test_a_new_practice_has_nothing_yet(wizard: Wizard) -> None:
    page = check_page(wizard.client.get(reverse(HOME)))
    assert "You have not sent a batch yet" in page.text
    assert reverse("campaigns:new") in [link.get("href") for link in page.all("a")]


def test_home_shows_drafts_and_batches_of_ones_own_practice(wizard: Wizard, practice: Practice) -> None:
    draft = make_campaign(practice, slot_type="Draft clinic")
    sent = make_campaign(practice, started=True, slot_type="Sent clinic")
    make_campaign(make_practice(), slot_type="Other draft")
    make_campaign(make_practice(), started=True, slot_type="Other clinic")
    page = check_page(wizard.client.get(reverse(HOME)))
    links = [link.get("href") for link in page.all("a")]
    for name, batch in (("batch", draft), ("delete", draft), ("progress", sent)):
        assert reverse(f"campaigns:{name}", args=[batch.id]) in links
    assert "Other" not in page.text


def test_home_counts_each_batch_for_itself(wizard: Wizard, practice: Practice) -> None:
    for booked in (1, 2):
        batch = make_campaign(practice, started=True, rows=0, slot_type=f"Clinic {booked}")
        make_busy(batch, [MessageState.DELIVERED] * booked, state=InvitationState.BOOKED)
        make_busy(batch, [MessageState.SENT], state=InvitationState.DECLINED)
    assert [
        (counts.sent, counts.booked, counts.declined)
        for counts in funnels(Campaign.objects.order_by("slot_type")).values()
    ] == [
        (2, 1, 1),
        (3, 2, 1),
    ]
    text = check_page(wizard.client.get(reverse(HOME))).text
    assert "Texts 3" in text
    assert "Booked 2" in text


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_home_takes_as_many_queries_for_many_batches_as_for_one(wizard: Wizard, practice: Practice) -> None:
    def add_batch() -> None:
        make_campaign(practice, wizard.staff)
        make_busy(make_campaign(practice, wizard.staff, started=True), [MessageState.DUE, MessageState.SENT])

    add_batch()
    queries_of(wizard.client, reverse(HOME))
    baseline = queries_of(wizard.client, reverse(HOME))
    for _ in range(5):
        add_batch()
    assert queries_of(wizard.client, reverse(HOME)) == baseline
    assert baseline < 36  # each list of whom to follow up is counted by one


def test_progress_takes_as_many_queries_for_many_patients_as_for_one(wizard: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, wizard.staff, started=True)
    make_busy(batch, [MessageState.SENT, MessageState.IN_APP])
    address = wizard.of(batch).address("progress")
    queries_of(wizard.client, address)
    baseline = queries_of(wizard.client, address)
    make_busy(batch, [*MessageState.values])
    assert queries_of(wizard.client, address) == baseline
    assert baseline < 42


def test_progress_says_how_it_goes(wizard: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, wizard.staff, started=True, rows=0)
    assert batch.patient_list is not None
    make_recipient(batch.patient_list, verdict=Verdict.CANNOT, reasons=["mobile_missing"], mobile="")
    make_busy(batch, [MessageState.DELIVERED], state=InvitationState.BOOKED, opened_at=timezone.now())
    make_busy(batch, [MessageState.FAILED, MessageState.CHECK, MessageState.DUE])
    make_busy(batch, [MessageState.NO_NEWS], locked_at=timezone.now())
    page = wizard.of(batch).see("progress")
    for sentence in (
        f"{wizard.staff.get_full_name()} pressed Send on",
        "Sending: 4 of 5 texts done.",
        "1 patient has booked",
        "Some messages are waiting. The text message account is wrong.",
        "No mobile number: 1",
    ):
        assert sentence in page.text, sentence
    assert bars(page) == {
        "Rows in the list": "6",
        "Can be sent": "5",
        "Text sent": "2",
        "Text delivered": "1",
        "Link opened": "1",
        "Booked": "1",
        "Declined": "0",
        "Patients who can still book": "3",
        "Cannot be sent": "1",
        "Text not delivered": "1",
        "Check whether the message went": "1",
        "Link locked after wrong dates of birth": "1",
    }
    links = [link.get("href") for link in page.all("a")]
    assert wizard.address("cannot-be-sent") in links
    assert wizard.address("progress") in links
    live = page.by_id("progress")
    assert live is not None
    assert live.get("data-live") == "2"


def test_progress_calms_down_when_all_is_out(wizard: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, wizard.staff, started=True, rows=0)
    make_busy(batch, [MessageState.DELIVERED])
    page = wizard.of(batch).see("progress")
    assert "Sending is finished." in page.text
    live = page.by_id("progress")
    assert live is not None
    assert live.get("data-live") == "15"
    assert wizard.address("cannot-be-sent") not in [link.get("href") for link in page.all("a")]


def test_progress_of_a_batch_that_is_just_starting(wizard: Wizard, practice: Practice) -> None:
    wizard.of(make_campaign(practice, wizard.staff, started=True, rows=3, state="starting"))
    assert "Sending: 0 of 3 texts done." in wizard.see("progress").text


def test_a_draft_has_no_progress_yet(wizard: Wizard, practice: Practice) -> None:
    wizard.of(make_campaign(practice, wizard.staff))
    response = wizard.client.get(wizard.address("progress"))
    assert response.headers["Location"] == wizard.address("batch")


def test_codes_are_counted_by_what_staff_must_do(practice: Practice, staff: User) -> None:
    batch = make_campaign(practice, staff, started=True, rows=0)
    for state in CodeState.values:
        invitation = make_invitation(batch)
        make_message(invitation, state=MessageState.DELIVERED)
        by_hand: dict[str, Any] = (
            {"by_hand_by": staff, "settled_at": timezone.now()} if state == CodeState.BY_HAND else {}
        )
        make_coded_entry(invitation, state=state, **by_hand)
    counts = funnel(batch)
    assert (counts.codes_filed, counts.codes_on_the_way, counts.codes_by_hand) == (2, 3, 2)
    assert counts.in_progress


def test_the_parts_of_the_funnel_add_up(practice: Practice, staff: User) -> None:
    batch = make_campaign(practice, staff, started=True, rows=0)
    make_busy(batch, [*MessageState.values])
    counts = funnel(batch)
    assert counts.rows == counts.can == counts.invitations == counts.messages.total() == len(MessageState)
    assert counts.settled == counts.sent + counts.failed + counts.check + counts.messages[MessageState.WITHDRAWN]
    assert counts.settled + sum(counts.messages[s] for s in ("due", "started", "unknown")) == counts.can


def test_what_patients_are_called_is_on_no_page_about_a_sent_batch(wizard: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, wizard.staff, started=True, rows=1)
    assert batch.patient_list is not None
    patient = batch.patient_list.recipients.get()
    pages = [wizard.client.get(reverse(HOME)), wizard.client.get(wizard.of(batch).address("progress"))]
    for page in pages:
        html = page.content.decode()
        for personal in (patient.nhs_number, patient.mobile, patient.family_name):
            assert personal not in html
