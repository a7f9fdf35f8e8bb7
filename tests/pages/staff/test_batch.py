"""The pages of a batch that is under way, in a real browser: fit for use, and kept open while they follow."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.models import Decline
from booking.slots import free_list
from booking.slots.listing import FreeList, by_time, list_to_json
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.models.states import CampaignState
from campaigns.reminders import writing as reminder_writing
from integrations import record_reading
from integrations.models.outbox import Message
from integrations.models.states import CodeState, MessageState
from patients.models import Verdict
from tests.booking.surgery import made_up_slot, make_booking
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_message, make_recipient
from tests.pages.staff.test_sending import (
    Desk,
    button,
    desk,  # noqa: F401 - a fixture
)
from tests.records import as_listed
from tests.system.inspection import look_over

pytestmark = pytest.mark.system

NAMES = ["Asha Patel", "Ben Okoro", "Zoë Evans", "Sam Hughes", "Maya Lewis", "Tomasz Nowak", "Grace O'Neill"]
LONG_AGO = timedelta(hours=30)


def under_way(at: Desk, patients: int = 60) -> Campaign:
    """A batch sent yesterday, with answers, a failure, and patients who have not answered."""
    began = timezone.now() - LONG_AGO
    batch = make_campaign(at.practice, at.staff, rows=0, started=True, started_at=began, starts_at=began)
    invitations = [invited(batch, number) for number in range(patients)]
    for number, invitation in enumerate(invitations):
        answered = began + timedelta(minutes=20 + 11 * number)
        if number % 3 == 1:
            make_booking(invitation, created_at=answered)
        elif number % 7 == 3:
            Invitation.objects.filter(id=invitation.id).update(state=InvitationState.DECLINED, opened_at=answered)
            Decline.objects.create(invitation=invitation, practice=at.practice, declined_at=answered)
    assert batch.patient_list is not None
    make_recipient(batch.patient_list, given_name="Joan", verdict=Verdict.CANNOT, reasons=["mobile_missing"], mobile="")
    return batch


def invited(batch: Campaign, number: int) -> Invitation:
    assert batch.patient_list is not None
    given, family = NAMES[number % len(NAMES)].split()
    recipient = make_recipient(batch.patient_list, row_number=number + 2, given_name=given, family_name=family)
    invitation = make_invitation(batch, recipient)
    state = MessageState.FAILED if number == 6 else MessageState.DELIVERED
    left = timezone.now() - LONG_AGO
    reason = "The number is not in use." if number == 6 else ""
    text = make_message(invitation, state=state, due_at=None, created_at=left, sent_at=left, reason=reason)
    make_coded_entry(invitation, text, state=CodeState.FILED, happened_at=left, due_at=None)
    return invitation


def hold_slots(batch: Campaign, count: int) -> None:
    """The list of free slots is held, as if a worker had just read it."""
    slots = [made_up_slot(1000 + number) for number in range(count)]
    listed = FreeList(timezone.now(), tuple(by_time(slots)))
    key = free_list._key(batch)
    cached = free_list._CacheEntry("stamp", timezone.now() + timedelta(minutes=5))
    cache.set_many({key: cached.to_json(), f"{key}:stamp": list_to_json(listed)})


def look_at(page: Page, at: Desk, batch: Campaign, path: str) -> None:
    response = page.goto(f"{at.served}/batches/{batch.id}/{path}")
    assert response is not None
    look_over(page, response.text())


def test_the_pages_are_fit_for_use(desk: Desk) -> None:  # noqa: F811 - the fixture
    batch = under_way(desk)
    hold_slots(batch, 12)
    finished = make_campaign(desk.practice, desk.staff, rows=0, started=True, state=CampaignState.FINISHED)
    with desk.browser() as page:
        for path in ("progress/", "remind/", "patients-invited/", "patients-invited/?show=booked"):
            look_at(page, desk, batch, path)
        look_at(page, desk, finished, "progress/")
        look_at(page, desk, finished, "patients-invited/")
        for path in ("report/", "report/attendance/"):
            look_at(page, desk, batch, path)
        response = page.goto(f"{desk.served}/reports/")
        assert response is not None
        look_over(page, response.text())


def test_an_open_table_stays_open_and_a_reminder_is_sent_once(
    desk: Desk,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = under_way(desk, patients=8)
    declined = Invitation.objects.get(campaign=batch, state=InvitationState.DECLINED)
    make_message(declined, step=9, state=MessageState.DUE)  # so that the page follows quickly
    with desk.browser() as page:
        page.goto(f"{desk.served}/batches/{batch.id}/progress/")
        page.get_by_text("in numbers").click()
        expect(page.get_by_role("columnheader", name="Declined")).to_be_visible()
        with page.expect_response("**/progress/"):
            pass
        expect(page.get_by_role("columnheader", name="Declined")).to_be_visible()
        page.get_by_role("button", name="Send a reminder to those who have not answered").click()
        button(page, "Send reminder to 3 patients").click()
        expect(page.get_by_text("The reminders are on their way.")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", name="A reminder is on its way")).to_be_visible()
    reminder = batch.reminders.get()
    monkeypatch.setattr(record_reading, "read", as_listed)
    reminder_writing.write(reminder.id)
    assert Message.objects.of_batch(batch.id).filter(purpose="reminder").count() == 3
