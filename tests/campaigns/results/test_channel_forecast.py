"""The summary says who gets what, and for how much, as the practice's invitations go."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.messages import costs
from campaigns.models import Campaign, InvitationState
from campaigns.reminders import automatic
from campaigns.reminders import services as reminders
from campaigns.results import channel_forecast
from integrations import app_users
from integrations.models import AppUsers, ChannelConnection, NotifyConnection, Routing
from integrations.models.states import MessageState
from patients.lists.app_counts import AppCounts, app_counts, names_texted_at_once
from patients.models import PatientList, Recipient, Verdict
from practices.models import Practice, User
from tests.campaigns.wizard import Wizard
from tests.factories import (
    make_campaign,
    make_invitation,
    make_list,
    make_message,
    make_practice,
    make_recipient,
    make_staff,
)
from tests.html import Page, text_of

pytestmark = pytest.mark.django_db


def by_notify(practice: Practice, channel: Routing, **fields: Any) -> None:
    keys = dict.fromkeys(["api_key", "key_id", "private_key", "application_id"], "x")
    NotifyConnection.objects.create(practice=practice, channel=channel, **keys | fields)


def has_app(practice: Practice, notified: list[Recipient], untold: list[Recipient], **fields: Any) -> None:
    now = timezone.now()
    AppUsers.objects.create(
        practice=practice,
        told=[recipient.nhs_number for recipient in notified],
        untold=[recipient.nhs_number for recipient in untold],
        **{"asked_at": now, "read_at": now} | fields,
    )


@pytest.fixture
def at_summary(wizard: Wizard, connected: Practice) -> Wizard:
    return wizard.of(make_campaign(connected, wizard.staff, rows=6))


def rows_of(batch: Campaign) -> list[Recipient]:
    assert batch.patient_list is not None
    return list(batch.patient_list.recipients.can().order_by("row_number"))


def figures(page: Page) -> dict[str, str]:
    """The bars of the page, by their words."""
    return {
        text_of(name): text_of(value)
        for dl in page.with_class("app-bars")
        for name, value in zip(dl.iter("dt"), dl.iter("dd"), strict=True)
    }


def test_who_gets_what_in_the_app_with_our_texts_behind(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    by_notify(batch.practice, Routing.APP_THEN_OURS)
    rows = rows_of(batch)
    has_app(batch.practice, rows[:3], rows[3:4])
    page = at_summary.see("summary")
    for sentence in (
        "6 patients will get an invitation. 0 rows cannot be sent.",
        (
            "3 patients have the NHS App, with notifications: they get the invitation there. "
            "If they have not read it after 24 hours, they get a text from you."
        ),
        (
            "1 patient has the NHS App without notifications: they get the invitation there, "
            "and a text from you at once."
        ),
        "2 patients do not have the app: they get a text from you at once.",
        "Each patient gets one invitation.",
        "At most 6 fragments in all, 1 fragment for the longest text",
    ):
        assert sentence in page.text, sentence
    shown = figures(page)
    parts = ["NHS App, with notifications", "NHS App, without notifications", "No NHS App"]
    assert [shown[part] for part in parts] == ["3", "1", "2"]
    assert "will get a text" not in page.text
    assert "NHS holds" not in page.text
    assert "weekdays" not in page.text


def test_who_gets_what_where_nhs_notify_texts(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    by_notify(batch.practice, Routing.APP_THEN_THEIRS)
    ChannelConnection.objects.update(fragment_price=3)
    has_app(batch.practice, rows_of(batch)[:1], [])
    text = at_summary.see("summary").text
    for sentence in (
        (
            "1 patient has the NHS App, with notifications: they get the invitation there. "
            "If they have not read it after 4 hours, they get a text from NHS Notify."
        ),
        "5 patients do not have the app: they get a text from NHS Notify as soon as it texts.",
        channel_forecast.HOURS,
        channel_forecast.IN_TIME,
        channel_forecast.NHS_HOLDS,
        costs.THEIRS,
    ):
        assert sentence in text, sentence
    assert "for the longest text" not in text
    assert "£" not in text


def test_another_plan_s_hours_are_not_known(at_summary: Wizard) -> None:
    by_notify(at_summary.campaign.practice, Routing.APP_THEN_THEIRS, routing_plan=uuid4())
    assert "after the time that your routing plan sets" in at_summary.see("summary").text
    NotifyConnection.objects.update(routing_plan=UUID(int=6))
    assert "If they have not read it after 24 hours" in at_summary.see("summary").text


def test_with_texts_only_the_page_is_as_it_was(at_summary: Wizard) -> None:
    by_notify(at_summary.campaign.practice, Routing.TEXTS)
    page = at_summary.see("summary")
    assert "6 patients will get a text." in page.text
    assert "Each patient gets one text." in page.text
    assert "Who gets what" not in page.text
    assert not AppUsers.objects.exists()


@pytest.mark.parametrize("channel", [Routing.APP_THEN_OURS, Routing.APP_THEN_THEIRS])
def test_what_is_not_known_yet_is_asked(at_summary: Wizard, channel: Routing) -> None:
    by_notify(at_summary.campaign.practice, channel)
    for _ in range(2):
        text = at_summary.see("summary").text
        assert channel_forecast.ASKING in text
        assert "No NHS App" not in text
    AppUsers.objects.update(failed_at=timezone.now())
    text = at_summary.see("summary").text
    assert channel_forecast.APP_UNKNOWN in text
    assert channel_forecast.ASKING not in text


def test_an_old_list_is_shown_with_its_day(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    by_notify(batch.practice, Routing.APP_THEN_OURS)
    long_ago = timezone.now() - app_users.FRESH
    has_app(batch.practice, rows_of(batch), [], read_at=long_ago, asked_at=long_ago)
    text = at_summary.see("summary").text
    assert "By NHS Notify's list, as we read it on " in text
    assert "do not have the app" not in text
    assert channel_forecast.NO_NEWER not in text
    AppUsers.objects.update(failed_at=timezone.now())
    assert channel_forecast.NO_NEWER in at_summary.see("summary").text


def test_the_approver_sees_it_too(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    by_notify(batch.practice, Routing.APP_THEN_OURS)
    Practice.objects.filter(id=batch.practice_id).update(second_person_over=1)
    at_summary.answer("summary", seen="6")
    text = at_summary.see("approval").text
    assert "6 patients will get an invitation." in text
    assert channel_forecast.ASKING in text


def test_the_counts_are_of_those_who_can_be_sent_to_by_their_own_practice(practice: Practice, staff: User) -> None:
    patient_list = make_list(practice, staff, rows=3)
    rows = list(patient_list.recipients.can())
    cannot = make_recipient(patient_list, verdict=Verdict.CANNOT, reasons=["mobile_missing"], mobile="")
    has_app(practice, [rows[0], cannot], [rows[1]])
    elsewhere = make_practice()
    others = make_list(elsewhere, make_staff(elsewhere), rows=1)
    copied = make_recipient(others, nhs_number=rows[0].nhs_number)
    assert app_counts(patient_list) == AppCounts(1, 1, 1)
    assert app_counts(others) == AppCounts(0, 0, 2)
    has_app(others.practice, [], [copied])
    assert app_counts(patient_list) == AppCounts(1, 1, 1)
    assert app_counts(others) == AppCounts(0, 1, 1)
    assert app_counts(patient_list).texted_at_once == 2
    assert names_texted_at_once(patient_list) == {"Asha": 2}


def many(patient_list: PatientList, count: int) -> list[Recipient]:
    return [make_recipient(patient_list) for _ in range(count)]


def test_it_takes_as_many_queries_for_many_patients_as_for_one(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    by_notify(batch.practice, Routing.APP_THEN_OURS)
    has_app(batch.practice, rows_of(batch), [])
    at_summary.see("summary")
    with CaptureQueriesContext(connection) as few:
        at_summary.see("summary")
    assert batch.patient_list is not None
    more = many(batch.patient_list, 600)
    AppUsers.objects.update(untold=[item.nhs_number for item in more])
    with CaptureQueriesContext(connection) as lots:
        page = at_summary.see("summary")
    assert "600 patients have the NHS App without notifications" in page.text
    assert len(lots) == len(few)
    with CaptureQueriesContext(connection) as counted:
        app_counts(batch.patient_list)
    assert len([item for item in counted if "integrations_appusers" in item["sql"]]) == 1


def test_what_is_not_certain_is_said_at_most_and_at_least(at_summary: Wizard) -> None:
    batch = at_summary.campaign
    ChannelConnection.objects.update(fragment_price=Decimal("3"))
    assert costs.cost(batch).price == "£0.18"
    by_notify(batch.practice, Routing.APP_THEN_OURS)
    assert costs.cost(batch).price == "At most £0.18, if nobody reads it in the app."
    has_app(batch.practice, rows_of(batch)[:4], rows_of(batch)[4:5])
    price = (
        "At most £0.18, if nobody reads it in the app. "
        "At least £0.06, for patients without the app or its notifications."
    )
    assert costs.cost(batch).price == price
    assert price in at_summary.see("summary").text
    ChannelConnection.objects.update(fragment_price=None)
    assert costs.cost(batch).price == costs.NO_PRICE
    NotifyConnection.objects.update(channel=Routing.APP_THEN_THEIRS)
    assert (costs.cost(batch).fragments, costs.cost(batch).price) == (0, costs.THEIRS)


def test_large_prices_are_read_with_ease() -> None:
    assert costs.in_pounds(Decimal("1234.50")) == "£1,234.50"


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        (
            Routing.TEXTS,
            "At most 12 further texts, 12 fragments in all, for £0.36: only patients who have not answered get them.",
        ),
        (
            Routing.APP_THEN_OURS,
            (
                "At most 12 further messages, 12 fragments in all: only patients who have not answered get them. "
                "At most £0.36, if nobody reads it in the app."
            ),
        ),
        (
            Routing.APP_THEN_THEIRS,
            f"At most 12 further messages: only patients who have not answered get them. {costs.THEIRS}",
        ),
    ],
)
def test_the_forecast_of_reminders_is_as_certain(at_summary: Wizard, channel: Routing, sentence: str) -> None:
    batch = at_summary.campaign
    batch.reminder_days = [2, 4]
    batch.save()
    ChannelConnection.objects.update(fragment_price=3)
    by_notify(batch.practice, channel)
    forecast = automatic.forecast(batch, 6)
    assert forecast is not None
    assert forecast.most == sentence
    assert sentence in at_summary.see("summary").text


@pytest.mark.parametrize(
    ("channel", "texts", "price", "each"),
    [
        (Routing.TEXTS, "2 texts, 2 fragments in all", "£0.06", "one more text"),
        (
            Routing.APP_THEN_OURS,
            "At most 2 texts, 2 fragments in all",
            "At most £0.06, if nobody reads it in the app.",
            "one more message",
        ),
        (Routing.APP_THEN_THEIRS, "", costs.THEIRS, "one more message"),
    ],
)
def test_a_reminder_by_hand_is_as_certain(
    wizard: Wizard, connected: Practice, channel: Routing, texts: str, price: str, each: str
) -> None:
    then = timezone.now() - timedelta(days=3)
    batch = make_campaign(connected, wizard.staff, started=True, rows=0, started_at=then)
    for _ in range(2):
        invitation = make_invitation(batch, state=InvitationState.OPEN)
        make_message(invitation, state=MessageState.SENT, due_at=None, sent_at=then, created_at=then)
    ChannelConnection.objects.update(fragment_price=3)
    by_notify(connected, channel)
    plan = reminders.plan(batch)
    assert (plan.texts, plan.cost.price) == (texts, price)
    page = wizard.of(batch).see("remind")
    for phrase in (texts, price, each):
        assert phrase in page.text
    assert ("fragment" in page.text) == bool(texts)
    assert (channel_forecast.HOURS in page.text) == (channel == Routing.APP_THEN_THEIRS)
