"""The page of a batch that invites as appointments last: where it stands, the picture, the decisions, the buttons."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.sending import control
from campaigns.workspace.pace.picture import picture
from campaigns.workspace.pace.shown import pacing
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from practices.models import Practice, Role
from tests.campaigns.sending.paced.conftest import MONDAY, Diary, Move, at, clock, diary, paced, work
from tests.campaigns.wizard import Wizard, goes_to
from tests.factories import make_staff
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db
__all__ = ["at", "clock", "diary"]


@pytest.fixture
def going(diary: Diary, at: Move, wizard: Wizard, practice: Practice) -> Wizard:
    """A batch of twenty patients, of whom three were invited at nine, when three appointments were free."""
    batch = paced(20, practice=practice, by=wizard.staff)
    work(batch)
    Message.objects.update(state=MessageState.DELIVERED, due_at=None, sent_at=timezone.now())
    return wizard.of(batch)


def see(wizard: Wizard) -> Page:
    wizard.client.force_login(wizard.staff)
    return wizard.see("progress")


def test_before_anything_goes_it_can_be_undone(diary: Diary, at: Move, wizard: Wizard, practice: Practice) -> None:
    batch = paced(20, practice=practice, by=wizard.staff, send_at=MONDAY + timedelta(days=1))
    page = see(wizard.of(batch))
    assert "Patients are invited as appointments last, from tomorrow at 9am." in page.text
    assert "Change this batch" in page.text
    assert "We next look who can be invited tomorrow at 9am." in page.text


def test_what_was_decided_and_when_it_goes_on(going: Wizard) -> None:
    page = see(going)
    assert "Inviting as appointments last: 3 of 20 patients so far." in page.text
    assert "We next look who can be invited today at 10am." in page.text
    assert (
        "3 free: 3 go at 9am. Until we see how many answer, we invite no more patients than there are appointments."
        in page.text
    )
    assert "There are fewer slots than patients" not in page.text
    assert "When we last looked, Monday 23 November 2026 at 9am" in page.text
    assert "Patients not invited yet 17" in page.text
    assert len(page.with_class("app-pacing__band")) == 1


def test_the_later_decisions_in_words(going: Wizard, diary: Diary, at: Move) -> None:
    batch = going.campaign
    assert batch is not None
    for hour in range(1, 5):
        at(hours=hour)
        work(batch)
    diary.free = 0
    at(hours=5)
    work(batch)
    page = see(going)
    assert "No appointments are free: none go at 2pm." in page.text
    shown = pacing(batch)
    assert shown is not None
    assert len(shown.lines) == 3, "four hours in a row without more for the same reason are one line"


def test_stopping_and_going_on(going: Wizard) -> None:
    going.client.force_login(going.staff)
    assert goes_to(going.answer("stop-inviting"), going.address("progress"))
    page = see(going)
    assert "You stopped inviting: 3 of 20 patients were invited." in page.text
    assert "Nobody else is invited." in page.text
    assert goes_to(going.answer("go-on-inviting"), going.address("progress"))
    assert "Inviting as appointments last: 3 of 20 patients so far." in see(going).text


def test_sending_to_everybody_is_asked_first(going: Wizard, at: Move) -> None:
    going.client.force_login(going.staff)
    page = going.see("everyone")
    assert "17 patients have not been invited yet." in page.text
    assert "When we last looked, 3 appointments were free, and 0 invitations were still open." in page.text
    assert goes_to(going.answer("everyone"), going.address("progress"))
    assert "You chose to send to everybody at once." in see(going).text
    assert goes_to(going.client.get(going.address("everyone")), going.address("progress"))
    assert goes_to(going.answer("everyone"), going.address("progress"))


def test_paused_and_cancelled(going: Wizard) -> None:
    batch = going.campaign
    assert batch is not None
    control.pause(campaign=batch, by=going.staff)
    page = see(going)
    assert "Paused: 3 of 20 patients invited. The others wait." in page.text
    assert "Nobody is invited while the batch is paused." in page.text
    control.cancel(campaign=batch, by=going.staff)
    page = see(going)
    assert "Cancelled: 3 of 20 patients had been invited. The others will not be." in page.text
    assert "Send to everyone left now" not in page.text


def test_whoever_may_not_send_sees_it_and_presses_nothing(going: Wizard, practice: Practice) -> None:
    going.client.force_login(make_staff(practice, Role.VIEWER))
    page = check_page(going.client.get(going.address("progress")))
    assert "We next look who can be invited" in page.text
    assert "Stop inviting" not in page.text
    for name in ("stop-inviting", "everyone", "go-on-inviting"):
        assert going.client.post(going.address(name)).status_code == 403


def test_the_picture_stays_in_its_frame_and_time_goes_to_the_right(going: Wizard, at: Move) -> None:
    batch = going.campaign
    assert batch is not None
    at(hours=1)
    work(batch)
    drawn = picture(list(batch.decisions.order_by("at")), batch.next_decision_at)
    assert drawn is not None
    for line in (drawn.times, drawn.booked, drawn.open, drawn.band, drawn.middle):
        points = [tuple(map(float, point.split(","))) for point in line.split()]
        assert all(0 <= x <= 1000 and 0 <= y <= 300 for x, y in points)
    assert drawn.next_x is not None
    assert 0 < drawn.now_x < drawn.next_x < 1000
    assert all(day.low <= day.middle <= day.high or day.low <= day.high for day in drawn.ahead)
    assert picture([], None) is None
