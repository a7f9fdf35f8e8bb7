"""A code that is switched off, or changed and not approved, goes into no further record (snomed-ct#second-person)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.codes import services as codes
from campaigns.models import SnomedCode
from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from integrations.outbox.codes.filing import HELD_FOR, file_due
from integrations.sandbox.server import SandboxServer
from practices.models import Practice
from tests.connected import connect, seed_patient
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(practice: Practice, sandbox: SandboxServer) -> CodedEntry:
    connect(practice, sandbox)
    invitation = make_invitation(make_campaign(practice, started=True))
    seed_patient(sandbox, practice, invitation.recipient)
    return make_coded_entry(invitation)


def filed(entry: CodedEntry) -> CodedEntry:
    CodedEntry.objects.filter(id=entry.id).update(due_at=timezone.now())
    file_due(entry.practice_id)
    entry.refresh_from_db()
    return entry


@pytest.mark.parametrize("change", [{"active": False}, {"approved_at": None}])
def test_it_waits_at_no_cost_and_goes_once_that_is_settled(entry: CodedEntry, change: dict[str, Any]) -> None:
    SnomedCode.objects.filter(pk=entry.concept_id).update(**change)
    held = filed(entry)
    assert (held.state, held.attempts, held.reason) == (CodeState.DUE, 0, codes.STOPPED)
    assert held.due_at is not None
    assert timedelta() < held.due_at - timezone.now() <= HELD_FOR
    SnomedCode.objects.filter(pk=entry.concept_id).update(active=True, approved_at=timezone.now())
    done = filed(entry)
    assert (done.state, done.reason) == (CodeState.FILED, "")


def test_after_three_days_it_is_given_to_staff(entry: CodedEntry) -> None:
    SnomedCode.objects.filter(pk=entry.concept_id).update(active=False)
    CodedEntry.objects.update(happened_at=timezone.now() - timedelta(days=3, minutes=1))
    left = filed(entry)
    assert (left.state, left.reason) == (CodeState.NOT_FILED, codes.STOPPED)


def test_words_that_were_approved_are_filed_though_they_have_been_changed_since(entry: CodedEntry) -> None:
    code = SnomedCode.objects.get(pk=entry.concept_id)
    code.term = "Other words: message sent"
    codes.write(code=code, by=make_staff(entry.practice, is_staff=True))
    assert filed(entry).state == CodeState.FILED


@pytest.mark.parametrize("local", [("", ""), ("READ2", "9N3G")])
def test_words_that_nobody_has_approved_are_not_filed(entry: CodedEntry, local: tuple[str, str]) -> None:
    code = SnomedCode.objects.get(pk=entry.concept_id)
    code.term = "Other words: message sent"
    codes.write(code=code, by=make_staff(entry.practice, is_staff=True))
    CodedEntry.objects.update(term=code.term, local_scheme=local[0], local_code=local[1])
    assert filed(entry).state == CodeState.DUE


def test_an_entry_that_is_filed_already_is_read_back_all_the_same(entry: CodedEntry) -> None:
    SnomedCode.objects.filter(pk=entry.concept_id).update(active=False)
    CodedEntry.objects.update(state=CodeState.STARTED)
    CodedEntry.objects.update(state=CodeState.UNCONFIRMED, settled_at=timezone.now())
    assert filed(entry).state == CodeState.UNCONFIRMED
    assert entry.reason == ""


def test_a_claim_is_looked_up_in_one_query(entry: CodedEntry, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert codes.stop_filing([entry] * 20) == {}
