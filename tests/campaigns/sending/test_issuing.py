"""From a started batch to invitations, texts and codes: each once, whatever happens on the way."""

from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from campaigns.models import Campaign, CodeKind, Invitation, PlannedInvitation
from campaigns.models.snomed import SnomedTerm
from campaigns.models.states import CampaignState
from campaigns.sending import issuing
from campaigns.sending.schedule import reminder_time
from integrations.links import LINK, digest, token_for
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState, MessageState
from patients.models import Recipient, Verdict
from tests.campaigns.sequences.plans import add_codes
from tests.campaigns.wizard import name_the_first
from tests.factories import make_campaign, make_code, make_practice, make_recipient

pytestmark = pytest.mark.django_db


def starting(rows: int = 1, system: str = "emis", state: str = CampaignState.STARTING, **fields: Any) -> Campaign:
    practice = make_practice(clinical_system=system)
    return make_campaign(practice, rows=rows, started=True, state=state, **fields)


def counts() -> tuple[int, int, int]:
    return Invitation.objects.count(), Message.objects.count(), CodedEntry.objects.count()


def test_each_patient_gets_one_invitation_text_and_code() -> None:
    batch = starting(rows=3)
    issuing.issue(batch.id)
    batch.refresh_from_db()
    assert batch.state == CampaignState.RUNNING
    assert counts() == (3, 3, 3)
    for invitation in Invitation.objects.select_related("recipient"):
        assert invitation.token_digest == digest(token_for(invitation.id, key_number=invitation.link_key))
        message = Message.objects.get(subject_id=invitation.id, purpose=Purpose.INVITATION)
        assert (message.to, message.state, message.campaign_id) == (
            invitation.recipient.mobile,
            MessageState.DUE,
            batch.id,
        )
        assert message.body == f"Dear Asha, Example Surgery invites you to book your appointment: {LINK}"
        assert message.fragments == 1
        code = CodedEntry.objects.get(subject_id=invitation.id)
        assert (code.nhs_number, code.after_message, code.actor) == (
            invitation.recipient.nhs_number,
            message,
            batch.started_by,
        )


def test_links_live_as_long_as_the_batch_says() -> None:
    issuing.issue(starting(link_lifetime_days=21).id)
    left = Invitation.objects.get().expires_at - timezone.now()
    assert timedelta(days=20, hours=23) < left <= timedelta(days=21)


def test_links_are_made_with_the_newest_key(settings: Settings) -> None:
    settings.LINK_KEYS = ["n" * 32, *settings.LINK_KEYS]
    issuing.issue(starting().id)
    invitation = Invitation.objects.get()
    assert invitation.link_key == Message.objects.get().link_key == 1
    assert invitation.token_digest == digest(token_for(invitation.id, key_number=1))


def test_codes_wait_for_their_text() -> None:
    issuing.issue(starting().id)
    code = CodedEntry.objects.get()
    assert (code.state, code.happened_at, code.due_at) == (CodeState.WAITING, None, None)


@pytest.mark.parametrize(("system", "local"), [("emis", ("READ2", "9N3G")), ("systmone", ("", ""))])
def test_only_emis_is_given_its_local_code(system: str, local: tuple[str, str]) -> None:
    issuing.issue(starting(system=system).id)
    code = CodedEntry.objects.get()
    assert code.concept_id == "711408005"
    assert (code.local_scheme, code.local_code) == local


@pytest.mark.parametrize(("term", "description"), [("", "1149291000000110"), ("Another term", "")])
def test_the_id_of_a_term_goes_with_it_where_a_release_has_the_term(term: str, description: str) -> None:
    batch = starting()
    code = batch.invitation_code
    assert code
    SnomedTerm.objects.create(
        concept_id=code.concept_id, term=term or code.term, full_name=code.term, description_id="1149291000000110"
    )
    issuing.issue(batch.id)
    assert CodedEntry.objects.get().description_id == description


def test_a_batch_without_a_code_files_none() -> None:
    issuing.issue(starting(invitation_code=None).id)
    assert counts() == (1, 1, 0)


def test_those_who_cannot_be_sent_to_get_nothing() -> None:
    batch = starting()
    assert batch.patient_list is not None
    make_recipient(batch.patient_list, verdict=Verdict.CANNOT, reasons=["mobile_missing"], mobile="")
    issuing.issue(batch.id)
    assert counts() == (1, 1, 1)
    assert Invitation.objects.get().recipient.verdict == Verdict.CAN


