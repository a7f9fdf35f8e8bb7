"""What came of batches: it adds up to the funnel, and stays the same when patients are erased."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import BookingState
from booking.staff.reports.costs import spent
from booking.staff.reports.figures import Report, reports_of
from booking.staff.reports.practice import batches_of, former_beside
from campaigns.models import BatchTally, Campaign, Invitation, InvitationState, Measure
from campaigns.results import outcomes
from campaigns.results.delivery_routes import Delivery
from campaigns.results.funnel import funnel
from campaigns.results.tallies import Tally
from integrations.models.states import MessageState
from practices.models import Practice
from selfbook.retention import erasing, patient
from tests.booking.surgery import make_booking
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_recipient, make_staff
from tests.selfbook.retention.scene import Closed, make_closed

pytestmark = pytest.mark.django_db

SENT = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)


def report_of(campaign: Campaign) -> Report:
    batch = Campaign.objects.get(id=campaign.id)
    return reports_of([batch])[batch.id]


@pytest.fixture
def closed() -> Closed:
    return make_closed()


@pytest.fixture
def batch() -> Campaign:
    return make_campaign(started=True, rows=0, started_at=SENT)


def invite(batch: Campaign, born: date = date(1958, 3, 9), **fields: object) -> Invitation:
    assert batch.patient_list is not None
    invitation = make_invitation(batch, make_recipient(batch.patient_list, date_of_birth=born), **fields)
    make_message(invitation, state=MessageState.DELIVERED, due_at=None, sent_at=SENT, provider_id=f"SM{invitation.id}")
    return invitation


def test_it_adds_up_to_the_funnel(batch: Campaign) -> None:
    assert batch.patient_list is not None
    for state in (InvitationState.OPEN, InvitationState.BOOKED, InvitationState.DECLINED, InvitationState.CANCELLED):
        invite(batch, state=state, opened_at=SENT)
    invite(batch, elsewhere_at=SENT)
    invite(batch, state=InvitationState.WITHDRAWN)
    make_recipient(batch.patient_list)
    make_recipient(batch.patient_list, verdict="cannot", reasons=["duplicate"], mobile="")
    report, numbers = report_of(batch), funnel(batch)
    assert (report.rows, report.invited, report.sent) == (numbers.rows, numbers.invitations, numbers.sent) == (8, 6, 6)
    assert (report.opened, report.booked, report.cancelled) == (numbers.opened, numbers.booked, numbers.cancelled)
    assert (report.declined, report.elsewhere) == (numbers.declined, numbers.elsewhere) == (1, 1)
    assert report.no_answer == numbers.unanswered == 1
    assert report.rows - report.cannot - report.not_invited == report.invited
    parts = report.booked + report.cancelled + report.declined + report.elsewhere + report.no_answer + report.withdrawn
    assert parts == report.invited
    assert sum(report.deliveries.values()) == report.invited
    assert sum(report.of_band(band).rows for band in report.bands) == report.rows


def test_it_is_the_same_after_patients_are_erased_one_by_one_and_all(closed: Closed) -> None:
    Invitation.objects.update(opened_at=timezone.now())
    before = report_of(closed.campaign)
    assert (before.rows, before.invited, before.booked, before.opened, before.fragments) == (4, 3, 1, 3, 3)
    assert before.days == {0: 1}
    assert before.deliveries == {Delivery.OURS: 3}
    patient.erase(closed.practice, closed.booked.nhs_number, by=None)
    assert report_of(closed.campaign) == before
    patient.erase(closed.practice, closed.silent.nhs_number, by=None)
    assert report_of(closed.campaign) == before
    assert erasing.erase(closed.campaign.id, again=True)
    assert report_of(closed.campaign) == before


def test_while_a_batch_is_being_erased_nobody_counts_twice(closed: Closed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "CHUNK", 1)
    before = report_of(closed.campaign)
    assert erasing.begin(closed.campaign.id, again=True)
    assert report_of(closed.campaign) == before
    assert erasing.erase_chunk(closed.campaign.id, again=True) == 1
    assert report_of(closed.campaign) == before


def test_days_are_those_of_the_calendar_in_london(batch: Campaign) -> None:
    evening = datetime(2026, 6, 1, 22, 59, tzinfo=UTC)  # 11:59pm in London
    for after in (timedelta(), timedelta(minutes=2), timedelta(days=3), timedelta(days=3)):
        invitation = invite(batch)
        make_booking(invitation, created_at=evening + after)
    early = invite(batch)
    make_booking(early, created_at=SENT - timedelta(days=2))
    report = report_of(batch)
    assert report.days == {0: 2, 1: 1, 3: 2}
    assert report.days.total() == report.booked
    assert (report.median_days, report.middle_half) == (1, (0, 3))
    assert report.days_sentence == (
        "The median time to book is 1 day. A quarter of them took 0 days or less, and a quarter 3 days or more."
    )
    assert dict(report.spans)["The same day"] == 2
    assert sum(count for _, count in report.spans) == report.booked


def test_moving_an_appointment_is_no_later_booking(batch: Campaign) -> None:
    invitation = invite(batch)
    make_booking(invitation, BookingState.CANCELLED, created_at=SENT + timedelta(days=1))
    make_booking(invitation, created_at=SENT + timedelta(days=9))
    assert report_of(batch).days == {1: 1}


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(1961, 6, 1), "65 to 74"),
        (date(1961, 6, 2), "55 to 64"),
        (date(2010, 6, 1), "16 to 24"),
        (date(2010, 6, 2), "under 16"),
        (date(1900, 1, 1), "85 or over"),
    ],
)
def test_age_bands_are_by_the_day_of_send(batch: Campaign, born: date, band: str) -> None:
    invite(batch, born)
    assert {key.age_band for key in outcomes.of_batch(batch)} == {band}


@pytest.mark.parametrize(("day", "band"), [(28, "55 to 64"), (29, "65 to 74")])
def test_who_was_born_on_29_february_is_a_year_older_on_1_march(day: int, band: str) -> None:
    sent = datetime(2025, 2, 1, 12, tzinfo=UTC) + timedelta(days=day - 1)  # 28 February, and 1 March
    campaign = make_campaign(started=True, rows=0, started_at=sent)
    invite(campaign, date(1960, 2, 29))
    assert {key.age_band for key in outcomes.of_batch(campaign)} == {band}


def statements(practice: Practice) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert batches_of(practice).report.rows
    return len(queries)


def test_a_fixed_number_of_statements_however_many_batches(closed: Closed) -> None:
    practice, few = closed.practice, statements(closed.practice)
    for _ in range(4):
        make_booking(invite(make_campaign(practice, closed.manager, started=True, rows=0)))
    assert erasing.erase(closed.campaign.id, again=True)
    assert statements(practice) == few
    assert few <= 8
    assert batches_of(practice).report.booked == 5


def test_months_and_programmes_add_up_and_nobody_else_s_is_there(closed: Closed) -> None:
    practice, by = closed.practice, closed.manager
    for sent, slot_type in (
        (SENT, "Flu clinic"),
        (SENT, "Smear"),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "flu  Clinic"),
    ):
        make_campaign(practice, by, started=True, started_at=sent, slot_type=slot_type)
    make_campaign(practice, by)
    make_campaign(started=True, started_at=SENT)
    batches = batches_of(practice)
    assert len(batches.all) == 4
    assert [(row.value, row.batches) for row in batches.programmes] == [("flu clinic", 3), ("smear", 1)]
    assert {"2026-06": 2, "2026-07": 1}.items() <= {row.value: row.batches for row in batches.months}.items()
    assert sum((row.report.patients for row in batches.months), Counter()) == batches.report.patients
    chosen = batches.chosen("flu clinic", "2026-06")
    assert [batch.campaign.slot_type for batch in chosen.all] == ["Flu clinic"]


def test_former_batches_are_the_practice_s_own_of_the_same_programme_and_before_it() -> None:
    practice = make_practice()
    by = make_staff(practice)
    made = [
        make_campaign(practice, by, started=True, started_at=SENT + timedelta(days=day), slot_type=slot_type)
        for day, slot_type in ((0, "Flu clinic"), (1, "Smear"), (2, "FLU clinic"), (3, "Flu clinic"), (4, "Flu clinic"))
    ]
    make_campaign(started=True, started_at=SENT)
    assert [batch.campaign for batch in former_beside(made[3]).all] == [made[3], made[2], made[0]]


def test_what_a_booking_has_cost() -> None:
    report = Report(Counter({outcomes.Key("", "our-text", "booked"): 3}), Counter({Tally(Measure.FRAGMENTS): 10}))
    assert spent(report, Decimal("2.5")).sentences == ["Your texts: 10 fragments, £0.25. A booking has cost £0.08."]
    assert "Price not set" in spent(report, None).sentences[0]
    assert "Nobody has booked yet" in spent(Report(counts=report.counts), Decimal(4)).sentences[0]
    assert spent(Report(), Decimal(4)).sentences == ["No texts of your own have been paid for."]


def test_the_database_knows_its_measures(closed: Closed) -> None:
    measures = {Measure(row.measure) for row in BatchTally.objects.all()}
    assert measures == set()
    erasing.erase(closed.campaign.id, again=True)
    assert {row.measure for row in BatchTally.objects.all()} == {Measure.FRAGMENTS, Measure.BOOKED_AFTER}
