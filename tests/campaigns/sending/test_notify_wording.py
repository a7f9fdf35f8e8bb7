"""Staff read when NHS Notify's texts come: before they choose a time, before they send, and while none leave."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from campaigns.results.channel_forecast import HOURS
from campaigns.sending import notify_wording
from core.sociable_hours import LONDON
from integrations.messaging.channels import Channel
from integrations.models import NotifyConnection, Routing
from integrations.models.states import MessageState
from practices.models import Practice
from tests.campaigns.results.test_channel_forecast import by_notify
from tests.campaigns.wizard import Wizard
from tests.factories import make_campaign, make_invitation, make_message

pytestmark = pytest.mark.django_db

FRIDAY = datetime(2026, 12, 4, 15, tzinfo=LONDON)
SATURDAY = FRIDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def friday_afternoon(settings: Settings) -> Iterator[None]:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    with time_machine.travel(FRIDAY, tick=False):
        yield


@pytest.fixture
def at_summary(wizard: Wizard, connected: Practice) -> Wizard:
    by_notify(connected, Routing.APP_THEN_THEIRS)
    return wizard.of(make_campaign(connected, wizard.staff, rows=6))


def test_the_summary_says_when_the_texts_leave(at_summary: Wizard) -> None:
    text = at_summary.see("summary").text
    for sentence in (
        HOURS,
        "The first for patients without the app, or without its notifications, leave today at 3pm.",
        "The first for those who do not read theirs in the app leave on Monday 7 December 2026 at 8am.",
    ):
        assert sentence in text, sentence


def test_other_channels_say_nothing_of_it(at_summary: Wizard) -> None:
    for channel in (Routing.TEXTS, Routing.APP_THEN_OURS):
        NotifyConnection.objects.update(channel=channel)
        for step in ("summary", "when"):
            assert "bank holidays" not in at_summary.see(step).text


def test_the_time_is_chosen_with_the_hours_in_view(at_summary: Wizard) -> None:
    assert HOURS in at_summary.see("when").text


def test_the_last_part_may_wait_for_monday(at_summary: Wizard) -> None:
    sentences = notify_wording.of_plan(at_summary.campaign, [FRIDAY, SATURDAY])
    assert sentences[-1] == "Those of the last part wait: the first leave on Monday 7 December 2026 at 8am."


def test_links_that_end_before_the_texts_could_come(at_summary: Wizard) -> None:
    """Two days over a weekend: these patients get the practice's own text."""
    campaign = at_summary.campaign
    campaign.link_lifetime_days = 2
    campaign.save()
    text = at_summary.see("summary").text
    assert "For links that work for 2 days that may be too late, so these patients get a text from you at once" in text
    assert "do not read theirs" not in text
    sentences = notify_wording.of_plan(campaign, [FRIDAY - timedelta(hours=4), FRIDAY])
    assert "the patients of 1 part get a text from you at once" in sentences[-1]


def test_the_batch_s_page_says_when_they_leave_again(at_summary: Wizard) -> None:
    campaign = make_campaign(at_summary.campaign.practice, at_summary.staff, started=True, rows=0)
    message = make_message(make_invitation(campaign), way=Channel.NOTIFY, state=MessageState.ACCEPTED, due_at=None)
    page = at_summary.of(campaign)
    assert notify_wording.of_batch(campaign) == ""
    with time_machine.travel(SATURDAY, tick=False):
        sentence = f"{HOURS} The next ones leave on Monday 7 December 2026 at 8am."
        assert sentence == notify_wording.of_batch(campaign)
        page.client.force_login(page.staff)
        assert sentence in page.see("progress").text
        message.state = MessageState.DELIVERED
        message.save()
        assert notify_wording.of_batch(campaign) == ""
