"""A batch is erased when its time is over: all of it, in chunks, and its figures stay."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection
from django.db.models import ForeignKey
from django.utils import timezone

from booking.models import Booking, ReportedAppointment
from campaigns.models import BatchOutcome, Campaign, CampaignState, FinalFigures, Invitation
from campaigns.results import outcomes
from campaigns.results.delivery_routes import reached
from campaigns.results.funnel import funnel
from integrations.models.outbox import Message
from patients.models import PatientList, Recipient
from practices.audit import sealing
from practices.holds import services as holds
from practices.models import AuditEvent, JournalEntry, JournalKind
from selfbook.retention import closing, erasing, replaying, rows, services
from tests.booking.surgery import make_booking
from tests.factories import make_campaign, make_invitation, make_list, make_recipient
from tests.selfbook.retention.scene import Closed, make_closed

pytestmark = pytest.mark.django_db

DIGITS = "9990"


@pytest.fixture
def closed() -> Closed:
    return make_closed()


def everything() -> str:
    """All that is stored in the database's own tables, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        stored = []
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            stored += [f"{table}: {text}" for (text,) in cursor.fetchall()]
    return "\n".join(stored)


@pytest.mark.hazard("H-24.1")
def test_nothing_of_a_patient_is_left_anywhere(closed: Closed) -> None:
    personal = [closed.booked.nhs_number, closed.silent.nhs_number, closed.silent.mobile.removeprefix("+"), "Asha"]
    before = everything()
    assert all(value in before for value in personal)
    assert services.sweep() == 1
    left = [line for line in everything().splitlines() if any(value in line for value in personal)]
    texts = [line for line in left if not line.startswith("integrations_incomingtext")]
    assert texts == [], "but for the number of a text that came today: it goes after its own days"


def test_the_figures_are_those_of_before_and_add_up(closed: Closed) -> None:
    before, places = funnel(closed.campaign), reached(closed.campaign)
    assert (before.rows, before.booked, before.declined, before.unanswered, before.delivered) == (4, 1, 1, 1, 3)
    services.sweep()
    campaign = Campaign.objects.get()
    after = funnel(campaign)
    assert (after.can, after.cannot, after.answers, after.messages, after.codes) == (
        before.can,
        before.cannot,
        before.answers,
        before.messages,
        before.codes,
    )
    assert reached(campaign).deliveries == places.deliveries
    assert sum(row.patients for row in BatchOutcome.objects.all()) == before.rows
    by_age = dict(outcomes.table(campaign))
    assert sum((Counter(counts) for counts in by_age.values()), Counter()) == {
        "booked": 1,
        "open": 1,
        "declined": 1,
        "cannot": 1,
    }
    assert len(by_age) > 1
    assert FinalFigures.objects.get().answers


def test_the_trail_and_the_journal_have_it_and_the_seals_hold(closed: Closed) -> None:
    services.sweep()
    event = AuditEvent.objects.get(action="campaign.erased")
    assert (event.object_id, event.data) == (closed.campaign.id, {"rows": 4})
    entry = JournalEntry.objects.get()
    assert (entry.kind, entry.batch_id) == (JournalKind.BATCH_ERASED, closed.campaign.id)
    sealing.seal()
    assert sealing.verify().broken == ""


def test_the_list_keeps_no_word_of_its_file(closed: Closed) -> None:
    services.sweep()
    patient_list = PatientList.objects.get()
    assert (patient_list.file_name, patient_list.columns, patient_list.content_digest) == ("", [], "")
    assert patient_list.erased_at is not None


def test_twice_is_the_same_as_once_and_a_broken_run_goes_on(closed: Closed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "CHUNK", 1)
    closing.note()
    assert erasing.begin(closed.campaign.id)
    assert erasing.erase_chunk(closed.campaign.id) == 1
    assert funnel(Campaign.objects.get()).rows == 4, "its figures are those of the beginning from then on"
    assert not erasing.finish(closed.campaign.id), "there are patients yet"
    assert services.sweep() == 1
    assert services.sweep() == 0
    assert not Recipient.objects.exists()
    assert sum(row.patients for row in BatchOutcome.objects.all()) == 4


@pytest.mark.hazard("H-24.1")
def test_every_table_that_refers_to_patients_is_erased() -> None:
    """A new table about invitations, recipients or bookings must be one of those that rows are deleted from."""
    about = {Invitation, Recipient, Booking, ReportedAppointment}
    referring = {
        model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model in about
    }
    assert referring <= rows.tables()


def test_the_database_lets_no_batch_with_patients_count_as_erased(closed: Closed) -> None:
    now = timezone.now()
    with pytest.raises(ProgrammingError, match="has no patients"):
        Campaign.objects.update(erasing_at=now, erased_at=now)


