"""The plan of a draft: written, taken out, filled from a ready plan, copied; and what stops Send."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from campaigns.drafts import planning, readiness, services
from campaigns.drafts.duplicate import duplicate
from campaigns.drafts.readiness import CannotSend
from campaigns.models import Campaign, CodeKind, PlannedInvitation, SnomedCode
from campaigns.models.states import AfterLast
from campaigns.sequences.editing import NotPossible, Written
from campaigns.sequences.plans import plan_of
from campaigns.sequences.ready.registry import PLANS
from practices.models import AuditEvent
from tests.campaigns import shipped
from tests.factories import make_campaign

pytestmark = pytest.mark.django_db

TEXT = "Dear {name}, you can still book at {practice}: {link} Or phone us."
ASTHMA = ["959401000000101", "959421000000105", "959441000000103"]


@pytest.fixture
def draft() -> Campaign:
    shipped.put_in()
    return make_campaign(rows=2)


def save(draft: Campaign, number: int, **fields: Any) -> None:
    written = Written(**{"message": f"{number}: {TEXT}", "gap_days": 14, **fields})
    planning.save_invitation(campaign=draft, number=number, written=written, by=draft.created_by)


def numbers(draft: Campaign) -> list[tuple[int, str, int]]:
    rows = draft.planned_invitations.order_by("number")
    return [(row.number, row.message, row.gap_days) for row in rows]


def codes(draft: Campaign) -> list[list[str]]:
    plan = plan_of(Campaign.objects.get(id=draft.id))
    return [[code.pk for code in step.codes] for step in plan.steps]


def reasons(draft: Campaign) -> str:
    return " ".join(readiness.send_reasons(Campaign.objects.get(id=draft.id), "Bartholomew"))


def code(concept_id: str) -> SnomedCode:
    return SnomedCode.objects.get(concept_id=concept_id)


def test_invitations_are_added_one_after_another(draft: Campaign) -> None:
    save(draft, 2, codes=(code(ASTHMA[1]),))
    save(draft, 3, gap_days=90, working_days=True, text_only=True)
    save(draft, 2, gap_days=7, codes=(code(ASTHMA[2]), code(ASTHMA[1])))
    assert numbers(draft) == [(2, f"2: {TEXT}", 7), (3, f"3: {TEXT}", 90)]
    assert codes(draft)[1:] == [[ASTHMA[2], ASTHMA[1]], []]
    step = plan_of(draft).steps[2]
    assert (step.working_days, step.text_only) == (True, True)
    events = AuditEvent.objects.filter(action="campaign.plan_saved").order_by("id")
    assert [event.data["added"] for event in events] == [True, True, False]


@pytest.mark.parametrize("number", [0, 1, 3, 4])
def test_there_is_no_hole(draft: Campaign, number: int) -> None:
    with pytest.raises(NotPossible):
        save(draft, number)
    assert numbers(draft) == []


def test_four_are_the_most(draft: Campaign) -> None:
    for number in (2, 3, 4):
        save(draft, number)
    with pytest.raises(NotPossible) as error:
        save(draft, 5)
    assert "4 invitations at most" in error.value.sentence


@pytest.mark.parametrize("gap_days", [0, 91, -1])
def test_other_gaps_are_refused(draft: Campaign, gap_days: int) -> None:
    with pytest.raises(NotPossible):
        save(draft, 2, gap_days=gap_days)


def test_those_after_one_that_is_removed_move_up_with_their_codes(draft: Campaign) -> None:
    for number, concept_id in zip((2, 3, 4), ASTHMA, strict=True):
        save(draft, number, codes=(code(concept_id),), gap_days=number * 7)
    planning.remove_invitation(campaign=draft, number=2, by=draft.created_by)
    assert numbers(draft) == [(2, f"3: {TEXT}", 21), (3, f"4: {TEXT}", 28)]
    assert codes(draft)[1:] == [[ASTHMA[1]], [ASTHMA[2]]]
    planning.remove_invitation(campaign=draft, number=4, by=draft.created_by)  # gone already: as asked
    assert len(numbers(draft)) == 2
    assert AuditEvent.objects.filter(action="campaign.plan_removed").count() == 1


def test_the_first_one_has_two_codes_beside_its_own(draft: Campaign) -> None:
    own = draft.invitation_code
    assert own is not None
    wanted = [code(concept_id) for concept_id in ASTHMA[:2]]
    planning.choose_first_codes(campaign=draft, codes=[own, *wanted], by=draft.created_by)
    assert codes(draft) == [[own.pk, *ASTHMA[:2]]]
    three = [code(concept_id) for concept_id in ASTHMA]
    with pytest.raises(NotPossible):
        planning.choose_first_codes(campaign=draft, codes=three, by=draft.created_by)


def test_its_own_code_is_not_filed_twice_when_it_becomes_one_of_the_others(draft: Campaign) -> None:
    wanted = [code(concept_id) for concept_id in ASTHMA[:2]]
    planning.choose_first_codes(campaign=draft, codes=wanted, by=draft.created_by)
    services.write_message(campaign=draft, message=draft.message, template=None, code=wanted[0], by=draft.created_by)
    assert codes(draft) == [ASTHMA[:2]]


@pytest.mark.parametrize("key", PLANS)
def test_a_ready_plan_fills_a_draft_that_may_then_be_sent(draft: Campaign, key: str) -> None:
    ready = PLANS[key]
    services.choose_reminders(campaign=draft, days=[2], by=draft.created_by)
    save(draft, 2)
    draft.refresh_from_db()
    draft.how_long = "10 minutes"
    draft.save()
    planning.use_ready(campaign=draft, ready=ready, by=draft.created_by)
    draft.refresh_from_db()
    steps = plan_of(draft).steps
    assert [step.message for step in steps] == [invitation.message for invitation in ready.invitations]
    assert codes(draft) == [[*invitation.codes] for invitation in ready.invitations]
    assert (draft.appointment_name, draft.how_long, draft.template) == (ready.appointment_name, "", None)
    assert (draft.link_lifetime_days, draft.after_last, draft.reminder_days) == (ready.link_days, ready.after_last, [])
    assert draft.allow_decline is bool(ready.decline)
    assert draft.decline_message == ready.decline
    assert reasons(draft) == ""
    services.start(campaign=draft, longest_name="", by=draft.created_by)


def test_codes_that_may_not_be_used_are_left_out_and_staff_are_asked_about_declining(draft: Campaign) -> None:
    SnomedCode.objects.filter(pk__in=[ASTHMA[1], PLANS["asthma"].decline_code]).update(active=False)
    planning.use_ready(campaign=draft, ready=PLANS["asthma"], by=draft.created_by)
    draft.refresh_from_db()
    assert codes(draft) == [[ASTHMA[0]], [], [ASTHMA[2]]]
    assert (draft.allow_decline, draft.decline_message) == (None, PLANS["asthma"].decline)
    assert "Choose whether patients may decline." in reasons(draft)


def test_a_duplicate_has_the_plan_too(draft: Campaign) -> None:
    planning.use_ready(campaign=draft, ready=PLANS["hypertension"], by=draft.created_by)
    planning.choose_first_codes(campaign=draft, codes=[code(ASTHMA[0])], by=draft.created_by)
    draft.refresh_from_db()
    second = duplicate(campaign=draft, by=draft.created_by)
    assert plan_of(second) == plan_of(draft)
    assert second.after_last == AfterLast.LETTER
    assert numbers(second) == numbers(draft)


def test_a_plan_is_deleted_with_its_draft(draft: Campaign) -> None:
    planning.use_ready(campaign=draft, ready=PLANS["asthma"], by=draft.created_by)
    services.delete_draft(campaign=draft, by=draft.created_by)
    assert not PlannedInvitation.objects.exists()


# At Send


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Dear {name}, book at {practice}. Or phone us.", "Invitation 2: "),
        ("Dear {nmae}, book: {link}", "{nmae}"),
        ("Dear {name} " + "book now " * 120 + "{link}", "Invitation 2: with the longest name"),
    ],
)
def test_the_words_of_each_are_looked_at(draft: Campaign, message: str, reason: str) -> None:
    save(draft, 2, message=message)
    assert reason in reasons(draft)
    with pytest.raises(CannotSend):
        services.start(campaign=draft, longest_name="", by=draft.created_by)


def test_a_code_that_was_switched_off_since_is_named_with_its_invitation(draft: Campaign) -> None:
    planning.choose_first_codes(campaign=draft, codes=[code(ASTHMA[0])], by=draft.created_by)
    save(draft, 2, codes=(code(ASTHMA[1]),))
    SnomedCode.objects.filter(pk__in=ASTHMA).update(active=False)
    said = reasons(draft)
    assert "Invitation 1: the code “Asthma monitoring SMS text message first invitation” may no longer" in said
    assert "Invitation 2: the code “Asthma monitoring SMS text message second invitation” may no longer" in said


def test_the_last_reminder_comes_before_the_second_invitation(draft: Campaign) -> None:
    services.choose_reminders(campaign=draft, days=[3, 5], by=draft.created_by)
    with pytest.raises(NotPossible) as error:
        save(draft, 2, gap_days=6)
    assert "choose 7 days or more, or change the reminders first" in error.value.sentence
    save(draft, 2, gap_days=7)
    with pytest.raises(CannotSend):
        services.choose_reminders(campaign=draft, days=[3, 6], by=draft.created_by)
    save(draft, 3, gap_days=2)
    with pytest.raises(NotPossible):
        planning.remove_invitation(campaign=draft, number=2, by=draft.created_by)
    Campaign.objects.filter(id=draft.id).update(reminder_days=[2, 6])
    assert "The second invitation must come at least 2 days after it" in reasons(draft)


def test_a_link_may_end_before_the_next_invitation_which_renews_it(draft: Campaign) -> None:
    save(draft, 2, gap_days=30)
    services.choose_link_life(campaign=draft, days=7, by=draft.created_by)
    assert reasons(draft) == ""


def test_a_sent_batch_is_not_changed(draft: Campaign) -> None:
    services.start(campaign=draft, longest_name="", by=draft.created_by)
    with pytest.raises(services.AlreadySent):
        save(draft, 2)
    with pytest.raises(services.AlreadySent):
        planning.use_ready(campaign=draft, ready=PLANS["flu"], by=draft.created_by)


def test_a_code_of_a_plan_stays_what_it_is(draft: Campaign) -> None:
    save(draft, 2, codes=(code(ASTHMA[2]),))
    used = code(ASTHMA[2])
    used.kind, used.term = CodeKind.DECLINE, "Asthma monitoring declined"
    with pytest.raises(ValidationError, match="Batches use this code as what it was"):
        used.full_clean()
