"""The page on when the texts go, and what the summary says of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from campaigns.drafts import services
from campaigns.models.states import CampaignState
from campaigns.sending import control
from integrations.models import ChannelConnection, Stoppage
from practices.models import Practice
from tests.campaigns.lists import list_of
from tests.campaigns.wizard import Wizard, back, errors, goes_to
from tests.factories import make_campaign, make_recipient
from tests.html import Page, text_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
"""A Tuesday, in winter: the clocks in London show the same."""


@pytest.fixture(autouse=True)
def hours(settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL, settings.UNDO_SECONDS = 8, 20, 30


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def drafting(clock: time_machine.Traveller, wizard: Wizard, practice: Practice) -> Wizard:
    """A batch of seven patients at its summary; the practice's clinical system does not answer."""
    return wizard.of(make_campaign(practice, wizard.staff, rows=7))


def later(day: str = "25", month: str = "11", year: str = "2026", at: str = "9am", **more: Any) -> dict[str, Any]:
    return {"when": "later", "day_day": day, "day_month": month, "day_year": year, "time": at, "spread_days": 1, **more}


def come_back(drafting: Wizard, clock: time_machine.Traveller, at: datetime) -> None:
    """Log in at another time: a session does not last for hours."""
    clock.move_to(at, tick=False)
    drafting.client.force_login(drafting.staff)


def chosen(page: Page) -> dict[str, str]:
    """What the page's boxes hold and its choices are."""
    boxes = {e.get("name", ""): e.get("value", "") for e in page.all("input") if e.get("type") == "text"}
    ticked = {e.get("name", ""): e.get("value", "") for e in page.all("input") if "checked" in e.attrib}
    (days,) = [e.get("value", "") for e in page.all("option") if "selected" in e.attrib]
    return {**boxes, **ticked, "spread_days": days}


def bars(page: Page) -> dict[str, str]:
    """The figures of the page's drawings by their words."""
    drawn = [e for chart in page.with_class("app-bars") for e in chart.iter() if isinstance(e.tag, str)]
    return dict(
        zip(
            [text_of(e) for e in drawn if e.tag == "dt"],
            [text_of(e) for e in drawn if e.tag == "dd"],
            strict=True,
        )
    )


def test_a_batch_goes_as_soon_as_send_is_pressed_unless_staff_say_otherwise(drafting: Wizard) -> None:
    summary = drafting.see("summary")
    assert "As soon as you press Send" in summary.text
    assert "First texts Tuesday 24 November 2026 at 12:30pm, if you press Send now" in summary.text
    assert "Last texts Soon after the first ones" in summary.text
    assert "You have 30 seconds to undo it." in summary.text
    assert drafting.address("when") in [link.get("href") for link in summary.all("a")]
    page = drafting.see("when")
    assert back(page) == drafting.address("summary")
    assert chosen(page) == {
        "day_day": "",
        "day_month": "",
        "day_year": "",
        "time": "",
        "when": "now",
        "spread_days": "1",
    }
    assert "For example, 25 11 2026" in page.text


def test_a_day_and_a_time(drafting: Wizard) -> None:
    assert goes_to(drafting.answer("when", **later(at="9.30")), drafting.address("summary"))
    assert drafting.campaign.send_at == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    assert drafting.campaign.is_draft
    assert "First texts Wednesday 25 November 2026 at 9:30am" in drafting.see("summary").text
    assert chosen(drafting.see("when")) == {
        "day_day": "25",
        "day_month": "11",
        "day_year": "2026",
        "time": "9:30am",
        "when": "later",
        "spread_days": "1",
    }


def test_changing_ones_mind(drafting: Wizard) -> None:
    drafting.answer("when", **later(spread_days=3, any_hour="on"))
    assert drafting.campaign.any_hour
    # What is left in the boxes behind the other answer counts for nothing.
    drafting.answer("when", **later(day="no", at="never") | {"when": "now"})
    batch = drafting.campaign
    assert (batch.send_at, batch.spread_days, batch.any_hour) == (None, 1, False)


@pytest.mark.parametrize(
    ("answers", "error", "field"),
    [
        ({"spread_days": 1}, "Choose when the texts should go", "id_when"),
        (later("", "", ""), "Enter the date to send on", "id_day-day"),
        (later(at=""), "Enter the time to send at", "id_time"),
        (later(at="teatime"), "Enter a time, such as 9am, 9:30am or 14:00", "id_time"),
        (later("23"), "The date must be today or later", "id_day-day"),
        (later("24", at="9am"), "It is 12:30pm now: choose a later time", "id_time"),
        (later("23", "12"), "The date must be Monday 21 December 2026 or earlier", "id_day-day"),
        (later(at="8pm"), "Choose a time between 8am and 8pm, or tick “Send at any hour”", "id_time"),
        (later(at="02:00"), "Choose a time between 8am and 8pm", "id_time"),
        (later("28", "3", "2027", "01:30"), "There is no 1:30am on Sunday 28 March 2027", "id_time"),
        (later("25", "10", "2026", "01:30"), "1:30am on Sunday 25 October 2026 comes twice", "id_time"),
        (later() | {"spread_days": 15}, "Choose a number of days from the list", "id_spread_days"),
        (later() | {"spread_days": "many"}, "Choose a number of days from the list", "id_spread_days"),
    ],
)
def test_each_fault_is_said_beside_what_is_wrong(
    drafting: Wizard, answers: dict[str, Any], error: str, field: str
) -> None:
    response = drafting.answer("when", **answers)
    assert error in errors(response)
    assert f'href="#{field}"' in response.content.decode()
    assert drafting.campaign.send_at is None


