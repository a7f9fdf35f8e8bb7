"""Choosing to invite as appointments last, and what the summary says of it. Three slots are free for flu."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, Wave
from campaigns.models.states import CampaignState
from core.sociable_hours import LONDON
from practices.models import Practice
from tests.campaigns.wizard import Wizard, errors, goes_to
from tests.factories import make_campaign
from tests.html import Page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hours(settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL, settings.UNDO_SECONDS = 8, 20, 0


@pytest.fixture
def drafting(wizard: Wizard, connected: Practice) -> Wizard:
    """A batch of seven patients, and three free slots."""
    return wizard.of(make_campaign(connected, wizard.staff, rows=7))


def answer(**more: Any) -> dict[str, Any]:
    chosen = {"when": "now", "pace": "paced", "invite_order": "oldest", "care": "careful", "pace_days": [0, 1, 2, 3, 4]}
    return {**chosen, "pace_from": 9, "pace_until": 17, "spread_days": 1, **more}


def stored(wizard: Wizard) -> Campaign:
    assert wizard.campaign is not None
    return Campaign.objects.get(id=wizard.campaign.id)


def ticked(page: Page) -> set[str]:
    return {e.get("value", "") for e in page.all("input") if "checked" in e.attrib}


def test_with_more_patients_than_slots_it_is_the_default(drafting: Wizard) -> None:
    page = drafting.see("when")
    assert "You are inviting 7 patients. 3 appointments are free now." in page.text
    assert {"paced", "balanced", "list", "0", "4"} <= ticked(page)
    assert "Of 100 patients who try to book, about 2 may find no appointment." in page.text
    summary = drafting.see("summary")
    assert "As appointments last: a few patients at a time" in summary.text
    assert "More invitations than slots" not in summary.text
    assert "Most likely " in summary.text
    assert "Patients invited" in summary.text
    assert "Up to 7 patients will get a text" in summary.text
    assert [e.get("value") for e in summary.all("input") if e.get("name") == "paced"] == ["yes"]


def test_send_keeps_what_the_summary_showed(drafting: Wizard) -> None:
    assert goes_to(drafting.answer("summary", seen=7, paced="yes"), drafting.address("progress"))
    batch = stored(drafting)
    assert (batch.paced, batch.state, Wave.objects.count()) == (True, CampaignState.SCHEDULED, 0)
    assert batch.next_decision_at == batch.starts_at


def test_everything_can_be_chosen(drafting: Wizard) -> None:
    response = drafting.answer("when", **answer(most_a_day=5, pace_days=[1, 3]))
    assert goes_to(response, drafting.address("summary"))
    batch = stored(drafting)
    assert (batch.paced, batch.invite_order, batch.care, batch.most_a_day) == (True, "oldest", "careful", 5)
    assert (batch.pace_days, batch.pace_from, batch.pace_until) == ([1, 3], 9, 17)
    summary = drafting.see("summary")
    assert "The oldest first" in summary.text
    assert "Tuesday and Thursday, 9am to 5pm" in summary.text
    assert "Up to 5 patients a day" in summary.text
    assert {"paced", "careful", "oldest", "1", "3"} <= ticked(drafting.see("when"))


def test_inviting_everyone_keeps_the_days_to_spread_over(drafting: Wizard) -> None:
    assert goes_to(drafting.answer("when", when="now", pace="everyone", spread_days=3), drafting.address("summary"))
    batch = stored(drafting)
    assert (batch.paced, batch.spread_days) == (False, 3)
    assert "More invitations than slots" in drafting.see("summary").text
    drafting.answer("summary", seen=7, paced="yes")  # a page from before the choice
    assert stored(drafting).paced is False


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"most_a_day": "0"}, "Enter 1 or more, or leave it empty"),
        ({"most_a_day": "lots"}, "Enter a whole number of patients, such as 50"),
        ({"pace_days": []}, "Choose at least one day"),
        ({"pace_from": 12, "pace_until": 12}, "Choose a later hour than the one to begin at"),
        ({"care": "reckless"}, "Choose how careful we should be"),
        ({"invite_order": "column"}, "Choose who is invited first"),
        ({"pace": ""}, "Choose who should be invited"),
    ],
)
def test_what_is_wrong_is_said(drafting: Wizard, wrong: dict[str, Any], message: str) -> None:
    assert message in errors(drafting.answer("when", **answer(**wrong)))
    assert stored(drafting).paced is None


def test_what_is_hidden_behind_the_other_answer_does_not_matter(drafting: Wizard) -> None:
    hidden = answer(pace="everyone", most_a_day="lots", pace_days=[], spread_days=1)
    assert goes_to(drafting.answer("when", **hidden), drafting.address("summary"))
    assert stored(drafting).paced is False


def test_with_enough_slots_or_none_known_nothing_is_asked(
    wizard: Wizard, connected: Practice, practice: Practice
) -> None:
    enough = wizard.of(make_campaign(connected, wizard.staff, rows=2))
    assert "Invite as appointments last" not in enough.see("when").text
    assert "As appointments last" not in enough.see("summary").text
    enough.answer("summary", seen=2)
    assert stored(enough).paced is False


def test_a_column_of_the_list_says_who_is_first(wizard: Wizard, connected: Practice) -> None:
    draft = make_campaign(connected, wizard.staff, rows=7)
    assert draft.patient_list is not None
    draft.patient_list.columns = [{"column": "priority", "key": "priority", "header": "Priority", "position": 4}]
    draft.patient_list.save()
    drafting = wizard.of(draft)
    assert "By the priority in your list" in drafting.see("when").text
    assert goes_to(drafting.answer("when", **answer(invite_order="column")), drafting.address("summary"))


def test_it_begins_on_a_day_and_at_an_hour_that_staff_chose(drafting: Wizard) -> None:
    saturday = datetime(2026, 11, 28, 10, 0, tzinfo=LONDON)
    with time_machine.travel(saturday, tick=False):
        drafting.client.force_login(drafting.staff)
        drafting.answer("when", **answer())
        assert "Monday 30 November 2026 at 9am" in drafting.see("summary").text
        drafting.answer("summary", seen=7, paced="yes")
        starts_at = stored(drafting).next_decision_at
    assert starts_at is not None
    assert timezone.localtime(starts_at).isoformat() == "2026-11-30T09:00:00+00:00"
