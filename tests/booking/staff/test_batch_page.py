"""What appointments add to a batch's page: answers over time, and slots against the patients who can still book."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking import tasks
from booking.models import Booking, BookingState, Decline
from booking.slots import free_list
from booking.staff.batch.arrivals import arrivals
from booking.staff.batch.slots_left import slots_left
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.models.states import CampaignState
from campaigns.results.funnel import funnel
from tests.booking.surgery import Surgery, make_booking
from tests.factories import make_campaign, make_invitation, make_recipient
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db

SENT = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)  # 9:30am in London


@pytest.fixture
def batch() -> Campaign:
    return make_campaign(started=True, rows=0, started_at=SENT, starts_at=SENT)


def invite(batch: Campaign) -> Invitation:
    assert batch.patient_list is not None
    return make_invitation(batch, make_recipient(batch.patient_list))


def booked(batch: Campaign, at: datetime) -> Booking:
    return make_booking(invite(batch), created_at=at)


def declined(batch: Campaign, at: datetime) -> None:
    invitation = invite(batch)
    Invitation.objects.filter(id=invitation.id).update(state=InvitationState.DECLINED)
    Decline.objects.create(invitation=invitation, practice=batch.practice, declined_at=at)


def columns(batch: Campaign, now: datetime) -> list[tuple[str, int, int]]:
    with time_machine.travel(now, tick=False):
        chart = arrivals(batch)
    return [(column.name, column.booked, column.declined) for column in chart.columns] if chart else []


def test_by_the_hour_at_first(batch: Campaign) -> None:
    booked(batch, SENT + timedelta(minutes=5))
    booked(batch, SENT + timedelta(minutes=20))
    declined(batch, SENT + timedelta(hours=2))
    day = "Monday 1 June 2026"
    assert columns(batch, SENT + timedelta(hours=5)) == [
        (f"{day}, 9am to 10am", 2, 0),
        (f"{day}, 10am to 11am", 0, 0),
        (f"{day}, 11am to midday", 0, 1),
    ]


def test_by_the_day_later_as_london_has_days(batch: Campaign) -> None:
    booked(batch, SENT)
    declined(batch, datetime(2026, 6, 2, 23, 30, tzinfo=UTC))
    assert columns(batch, SENT + timedelta(days=4)) == [
        ("Monday 1 June 2026", 1, 0),
        ("Tuesday 2 June 2026", 0, 0),
        ("Wednesday 3 June 2026", 0, 1),
    ]


def test_by_the_week_in_the_end_and_over_a_change_of_clocks(batch: Campaign) -> None:
    booked(batch, SENT)
    booked(batch, datetime(2026, 10, 26, 0, 30, tzinfo=UTC))
    weeks = columns(batch, datetime(2026, 11, 30, tzinfo=UTC))
    assert weeks[0] == ("Week from Monday 1 June 2026", 1, 0)
    assert weeks[-1] == ("Week from Monday 26 October 2026", 1, 0)
    assert len(weeks) == 22


def test_each_answer_counts_once_as_the_funnel_counts_it(batch: Campaign) -> None:
    former = booked(batch, SENT)
    Booking.objects.filter(id=former.id).update(state=BookingState.MOVING)
    make_booking(former.invitation, created_at=SENT + timedelta(days=2), replaces=former)
    came_back = invite(batch)
    Decline.objects.create(
        invitation=came_back, practice=batch.practice, declined_at=SENT, reversed_at=SENT, reversed_by=batch.created_by
    )
    booked(make_campaign(batch.practice, batch.created_by, started=True, rows=0), SENT)
    assert columns(batch, SENT + timedelta(days=4)) == [("Monday 1 June 2026", 1, 0)]
    numbers = funnel(batch)
    assert (numbers.booked, numbers.declined) == (1, 0)


def test_nothing_before_any_answer(batch: Campaign) -> None:
    invite(batch)
    assert arrivals(batch) is None


def test_the_picture_is_to_scale(batch: Campaign) -> None:
    for _ in range(3):
        booked(batch, SENT)
    declined(batch, SENT)
    with time_machine.travel(SENT + timedelta(hours=1)):
        chart = arrivals(batch)
    assert chart is not None
    (column,) = chart.drawn
    assert (chart.axis, column.up, column.down) == (75, 75, 25)


def look(client: Client, batch: Campaign) -> Page:
    client.force_login(batch.created_by)
    return check_page(client.get(reverse("campaigns:progress", args=[batch.id])))


def test_the_page_draws_it_and_says_it(client: Client, batch: Campaign) -> None:
    booked(batch, timezone.now())
    declined(batch, timezone.now())
    page = look(client, batch)
    (picture,) = page.all("figure")
    assert {e.get("class") for e in picture.iter() if str(e.tag).endswith("rect")} == {
        "app-arrivals__booked",
        "app-arrivals__declined",
    }
    assert page.by_id("arrivals") is not None
    assert "Busiest week: Week from" in page.text


@pytest.mark.hazard("H-17.1")
def test_slots_left_against_patients(surgery: Surgery, client: Client) -> None:
    surgery.session(count=3)
    for _ in range(4):
        surgery.invite()
    slots_left(surgery.campaign, funnel(surgery.campaign))
    tasks.read_free_slots(str(surgery.campaign.id))
    supply = slots_left(surgery.campaign, funnel(surgery.campaign))
    assert supply is not None
    before = supply.free
    assert before is not None
    assert supply.patients >= 4
    surgery.confirmed(surgery.invite())
    supply = slots_left(surgery.campaign, funnel(surgery.campaign))
    assert supply is not None
    assert supply.free == before - 1  # at once, though the list is the same


def test_slots_that_cannot_be_read_are_on_the_batch_page(surgery: Surgery, client: Client) -> None:
    surgery.invite()
    surgery.session(count=2)
    surgery.sandbox.fault("gp_connect.slots", "slot_without_session")
    tasks.read_free_slots(str(surgery.campaign.id))
    assert "1 slot in your book could not be read: 1 with no session." in look(client, surgery.campaign).text


def test_a_page_asks_nobody_and_says_so(surgery: Surgery, client: Client) -> None:
    surgery.invite()
    calls = surgery.calls("gp_connect.slots")
    page = look(client, surgery.campaign)
    assert "We are asking your appointment book how many slots are free." in page.text
    assert surgery.calls("gp_connect.slots") == calls
    tasks.read_free_slots(str(surgery.campaign.id))
    page = look(client, surgery.campaign)
    assert "Free slots for them" in page.text
    assert "Your appointment book was read at" in page.text


def test_a_clinical_system_that_is_down_keeps_the_page_neither_waiting_nor_silent(
    surgery: Surgery, client: Client
) -> None:
    surgery.invite()
    surgery.sandbox.control("faults", {"target": "gp_connect.slots", "kind": "status", "status": 503})
    tasks.read_free_slots(str(surgery.campaign.id))
    assert "We cannot read your appointment book now" in look(client, surgery.campaign).text


def test_only_one_look_sends_for_the_list(surgery: Surgery) -> None:
    assert [free_list.held(surgery.campaign).may_be_asked for _ in range(3)] == [True, False, False]


def test_patients_who_have_yet_to_be_invited_count(surgery: Surgery) -> None:
    batch = make_campaign(
        surgery.practice, surgery.campaign.created_by, rows=2, started=True, state=CampaignState.STARTING
    )
    supply = slots_left(batch, funnel(batch))
    assert supply is not None
    assert supply.patients == 2


def test_nobody_left_to_book(client: Client, batch: Campaign) -> None:
    booked(batch, SENT)
    assert slots_left(batch, funnel(batch)) is None
    assert "Will there be enough appointments?" not in look(client, batch).text


def test_the_page_takes_as_many_queries_for_many(client: Client, batch: Campaign) -> None:
    booked(batch, SENT)
    invite(batch)
    with CaptureQueriesContext(connection) as few:
        look(client, batch)
    for _ in range(5):
        booked(batch, SENT)
        declined(batch, SENT)
        invite(batch)
    with CaptureQueriesContext(connection) as many:
        look(client, batch)
    assert len(many) <= len(few) <= 61  # each list of whom to follow up is counted by one
