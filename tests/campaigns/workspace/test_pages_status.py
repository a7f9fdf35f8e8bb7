"""A sent batch on its page and on the home page: waiting, going, spread over days, stopped, finished; and undone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from pytest_django.fixtures import Settings

from campaigns.drafts import services
from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from campaigns.sending import control, issuing
from integrations.messaging.channels import IN_THE_APP, Channel
from integrations.messaging.registry import NHS_NOTIFY
from integrations.models.outbox import Message, Stoppage
from integrations.models.states import MessageState
from practices.models import AuditEvent, Practice
from tests.campaigns.wizard import Wizard, goes_to
from tests.factories import make_campaign, make_invitation, make_message
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""A Tuesday in winter: the clocks in London show the same."""
NIGHT = datetime(2026, 11, 24, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def hours(settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL, settings.UNDO_SECONDS = 8, 20, 30


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def at_desk(clock: time_machine.Traveller, wizard: Wizard) -> Wizard:
    """A member of staff at noon."""
    return wizard


Send = Callable[..., Wizard]


@pytest.fixture
def send(at_desk: Wizard, practice: Practice) -> Send:
    """Makes a batch of six patients and presses Send."""

    def press(**fields: Any) -> Wizard:
        draft = make_campaign(practice, at_desk.staff, rows=6, **fields)
        services.start(campaign=draft, longest_name="", by=at_desk.staff)
        return at_desk.of(draft)

    return press


def come_back(wizard: Wizard, clock: time_machine.Traveller, at: datetime) -> None:
    """Log in at another time: a session does not last for hours."""
    clock.move_to(at, tick=False)
    wizard.client.force_login(wizard.staff)


def texts(batch: Campaign, state: str) -> None:
    """This became of all the batch's texts so far."""
    Message.objects.of_batch(batch.id).update(state=state)


def buttons(page: Page) -> set[str]:
    """What can be pressed on the page, but for what is on every page."""
    pressed = {text_of(e) for e in page.all("button")} - {"Log out", "Make a new draft like this batch"}
    return pressed | {text_of(e) for e in page.all("a") if text_of(e) == "Cancel this batch"}


def parts(page: Page) -> list[list[str]]:
    """The page's table of parts: when, how many, how they stand."""
    table_rows = []
    for row in page.rows:
        cells = [e for e in row.iter() if e.tag == "td"]
        for cell in cells:
            next(iter(cell)).text = ""
        table_rows.append([text_of(cell) for cell in cells][1:])
    return table_rows


def live(page: Page) -> str:
    element = page.by_id("progress")
    assert element is not None
    return element.get("data-live", "")


def home(wizard: Wizard) -> Page:
    return check_page(wizard.client.get(reverse("campaigns:home")))


def test_what_was_just_sent_can_be_undone(send: Send, clock: time_machine.Traveller) -> None:
    wizard = send()
    page = wizard.see("progress")
    assert "6 patients will get a text. Nothing has gone yet: you can still undo this." in page.text
    assert "Your texts go in 30 seconds." in page.text
    assert buttons(page) == {"Undo", "Cancel this batch"}
    assert live(page) == "2"
    clock.shift(timedelta(seconds=29))
    assert "Your texts go in 1 second." in wizard.see("progress").text
    clock.shift(timedelta(seconds=5))
    assert "Your texts are about to go." in wizard.see("progress").text
    assert goes_to(wizard.answer("undo"), wizard.address("summary"))
    page = wizard.see("summary")
    assert "Sending was undone before any message went." in page.text
    assert wizard.campaign.is_draft
    assert AuditEvent.objects.filter(action="campaign.undone", object_id=wizard.id).count() == 1


def test_undone_twice_is_undone_once_and_no_reproach(send: Send) -> None:
    wizard = send()
    wizard.answer("undo")
    assert goes_to(wizard.answer("undo"), wizard.address("batch"))
    assert "too late" not in wizard.see("summary").text
    assert AuditEvent.objects.filter(action="campaign.undone").count() == 1


@pytest.mark.parametrize("also", ["nothing", "cancelled"])
def test_too_late_to_undo(send: Send, clock: time_machine.Traveller, also: str) -> None:
    wizard = send()
    clock.shift(timedelta(seconds=31))
    issuing.issue(wizard.campaign.id)
    if also == "cancelled":
        control.cancel(campaign=wizard.campaign, by=wizard.staff)
    before = wizard.campaign.state
    assert goes_to(wizard.answer("undo"), wizard.address("batch"))
    page = wizard.see("progress")
    assert "It was too late to undo: the first messages were on their way." in page.text
    assert "Undo" not in buttons(page)
    assert wizard.campaign.state == before


def test_undo_is_never_a_link(send: Send) -> None:
    wizard = send()
    assert wizard.client.get(wizard.address("undo")).status_code == 405
    assert wizard.campaign.state == CampaignState.SCHEDULED


def test_a_batch_for_later_says_when_and_can_be_changed(send: Send, clock: time_machine.Traveller) -> None:
    wizard = send(send_at=NOON + timedelta(days=1, hours=-3))
    page = wizard.see("progress")
    assert "These texts go tomorrow at 9am." in page.text
    assert "you can still change everything." in page.text
    assert buttons(page) == {"Change this batch", "Cancel this batch"}
    assert live(page) == "15"
    assert "Wednesday 25 November 2026 at 9am" in home(wizard).text
    assert "Waiting to go" in home(wizard).text
    assert "You have not sent a batch yet" in home(wizard).text
    wizard.answer("undo")
    assert wizard.campaign.send_at is not None


def test_a_batch_for_a_far_day_names_it(send: Send) -> None:
    wizard = send(send_at=NOON + timedelta(days=6))
    assert "These texts go on Monday 30 November 2026 at midday." in wizard.see("progress").text


def test_a_batch_that_waits_can_be_cancelled_and_nothing_of_it_ever_goes(send: Send) -> None:
    wizard = send(send_at=NOON + timedelta(days=1))
    page = wizard.see("cancel")
    assert "no text has gone. None will be sent." in page.text
    assert "Withdraw these links too" not in page.text
    wizard.answer("cancel")
    page = wizard.see("progress")
    assert "Cancelled: 0 of 6 texts had gone." in page.text
    assert buttons(page) == set()
    issuing.issue(wizard.campaign.id)
    assert not Message.objects.exists()


def test_sent_at_night_it_waits_for_the_morning(at_desk: Wizard, send: Send, clock: time_machine.Traveller) -> None:
    come_back(at_desk, clock, NIGHT)
    wizard = send()
    assert "These texts wait until 8am tomorrow, so that nobody is woken up." in wizard.see("progress").text


def test_texts_that_have_not_gone_by_night_wait(send: Send, clock: time_machine.Traveller) -> None:
    wizard = send(send_at=NOON + timedelta(hours=7, minutes=59))
    come_back(wizard, clock, NOON + timedelta(hours=7, minutes=59))
    issuing.issue(wizard.campaign.id)
    assert "wait until" not in wizard.see("progress").text
    come_back(wizard, clock, NIGHT)
    page = wizard.see("progress")
    assert "Sending: 0 of 6 texts done." in page.text
    assert "Texts that have not gone wait until 8am tomorrow." in page.text
    assert live(page) == "15"
    assert buttons(page) == {"Pause this batch", "Cancel this batch"}


def test_a_batch_over_days_says_what_has_gone_and_what_goes_next(send: Send, clock: time_machine.Traveller) -> None:
    wizard = send(spread_days=3)
    days = [f"{day} November 2026 at midday" for day in ("Tuesday 24", "Wednesday 25", "Thursday 26")]
    assert parts(wizard.see("progress")) == [
        [day, "2", status] for day, status in zip(days, ("Next", "Later", "Later"), strict=True)
    ]
    clock.shift(timedelta(seconds=31))
    issuing.issue(wizard.campaign.id)
    page = wizard.see("progress")
    assert "Sending: 0 of 6 texts done." in page.text
    assert [row[2] for row in parts(page)] == ["Going now", "Next", "Later"]
    texts(wizard.campaign, MessageState.DELIVERED)
    page = wizard.see("progress")
    assert "1 of 3 parts gone. The next texts go tomorrow at midday." in page.text
    assert [row[2] for row in parts(page)] == ["Gone", "Next", "Later"]
    assert live(page) == "15"
    wizard.answer("pause")
    page = wizard.see("progress")
    assert "Paused: 2 of 6 texts gone. The others wait." in page.text
    assert [row[2] for row in parts(page)] == ["Gone", "Waits", "Later"]
    wizard.answer("cancel")
    assert [row[2] for row in parts(wizard.see("progress"))] == ["Gone", "Did not go", "Did not go"]


def test_the_last_part_has_gone(send: Send, clock: time_machine.Traveller) -> None:
    wizard = send(spread_days=2)
    for day in (0, 1):
        come_back(wizard, clock, NOON + timedelta(days=day, minutes=1))
        issuing.issue(wizard.campaign.id)
        texts(wizard.campaign, MessageState.DELIVERED)
    page = wizard.see("progress")
    assert "Sending is finished." in page.text
    assert [row[2] for row in parts(page)] == ["Gone", "Gone"]
    assert buttons(page) == {"Cancel this batch"}


@pytest.fixture
def in_the_app(send: Send, practice: Practice, clock: time_machine.Traveller) -> Wizard:
    """A batch of six invitations, one read in the NHS App and five unread there; the first text is for after seven."""
    wizard = send()
    clock.shift(timedelta(seconds=31))
    issuing.issue(wizard.campaign.id)
    rows = list(Message.objects.of_batch(wizard.campaign.id))
    for number, row in enumerate(rows):
        row.state, row.way, row.in_app_at = MessageState.IN_APP, Channel.APP, NOON
        row.due_at = NOON + timedelta(hours=7, minutes=30 * number)
    rows[0].state, rows[0].due_at, rows[0].reached_by = MessageState.DELIVERED, None, IN_THE_APP
    Message.objects.bulk_update(rows, ["state", "way", "in_app_at", "due_at", "reached_by"])
    return wizard


FIVE_UNREAD = "5 messages in the NHS App have not been read yet."


def test_sending_is_not_finished_while_texts_may_follow(in_the_app: Wizard) -> None:
    page = in_the_app.see("progress")
    follow = "Patients who still have not read theirs get a text. The first goes today at 7:30pm."
    assert f"Every invitation has gone. {FIVE_UNREAD} {follow}" in page.text
    assert "Sending is finished" not in page.text
    assert buttons(page) >= {"Pause this batch", "Cancel this batch"}
    assert live(page) == "15"
    assert "Sending" in home(in_the_app).text


def test_texts_that_would_follow_at_night_follow_in_the_morning(
    in_the_app: Wizard, clock: time_machine.Traveller
) -> None:
    Message.objects.filter(state=MessageState.IN_APP).update(due_at=NOON + timedelta(hours=8))
    assert "The first goes tomorrow at 8am." in in_the_app.see("progress").text
    Campaign.objects.filter(id=in_the_app.campaign.id).update(any_hour=True)
    assert "The first goes today at 8pm." in in_the_app.see("progress").text
    # What is due, and only waits for the sweep.
    come_back(in_the_app, clock, NOON + timedelta(hours=9))
    assert "The first goes today at 9pm." in in_the_app.see("progress").text


def test_no_texts_follow_while_a_batch_is_paused_or_the_account_stopped(in_the_app: Wizard, practice: Practice) -> None:
    in_the_app.answer("pause")
    sentence = f"Paused: 6 of 6 invitations gone. {FIVE_UNREAD} No texts follow until you resume this batch."
    page = in_the_app.see("progress")
    assert sentence in page.text
    assert "Resume this batch" in buttons(page)
    in_the_app.answer("resume")
    Stoppage.objects.create(practice=practice, reason="The account has run out of money.", retry_at=NOON)
    page = in_the_app.see("progress")
    assert FIVE_UNREAD in page.text
    assert "The first goes" not in page.text
    assert "Texts have stopped" in page.text


def test_a_finished_batch(at_desk: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, at_desk.staff, started=True, state=CampaignState.FINISHED, rows=0)
    make_message(make_invitation(batch), state=MessageState.DELIVERED)
    page = at_desk.of(batch).see("progress")
    assert "Sending is finished. Every patient has answered, or their link no longer works." in page.text
    assert buttons(page) == set()
    assert "Finished" in home(at_desk).text
    assert goes_to(at_desk.client.get(at_desk.address("cancel")), at_desk.address("progress"))


def test_a_stopped_account_with_nhs_notify_is_told_from_texts(send: Send, practice: Practice) -> None:
    reason = "NHS Notify does not let this practice send."
    Stoppage.objects.create(practice=practice, service=NHS_NOTIFY, reason=reason, retry_at=NOON)
    text = home(send()).text
    assert f"Messages by NHS Notify have stopped {reason} No message is lost: they all wait." in text
    assert "Texts have stopped" not in text
    assert "Texts that answer patients go as ever." in text
    Stoppage.objects.create(practice=practice, reason="The account has run out of money.", retry_at=NOON)
    page = home(send())
    assert f"Messages by NHS Notify have stopped {reason} No message is lost" in page.text
    assert "Texts have stopped The account has run out of money. No text is lost" in page.text
    assert "Texts that answer patients go as ever." not in page.text


def test_a_stopped_account_is_said_once_and_clearly(
    send: Send, practice: Practice, clock: time_machine.Traveller
) -> None:
    assert "Texts have stopped" not in home(send()).text
    Stoppage.objects.create(practice=practice, reason="The account has run out of money.", retry_at=NOON)
    wizard = send()
    clock.shift(timedelta(seconds=31))
    issuing.issue(wizard.campaign.id)
    finished = make_campaign(practice, wizard.staff, started=True, rows=0)
    make_message(make_invitation(finished), state=MessageState.DELIVERED)
    sentence = "Texts have stopped The account has run out of money. No text is lost: they all wait."
    assert home(wizard).text.count(sentence) == 1
    assert sentence in wizard.see("progress").text
    assert "Stopped: 0 of 6 texts done. The others wait." in wizard.see("progress").text
    assert "Stopped" in home(wizard).text
    assert sentence not in wizard.of(finished).see("progress").text


def test_texts_of_a_batch_in_every_state_have_a_page(at_desk: Wizard, practice: Practice) -> None:
    for state in CampaignState.values:
        if state in (CampaignState.DRAFT, CampaignState.AWAITING):
            continue
        batch = make_campaign(practice, at_desk.staff, started=True, state=state, starts_at=NOON)
        at_desk.of(batch).see("progress")
    home(at_desk)
