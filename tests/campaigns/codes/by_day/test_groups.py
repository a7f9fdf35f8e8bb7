"""Which entries make a list by code and day, and what is settled when staff have filed it."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns.codes.by_day import groups as by_day
from campaigns.models import Campaign, CodeKind, SnomedCode
from integrations.models.outbox import CodedEntry
from integrations.models.states import FOR_A_PERSON, CodeState
from practices.models import AuditEvent, Practice, User
from tests.campaigns.codes.by_day.conftest import HAPPENED, make_entry
from tests.factories import make_campaign, make_code, make_practice

pytestmark = pytest.mark.django_db


def only(practice: Practice) -> by_day.Group:
    (group,) = by_day.groups(practice)
    return group


def test_a_list_is_of_one_code_and_the_day_in_london(practice: Practice, batch: Campaign) -> None:
    make_entry(batch)
    make_entry(batch, happened_at=HAPPENED + timedelta(hours=20))
    before = make_entry(batch, happened_at=HAPPENED - timedelta(hours=1))
    decline = make_code(CodeKind.DECLINE)
    make_entry(batch, concept_id=decline.concept_id, term=decline.term)
    groups = by_day.groups(practice)
    facts = [(group.concept_id, group.day, group.patients) for group in groups]
    assert facts == [
        (decline.concept_id, date(2026, 7, 2), 1),
        (before.concept_id, date(2026, 7, 2), 2),
        (before.concept_id, date(2026, 7, 1), 1),
    ]
    assert len({group.key for group in groups}) == 3
    assert by_day.numbers(practice, groups[2], timezone.now()) == [before.nhs_number]


def test_batches_of_a_practice_share_a_list_and_other_practices_do_not(practice: Practice, batch: Campaign) -> None:
    second = make_campaign(practice, batch.created_by, started=True)
    theirs = make_campaign(make_practice(), started=True)
    for each in (batch, second, theirs):
        make_entry(each)
    assert only(practice).patients == 2


def test_another_local_code_or_term_is_another_list(practice: Practice, batch: Campaign) -> None:
    make_entry(batch)
    make_entry(batch, local_scheme="READ2", local_code="9N3G")
    assert len(by_day.groups(practice)) == 2


@pytest.mark.hazard("H-08.5")
@pytest.mark.parametrize("state", sorted(set(CodeState) - set(FOR_A_PERSON)))
def test_what_we_may_still_file_is_on_no_list(practice: Practice, batch: Campaign, state: CodeState) -> None:
    by_hand = {"by_hand_by": batch.created_by} if state == CodeState.BY_HAND else {}
    make_entry(batch, state, **by_hand)
    assert by_day.groups(practice) == []


@pytest.mark.hazard("H-08.5")
def test_a_record_to_look_at_first_is_counted_and_not_listed(practice: Practice, batch: Campaign) -> None:
    plain = make_entry(batch)
    make_entry(batch, CodeState.CHECK, look_first=True)
    group = only(practice)
    assert (group.patients, group.codes, group.look_first) == (1, 2, 1)
    assert by_day.numbers(practice, group, timezone.now()) == [plain.nhs_number]
    assert by_day.look_first_by_batch(practice, group) == [(batch, 1)]


def test_a_code_that_nobody_answers_for_is_on_no_list(practice: Practice, batch: Campaign) -> None:
    entry = make_entry(batch)
    SnomedCode.objects.filter(concept_id=entry.concept_id).update(active=False)
    group = only(practice)
    assert "switched off" in group.stopped
    assert by_day.numbers(practice, group, timezone.now()) == []


def test_a_patient_with_two_entries_of_a_day_is_listed_once(practice: Practice, batch: Campaign, staff: User) -> None:
    first = make_entry(batch)
    make_entry(make_campaign(practice, staff, started=True), nhs_number=first.nhs_number)
    group = only(practice)
    assert (group.patients, group.codes) == (1, 2)
    assert by_day.numbers(practice, group, timezone.now()) == [first.nhs_number]
    assert by_day.mark_filed(practice=practice, group=group, by=staff) == 2


def test_a_whole_list_is_what_it_was_when_it_was_taken(practice: Practice, batch: Campaign, staff: User) -> None:
    taken = timezone.now() - timedelta(minutes=2)
    early, late = make_entry(batch), make_entry(batch, settled_at=timezone.now())
    look = make_entry(batch, CodeState.CHECK, look_first=True)
    group = only(practice)
    assert by_day.mark_filed(practice=practice, group=group, by=staff, until=taken) == 1
    states = dict(CodedEntry.objects.values_list("id", "state"))
    assert states == {early.id: "by_hand", late.id: "not_filed", look.id: "check"}
    early.refresh_from_db()
    assert early.by_hand_by == staff
    event = AuditEvent.objects.get(action="campaign.codes_by_hand")
    assert (event.object_id, event.batch_id, event.actor) == (batch.id, batch.id, staff)
    assert event.data == {"count": 1, "all": True, "concept_id": group.concept_id, "day": "2026-07-02"}


def test_only_entries_of_the_list_are_settled_and_each_once(practice: Practice, batch: Campaign, staff: User) -> None:
    mine, other_day = make_entry(batch), make_entry(batch, happened_at=HAPPENED - timedelta(days=3))
    waiting = make_entry(batch, CodeState.UNCONFIRMED)
    theirs = make_entry(make_campaign(make_practice(), started=True))
    group = next(group for group in by_day.groups(practice) if group.day == date(2026, 7, 2))
    named = [mine.id, other_day.id, waiting.id, theirs.id, uuid4()]
    for expected in (1, 0):
        assert by_day.mark_filed(practice=practice, group=group, by=staff, entries=named) == expected
    left = set(CodedEntry.objects.exclude(state=CodeState.BY_HAND).values_list("id", flat=True))
    assert left == {other_day.id, waiting.id, theirs.id}
    assert AuditEvent.objects.filter(action="campaign.codes_by_hand").count() == 1


def test_each_batch_has_its_own_line_in_the_audit_trail(practice: Practice, batch: Campaign, staff: User) -> None:
    second = make_campaign(practice, staff, started=True)
    for each in (batch, batch, second):
        make_entry(each)
    by_day.mark_filed(practice=practice, group=only(practice), by=staff)
    events = AuditEvent.objects.filter(action="campaign.codes_by_hand")
    assert {event.batch_id: event.data["count"] for event in events} == {batch.id: 2, second.id: 1}
