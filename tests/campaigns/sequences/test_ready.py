"""Every ready plan keeps its source's rule, and ours for texts and codes."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.conf import settings

from campaigns.codes import catalogue
from campaigns.messages import texts
from campaigns.messages.template_forms import LONG_NAME
from campaigns.models import LONGEST_GAP, MOST_CODES, MOST_INVITATIONS, CodeKind
from campaigns.sequences.ready.definitions import ReadyPlan
from campaigns.sequences.ready.registry import PLANS
from campaigns.wording.advice import advice_on
from campaigns.wording.appointment_details import AppointmentDetails
from core.working_days import days_later
from practices.models import Practice
from tests.project.test_references import PAGES

PRACTICE = cast(Practice, SimpleNamespace(name="Example Surgery", id=None))
EACH = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
CODES = {row["concept_id"]: row for row in catalogue._codes()}


def test_the_programmes_that_practices_ask_for_are_there() -> None:
    assert list(PLANS) == [
        *("flu", "covid", "asthma", "copd", "diabetes", "hypertension", "health-check", "cervical"),
    ]
    assert len({plan.name for plan in PLANS.values()}) == len(PLANS)


@EACH
def test_as_many_invitations_as_the_source_asks_and_as_a_batch_may_have(plan: ReadyPlan) -> None:
    assert max(2, plan.rule.least_invitations) <= len(plan.invitations) <= MOST_INVITATIONS


@EACH
def test_no_gap_is_shorter_than_the_source_says(plan: ReadyPlan) -> None:
    first, *further = plan.invitations
    assert (first.gap_days, first.working_days) == (0, False)
    for invitation in further:
        assert plan.rule.least_gap <= invitation.gap_days <= LONGEST_GAP


@EACH
def test_a_link_works_until_the_next_invitation_goes(plan: ReadyPlan) -> None:
    assert 1 <= plan.link_days <= 42
    for invitation in plan.invitations[1:]:
        for start in (date(2026, 3, 20), date(2026, 12, 10)):  # Easter and Christmas are long
            gap = days_later(start, invitation.gap_days, working=invitation.working_days) - start
            assert gap < timedelta(days=plan.link_days)


@EACH
def test_texts_are_short_and_need_no_advice(plan: ReadyPlan) -> None:
    assert len({invitation.message for invitation in plan.invitations}) == len(plan.invitations)
    for invitation in plan.invitations:
        message = invitation.message
        assert texts.reasons_against(message) == []
        assert [advice.rule for advice in advice_on(message, practice="Example Surgery")] == [], message
        assert all(message.count(placeholder) == 1 for placeholder in texts.PLACEHOLDERS)
        for name in ("", texts.SAMPLE_NAME, LONG_NAME):
            preview = texts.preview(message, practice=PRACTICE, name=name)
            assert preview.measure.fragments <= min(2, settings.MESSAGE_FRAGMENTS_MAX)


@EACH
def test_codes_are_shipped_ones_for_this_with_two_sources(plan: ReadyPlan) -> None:
    named = [(code, CodeKind.INVITATION) for invitation in plan.invitations for code in invitation.codes]
    named += [(plan.decline_code, CodeKind.DECLINE)] if plan.decline_code else []
    for code, kind in named:
        assert CODES[code]["kind"] == kind
        assert not CODES[code]["one_source"]
    for number, invitation in enumerate(plan.invitations):
        assert len(set(invitation.codes)) == len(invitation.codes) <= MOST_CODES
        for code in invitation.codes:  # "... second invitation" goes with the second
            term = CODES[code]["term"]
            for place, ordinal in enumerate(("first", "second", "third")):
                assert f"{ordinal} invitation" not in term or place == number, term
    assert bool(plan.decline) == bool(plan.decline_code)
    assert len(plan.decline) <= 500


@EACH
def test_the_appointment_has_a_plain_name(plan: ReadyPlan) -> None:
    assert AppointmentDetails(appointment_name=plan.appointment_name).appointment_name == plan.appointment_name


@EACH
def test_its_rule_is_on_the_page_of_recalls(plan: ReadyPlan) -> None:
    page = " ".join(PAGES["recalls"].split())
    assert plan.name in page
    assert plan.rule.source in page
    assert plan.rule.sentence.endswith(".")


def test_a_source_that_asks_for_seven_days_is_named_where_there_is_one() -> None:
    asked: dict[str, Any] = {key: plan.rule.least_gap for key, plan in PLANS.items()}
    assert {key for key, gap in asked.items() if gap == 7} == {"asthma", "copd", "diabetes", "hypertension"}