def test_the_database_lets_no_list_with_rows_count_as_erased(closed: Closed) -> None:
    with pytest.raises(ProgrammingError, match="has no rows"):
        PatientList.objects.update(erased_at=timezone.now())


def test_an_erased_list_gets_no_rows_again(closed: Closed) -> None:
    services.sweep()
    with pytest.raises(ProgrammingError, match="gets no rows"):
        make_recipient(PatientList.objects.get(), row_number=77)


# When


def close(**fields: Any) -> Campaign:
    closing.note()
    return Campaign.objects.get(**fields)


def test_it_has_closed_when_the_last_link_ran_out(closed: Closed) -> None:
    last = Invitation.objects.order_by("-expires_at")[0]
    assert close().closed_at == last.expires_at


@pytest.mark.hazard("H-24.2")
def test_an_appointment_to_come_keeps_it_open(closed: Closed) -> None:
    invitation = Invitation.objects.get(recipient=closed.silent)
    soon = timezone.now() + timedelta(days=3)
    make_booking(invitation, starts_at=soon, ends_at=soon, due_at=None)
    assert close().closed_at is None
    assert services.sweep() == 0


@pytest.mark.parametrize("days", [89, 91])
def test_it_goes_after_the_practice_s_own_days(days: int) -> None:
    closed = make_closed(ago=timedelta(days=days + 7, minutes=-1))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=days))
    assert services.sweep() == (days > 90)
    closed.practice.retention_days = 30
    closed.practice.save()
    services.sweep()
    assert not Recipient.objects.exists()


@pytest.mark.parametrize("state", [CampaignState.RUNNING, CampaignState.SCHEDULED, CampaignState.STARTING])
def test_a_batch_under_way_stays(state: CampaignState) -> None:
    make_closed(state=state)
    assert services.sweep() == 0
    assert close().closed_at is None


def test_a_paused_batch_that_was_forgotten_goes_as_cancelled() -> None:
    campaign = make_closed(state=CampaignState.PAUSED).campaign
    assert services.sweep() == 1
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CANCELLED


def test_a_link_that_lives_again_opens_it_and_it_closes_later(closed: Closed) -> None:
    closing.note()
    Invitation.objects.filter(recipient=closed.silent).update(expires_at=timezone.now() + timedelta(days=2))
    assert services.sweep() == 0
    assert Campaign.objects.get().closed_at is None
    assert Recipient.objects.count() == 4


@pytest.mark.hazard("H-24.2")
def test_a_patient_who_asks_in_between_is_left_with_all_that_is_theirs(closed: Closed) -> None:
    """The look under the lock was before; the chunk finds a text that is due."""
    closing.note()
    erasing.begin(closed.campaign.id)
    invitation = Invitation.objects.get(recipient=closed.silent)
    Message.objects.create(
        practice=closed.practice, campaign_id=closed.campaign.id, subject_id=invitation.id, purpose="new_link", to="+44"
    )
    assert erasing.erase_chunk(closed.campaign.id) == 3
    assert erasing.erase_chunk(closed.campaign.id) == 0
    assert not erasing.finish(closed.campaign.id)
    assert list(Recipient.objects.all()) == [closed.silent]


def test_lists_that_became_no_batch_go_too(closed: Closed) -> None:
    old = timezone.now() - timedelta(days=91)
    for at in (old, timezone.now()):
        make_list(closed.practice, closed.manager, created_at=at)
    services.sweep()
    assert PatientList.objects.filter(campaign=None).count() == 1


def test_a_draft_that_nobody_changed_loses_its_list_and_no_more(closed: Closed) -> None:
    old, young = (make_campaign(closed.practice, closed.manager) for _ in range(2))
    Campaign.objects.filter(id=old.id).update(changed_at=timezone.now() - timedelta(days=91))
    services.sweep()
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.patient_list, old.slot_type) == (None, "Flu clinic")
    assert young.patient_list is not None
    assert AuditEvent.objects.filter(action="campaign.list_erased", object_id=old.id).exists()


def test_a_hold_does_not_stop_it(closed: Closed) -> None:
    holds.hold(closed.practice, by=None)
    assert services.sweep() == 1


def test_a_batch_that_was_a_draft_in_the_dump_loses_its_patients_again(closed: Closed) -> None:
    draft = make_campaign(closed.practice, closed.manager)
    lost = JournalEntry(practice=closed.practice, kind=JournalKind.BATCH_ERASED, batch_id=draft.id)
    assert replaying._erase_batch(lost) == 1
    draft.refresh_from_db()
    assert draft.patient_list is None


def test_an_invitation_that_is_open_is_not_erased_by_mistake(closed: Closed) -> None:
    other = make_invitation()
    services.sweep()
    assert Invitation.objects.get() == other
