"""The pages on inviting as appointments last, in a real browser: fit for use, also without JavaScript."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from campaigns.drafts import pacing
from campaigns.models import Campaign, PacingDecision
from campaigns.pacing.known import Reason
from tests.factories import make_campaign
from tests.pages.staff.test_sending import (
    Desk,
    button,
    heading,
)
from tests.pages.staff.test_sending import (
    desk as desk,
)
from tests.system.inspection import look_over

pytestmark = pytest.mark.system

COURSES = {"low": (4, 6, 9, 12), "middle": (6, 11, 16, 20), "high": (9, 16, 20, 20)}


def under_way(at: Desk) -> Campaign:
    """A batch of six patients of whom some were invited yesterday, with decisions of a few hours."""
    now = timezone.now()
    batch = make_campaign(at.practice, at.staff, rows=6, started=True, paced=True)
    Campaign.objects.filter(id=batch.id).update(next_decision_at=now + timedelta(hours=1))
    for hour, (free, booked, invitations) in enumerate([(20, 0, 0), (18, 2, 18), (17, 3, 17), (14, 6, 14)]):
        decide(batch, hour, free=free, booked=booked, open=invitations)
    return batch


def decide(batch: Campaign, hour: int, **counts: Any) -> PacingDecision:
    at = timezone.now() - timedelta(hours=8 - 2 * hour)
    course = {"uptake": 0.3, "invited": (40,) * 4, "days": 4, "reached": 60, "left_over": 0}
    return PacingDecision.objects.create(
        campaign=batch,
        at=at,
        slot=at.replace(minute=0, second=0, microsecond=0),
        left=6,
        waiting=0,
        declined=1,
        phoned=0,
        known={},
        number=0,
        reason=Reason.ENOUGH,
        will_book=5.2,
        uptake=0.3,
        uptake_low=0.2,
        uptake_high=0.5,
        sure=0.9,
        forecast={name: {**course, "booked": booked} for name, booked in COURSES.items()},
        **counts,
    )


def test_the_picture_and_its_numbers(desk: Desk) -> None:
    batch = under_way(desk)
    with desk.browser(scripts=False) as page:
        desk.open(page, batch, "progress")
        expect(page.get_by_role("heading", name="Inviting as appointments last")).to_be_visible()
        expect(page.locator(".app-pacing svg")).to_be_visible()
        look_over(page, page.content())
        page.get_by_role("button", name="Send to everyone left now").click()
        expect(heading(page)).to_have_text("Send to everyone left now?")
        look_over(page, page.content())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_choice_and_what_to_expect(desk: Desk, scripts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    days = {timezone.localdate() + timedelta(days=number): 1 for number in (3, 5)}
    monkeypatch.setattr(pacing, "free_by_day", lambda _campaign, _by: days)
    batch = desk.draft()
    with desk.browser(scripts=scripts) as page:
        desk.open(page, batch, "when")
        look_over(page, page.content())
        page.get_by_label("Careful").check()
        button(page, "Continue").click()
        expect(page.get_by_role("heading", name="What to expect")).to_be_visible()
        look_over(page, page.content())
        button(page, "Start inviting patients").click()
        expect(page.get_by_text("Patients are invited as appointments last.")).to_be_visible()
    batch.refresh_from_db()
    assert (batch.paced, batch.care) == (True, "careful")
