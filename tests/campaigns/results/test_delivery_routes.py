"""By which way a batch's invitations reached its patients: in numbers that add up, and lists that agree with them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.staff.batch import recipients
from campaigns.models import Campaign
from campaigns.results.delivery_routes import OWN_DELIVERIES, Delivery, reached
from campaigns.results.funnel import funnel
from integrations.messaging.channels import Channel
from integrations.models import ChannelConnection, Routing
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from patients.models import Verdict
from practices.models import Practice
from tests.campaigns.results.test_channel_forecast import by_notify, figures
from tests.campaigns.wizard import Wizard
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_recipient
from tests.html import text_of

pytestmark = pytest.mark.django_db

_M = MessageState
NOW = timezone.now()
BEFORE = NOW - timedelta(hours=1)
Fields = dict[str, Any]


@pytest.fixture
def batch(wizard: Wizard, practice: Practice) -> Campaign:
    return make_campaign(practice, wizard.staff, started=True, rows=0)


def send(batch: Campaign, **fields: Any) -> Message:
    assert batch.patient_list is not None
    return make_message(make_invitation(batch, make_recipient(batch.patient_list)), **{"due_at": None} | fields)


IN_APP: Fields = {"state": _M.IN_APP, "way": Channel.APP, "in_app_at": BEFORE}
READ: Fields = {
    "state": _M.DELIVERED,
    "way": Channel.APP,
    "in_app_at": BEFORE,
    "sent_at": BEFORE,
    "reached_by": "nhsapp",
}
OVER: Fields = {"in_app_at": BEFORE, "app_over": NOW, "sent_at": NOW}

CASES: Sequence[tuple[Delivery, Fields]] = [
    (Delivery.READ, READ),
    (Delivery.READ, READ | {"way": Channel.TEXT, "app_over": NOW}),  # while its text was being tried again
    (Delivery.IN_APP, IN_APP),
    (Delivery.IN_APP, IN_APP | {"state": _M.NO_NEWS, "sent_at": BEFORE}),  # left there: the batch was cancelled
    (Delivery.IN_APP, IN_APP | {"state": _M.NO_NEWS, "sent_at": BEFORE, "way": Channel.TEXT, "app_over": NOW}),
    (Delivery.READ, {"state": _M.DELIVERED, "way": Channel.NOTIFY, "reached_by": "nhsapp", "sent_at": NOW}),
    (Delivery.THEIRS, {"state": _M.DELIVERED, "way": Channel.NOTIFY, "reached_by": "sms", "sent_at": NOW}),
    (Delivery.OTHER, {"state": _M.DELIVERED, "way": Channel.NOTIFY, "reached_by": "letter", "sent_at": NOW}),
    (Delivery.WITH_NOTIFY, {"state": _M.ACCEPTED, "way": Channel.NOTIFY}),
    (Delivery.WITH_NOTIFY, {"state": _M.NO_NEWS, "way": Channel.NOTIFY, "sent_at": NOW}),
    (Delivery.OURS, OVER | {"state": _M.DELIVERED}),
    (Delivery.OURS, OVER | {"state": _M.NO_NEWS}),
    (Delivery.OURS, {"state": _M.ACCEPTED, "app_over": NOW}),
    (Delivery.OURS, {"state": _M.SENT, "sent_at": NOW}),
    (Delivery.NOT_REACHED, {"state": _M.FAILED, "way": Channel.APP}),
    (Delivery.NOT_REACHED, {"state": _M.CHECK}),
    (Delivery.WITHDRAWN, {"state": _M.WITHDRAWN}),
    (Delivery.ON_THE_WAY, {"state": _M.DUE, "in_app_at": BEFORE, "app_over": NOW, "way": Channel.APP}),
    (Delivery.ON_THE_WAY, {"state": _M.STARTED, "way": Channel.NOTIFY}),
    (Delivery.ON_THE_WAY, {"state": _M.UNKNOWN, "way": Channel.APP}),
]


@pytest.mark.parametrize(("place", "fields"), CASES)
def test_each_invitation_is_in_its_place(batch: Campaign, place: Delivery, fields: Fields) -> None:
    send(batch, **fields)
    assert reached(batch).deliveries == {place: 1}


@pytest.mark.parametrize("way", Channel)
@pytest.mark.parametrize("state", MessageState)
def test_no_state_is_without_a_place(batch: Campaign, state: MessageState, way: Channel) -> None:
    send(batch, state=state, way=way, in_app_at=BEFORE if state == _M.IN_APP else None)
    assert reached(batch).all == 1


def of_every_place(batch: Campaign) -> None:
    for _, fields in CASES:
        message = send(batch, **fields)
        Message.objects.create(
            practice=batch.practice,
            campaign_id=batch.id,
            subject_id=message.subject_id,
            purpose=Purpose.REMINDER,
            to=message.to,
            body="",
            state=_M.SENT,
        )
    assert batch.patient_list is not None
    make_recipient(batch.patient_list)
    make_recipient(batch.patient_list, verdict=Verdict.CANNOT, reasons=["mobile_missing"], mobile="")


def test_the_numbers_add_up_and_are_of_one_s_own_batch(wizard: Wizard, batch: Campaign) -> None:
    of_every_place(batch)
    of_every_place(make_campaign(batch.practice, batch.created_by, started=True, rows=0))
    of_every_place(make_campaign(make_practice(), started=True, rows=0))
    result = reached(batch)
    assert set(result.deliveries) == set(Delivery)
    assert result.all == funnel(batch).invitations == len(CASES)


def test_each_bar_leads_to_just_these_patients(wizard: Wizard, batch: Campaign) -> None:
    of_every_place(batch)
    page = wizard.of(batch).see("progress")
    assert "How the invitation reached patients" in page.text
    shown = figures(page)
    for place, count in reached(batch).deliveries.items():
        assert shown[place.label] == str(count)
        (link,) = [item for item in page.all("a") if text_of(item) == place.label]
        assert link.get("href") == reverse("staff:recipients", args=[batch.id]) + f"?show={place.value}"
        assert recipients.chosen(batch, place.value).count() == count
    choices = {item.value: item.count for item in recipients.choices(batch, funnel(batch))}
    assert {place: choices[place.value] for place in reached(batch).deliveries} == reached(batch).deliveries
    for place in OWN_DELIVERIES:
        response = wizard.client.get(reverse("staff:recipients", args=[batch.id]), {"show": place.value})
        assert place.label in response.content.decode()


def test_a_list_holds_those_that_are_there(batch: Campaign) -> None:
    read, unread = send(batch, **READ), send(batch, **IN_APP)
    for place, message in ((Delivery.READ, read), (Delivery.IN_APP, unread)):
        (row,) = recipients.chosen(batch, place.value)
        assert row.mobile == message.to


def test_a_batch_of_texts_only_is_as_it_was(wizard: Wizard, batch: Campaign) -> None:
    send(batch, state=_M.DELIVERED, sent_at=NOW)
    assert not reached(batch).by_notify
    page = wizard.of(batch).see("progress")
    assert "How the invitation reached patients" not in page.text
    assert {"Text sent", "Text delivered"} <= set(figures(page))
    assert [choice.value for choice in recipients.choices(batch, funnel(batch)) if choice.value in OWN_DELIVERIES] == []


@pytest.mark.parametrize(
    "fields", [IN_APP, OVER | {"state": _M.SENT}, {"state": _M.SENT, "app_over": NOW}, {"way": Channel.NOTIFY}]
)
def test_what_notify_was_asked_to_bring_is_an_invitation(wizard: Wizard, batch: Campaign, fields: Fields) -> None:
    send(batch, **fields)
    assert reached(batch).by_notify
    page = wizard.of(batch).see("progress")
    assert {"Invitation sent", "Invitation delivered"} <= set(figures(page))
    assert "Text sent" not in page.text
    labels = {choice.words for choice in recipients.choices(batch, funnel(batch), "sent")}
    assert "Invitation sent" in labels


def test_before_anything_has_gone_it_is_as_it_would_go(wizard: Wizard, batch: Campaign) -> None:
    send(batch, state=_M.DUE)
    assert "Text sent" in figures(wizard.of(batch).see("progress"))
    by_notify(batch.practice, Routing.APP_THEN_OURS)
    page = wizard.see("progress")
    assert "Invitation sent" in figures(page)
    assert "Sending: 0 of 1 invitation done." in page.text
    assert "no invitation has gone" in wizard.see("cancel").text


def paid(batch: Campaign, fragments: int, **fields: Any) -> None:
    values = {"state": _M.SENT, "sent_at": NOW, "provider_id": uuid4().hex, "fragments": fragments}
    send(batch, **values | fields)


def test_what_its_own_texts_have_cost_so_far(wizard: Wizard, batch: Campaign) -> None:
    ChannelConnection.objects.create(practice=batch.practice, account_sid="AC1", auth_token="x", sender="x")
    paid(batch, 30)
    paid(batch, 2, state=_M.FAILED)
    paid(batch, 2, purpose=Purpose.REMINDER, step=1)
    paid(batch, 5, way=Channel.NOTIFY, provider_id="N1")
    paid(batch, 5, **IN_APP)
    paid(batch, 5, state=_M.FAILED, provider_id=None)
    paid(batch, 5, state=_M.DUE, provider_id=None)
    paid(make_campaign(batch.practice, batch.created_by, started=True), 7)
    assert reached(batch).spent == ""
    assert "Your texts so far" not in wizard.of(batch).see("progress").text
    ChannelConnection.objects.update(fragment_price=Decimal("3"))
    assert reached(batch).spent == "Your texts so far: 34 fragments, £1.02."
    assert "Your texts so far: 34 fragments, £1.02." in wizard.see("progress").text


def test_many_patients_take_as_many_queries_as_one(batch: Campaign) -> None:
    ChannelConnection.objects.create(
        practice=batch.practice, account_sid="AC1", auth_token="x", sender="x", fragment_price=3
    )
    paid(batch, 1, **OVER)
    with CaptureQueriesContext(connection) as few:
        reached(batch)
    of_every_place(batch)
    with CaptureQueriesContext(connection) as many:
        reached(batch)
    assert len(few) == len(many) == 2


def test_another_practice_sees_none_of_it(wizard: Wizard, batch: Campaign) -> None:
    others = make_campaign(make_practice(), started=True, rows=0)
    of_every_place(others)
    assert reached(batch).all == 0
    assert wizard.client.get(reverse("campaigns:progress", args=[others.id])).status_code == 404
    for place in OWN_DELIVERIES:
        assert not recipients.chosen(batch, place.value).exists()