def test_issuing_again_makes_nothing_more() -> None:
    batch = starting(rows=2)
    issuing.issue(batch.id)
    issuing.issue(batch.id)
    for state in (CampaignState.PAUSED, CampaignState.STARTING):
        Campaign.objects.filter(id=batch.id).update(state=state)
    issuing.issue(batch.id)
    assert counts() == (2, 2, 2)


def test_a_worker_that_dies_between_chunks_leaves_the_rest_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 2)
    batch = starting(rows=5)
    assert issuing._issue_chunk(batch.id)
    assert counts() == (2, 2, 2)
    batch.refresh_from_db()
    assert batch.state == CampaignState.STARTING
    first = set(Message.objects.values_list("id", flat=True))
    issuing.issue(batch.id)
    batch.refresh_from_db()
    assert batch.state == CampaignState.RUNNING
    assert counts() == (5, 5, 5)
    assert first < set(Message.objects.values_list("id", flat=True))
    assert Invitation.objects.values("recipient").distinct().count() == Recipient.objects.count() == 5


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.RUNNING])
def test_only_a_starting_batch_is_issued(state: CampaignState) -> None:
    issuing.issue(starting(state=state).id)
    assert counts() == (0, 0, 0)


@pytest.mark.parametrize(
    ("given", "greeted"),
    [
        ("{link}", "Dear (link),"),
        ("O\u2019Neil", "Dear O'Neil,"),
        ("", "Dear patient,"),
        ("Zo\u00eb", "Dear Zoe,"),
        ("Andr\u00e9", "Dear Andr\u00e9,"),
    ],
)
def test_greetings(given: str, greeted: str) -> None:
    batch = starting()
    name_the_first(batch, given)
    issuing.issue(batch.id)
    body = Message.objects.get().body
    assert body.startswith(greeted)
    assert body.count(LINK) == 1


def test_the_sweeper_hints_at_what_a_crash_left(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    starting()
    make_campaign(started=True)
    with django_capture_on_commit_callbacks() as hints:
        issuing.sweep()
    assert len(hints) == 1


def test_a_code_with_no_text_to_wait_for_is_due_at_once() -> None:
    invitation_code = make_code(CodeKind.DECLINE)
    batch = starting()
    issuing.issue(batch.id)
    entry = issuing.coded_entry(batch, Invitation.objects.get(), invitation_code, Purpose.DECLINE)
    assert entry.state == CodeState.DUE
    assert entry.happened_at is not None
    assert entry.due_at is not None


def test_a_long_batch_takes_turns_with_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 2)
    batch = starting(7)
    assert issuing.issue(batch.id, chunks=2)
    assert Invitation.objects.count() == 4
    assert not issuing.issue(batch.id)
    assert Invitation.objects.count() == 7


def test_names_that_come_again_get_the_same_words(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    batch = starting(30)
    with django_assert_max_num_queries(30):
        issuing.issue(batch.id)
    assert set(Message.objects.values_list("body", "fragments")) == {
        ("Dear Asha, Example Surgery invites you to book your appointment: {link}", 1)
    }


def test_further_codes_of_the_first_invitation_and_when_its_plan_is_looked_at() -> None:
    batch = starting(rows=2)
    PlannedInvitation.objects.create(campaign=batch, number=2, gap_days=7, message="Again: {link}")
    add_codes(batch, 1, 2, 3)
    issuing.issue(batch.id)
    first = CodedEntry.objects.filter(subject_id=Invitation.objects.order_by("id")[0].id)
    assert sorted(first.values_list("step", flat=True)) == [0, 1, 2]
    for entry in first:
        assert entry.purpose == Purpose.INVITATION
        assert entry.id == issuing.entry_id(entry.subject_id, Purpose.INVITATION, entry.step)
        assert entry.after_message is not None
    assert first.get(step=0).id == uuid5(first[0].subject_id, "invitation")
    batch.refresh_from_db()
    assert batch.next_invitation_at == reminder_time(timezone.localdate() + timedelta(days=7))


def test_a_batch_of_one_invitation_is_not_looked_at_again() -> None:
    batch = starting()
    issuing.issue(batch.id)
    batch.refresh_from_db()
    assert batch.next_invitation_at is None