def test_the_last_minute_that_is_near_enough(drafting: Wizard) -> None:
    assert goes_to(drafting.answer("when", **later("22", "12", at="12:30pm")), drafting.address("summary"))
    assert "or earlier" in errors(drafting.answer("when", **later("22", "12", at="12:31pm")))


def test_any_hour_lets_texts_go_at_night(drafting: Wizard) -> None:
    drafting.answer("when", **later(at="10pm", any_hour="on"))
    assert drafting.campaign.send_at == datetime(2026, 11, 25, 22, tzinfo=UTC)
    assert "At any hour, also at night" in drafting.see("summary").text


def test_where_texts_go_at_every_hour_nobody_is_asked(drafting: Wizard, settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 0, 24
    assert "Send at any hour" not in drafting.see("when").text
    assert goes_to(drafting.answer("when", **later(at="11pm")), drafting.address("summary"))


def test_texts_that_would_go_at_night_wait_and_staff_are_told(drafting: Wizard, clock: time_machine.Traveller) -> None:
    come_back(drafting, clock, datetime(2026, 11, 24, 21, tzinfo=UTC))
    page = drafting.see("summary")
    assert "The messages will wait until 8am tomorrow, so that nobody is woken up." in page.text
    assert "First texts Wednesday 25 November 2026 at 8am" in page.text
    drafting.answer("when", when="now", spread_days=1, any_hour="on")
    assert "will wait" not in drafting.see("summary").text


def test_a_batch_late_in_the_day_may_not_get_through(drafting: Wizard, clock: time_machine.Traveller) -> None:
    come_back(drafting, clock, datetime(2026, 11, 24, 19, 30, tzinfo=UTC))
    assert "Texts that have not gone by 8pm will wait until 8am tomorrow." in drafting.see("summary").text


def test_a_batch_is_spread_over_days(drafting: Wizard) -> None:
    page = drafting.see("when")
    assert [text_of(option) for option in page.all("option")] == [
        "1 day: all 7 patients",
        "2 days: about 4 patients a day",
        "3 days: about 2 patients a day",
        "4 days: about 2 patients a day",
        "5 days: about 1 patient a day",
        "6 days: about 1 patient a day",
        "7 days: 1 patient a day",
    ]
    drafting.answer("when", **later("27", spread_days=3))
    page = drafting.see("summary")
    assert "spread over 3 days" in page.text
    assert "First texts Friday 27 November 2026 at 9am" in page.text
    assert "Last texts Sunday 29 November 2026 at 9am" in page.text
    assert bars(page) == {
        "Friday 27 November 2026 at 9am": "3",
        "Saturday 28 November 2026 at 9am": "2",
        "Sunday 29 November 2026 at 9am": "2",
    }


def test_a_time_that_has_passed_since_is_said_on_send(drafting: Wizard, clock: time_machine.Traveller) -> None:
    drafting.answer("when", **later())
    come_back(drafting, clock, datetime(2026, 11, 25, 9, 1, tzinfo=UTC))
    error = "The time that you chose has passed. Choose another time to send."
    assert error in drafting.see("summary").text
    assert error in errors(drafting.answer("summary"))
    assert drafting.campaign.is_draft
    drafting.see("when")
    assert goes_to(drafting.answer("when", when="now", spread_days=1), drafting.address("summary"))
    assert goes_to(drafting.answer("summary"), drafting.address("progress"))


def test_a_batch_that_was_sent_meanwhile_keeps_its_time(drafting: Wizard) -> None:
    services.start(campaign=drafting.campaign, longest_name="", by=drafting.staff)
    assert goes_to(drafting.answer("when", **later()), drafting.address("progress"))
    assert drafting.campaign.send_at is None


def test_the_page_opens_once_the_steps_before_the_summary_are_done(drafting: Wizard) -> None:
    batch = drafting.campaign
    batch.list_agreed = False
    batch.save()
    response = drafting.client.get(drafting.address("when"))
    assert goes_to(response, drafting.address("patients"))


def test_the_cost_is_exact_where_the_price_is_known(drafting: Wizard, practice: Practice) -> None:
    make_recipient(list_of(drafting), given_name="Bartholomew" * 9)
    assert "9 fragments in all, 2 fragments for the longest text" in drafting.see("summary").text
    assert "Price not set" in drafting.see("summary").text
    connection = ChannelConnection(practice=practice, account_sid="AC1", auth_token="x", sender="Surgery")
    connection.fragment_price = Decimal("4.15")
    connection.save()
    page = drafting.see("summary")
    assert "Cost £0.37" in page.text
    assert "Price not set" not in page.text


def test_the_summary_says_that_texts_have_stopped(drafting: Wizard, practice: Practice) -> None:
    Stoppage.objects.create(practice=practice, reason="The account has run out of money.", retry_at=NOON)
    page = drafting.see("summary")
    assert "Texts have stopped The account has run out of money. No text is lost" in page.text


def test_undone_on_one_page_and_sent_again_on_another(drafting: Wizard) -> None:
    drafting.answer("summary")
    assert drafting.campaign.state == CampaignState.SCHEDULED
    assert control.undo(campaign=drafting.campaign, by=drafting.staff)
    assert goes_to(drafting.answer("undo"), drafting.address("batch"))
    drafting.see("summary")
    assert goes_to(drafting.answer("summary"), drafting.address("progress"))
    assert drafting.campaign.state == CampaignState.SCHEDULED
    assert drafting.campaign.waves.count() == 1
