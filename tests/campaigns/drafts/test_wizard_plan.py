"""The pages of further invitations: the list, one invitation, codes, ready plans; what the summary says of them."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.drafts import planning
from campaigns.models import Campaign, CodeKind, MessageTemplate, SnomedCode
from campaigns.models.states import AfterLast, CampaignState
from campaigns.sequences.editing import Written
from campaigns.sequences.plans import plan_of
from campaigns.sequences.ready.registry import PLANS
from core.wording import nhs_date
from integrations.models import ChannelConnection, NotifyConnection, Routing
from practices.models import Practice
from tests.campaigns import shipped
from tests.campaigns.wizard import APPOINTMENT, MESSAGE, Wizard, back, errors, goes_to
from tests.factories import make_campaign, make_staff
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db

TEXT = "Dear {name}, you can still book at {practice}: {link} Or phone us."


@pytest.fixture
def drafting(wizard: Wizard, practice: Practice) -> Wizard:
    """A draft of two patients that wants only Send."""
    return wizard.of(make_campaign(practice, wizard.staff, rows=2))


def address(wizard: Wizard, name: str, *more: object) -> str:
    return reverse(f"campaigns:{name}", args=[wizard.id, *more])


def see(wizard: Wizard, path: str) -> Page:
    response = wizard.client.get(path)
    assert response.status_code == 200, response.status_code
    return check_page(response)


def write(wizard: Wizard, **answers: Any) -> Any:
    """Fill in the form of the second invitation, and send it."""
    values = {"gap_days": "14", "kind_of_days": "days", "message": TEXT, **answers}
    return wizard.client.post(address(wizard, "plan-invitation", 2), values)


def plan(wizard: Wizard, *gaps: int) -> None:
    for number, gap_days in enumerate(gaps, 2):
        written = Written(TEXT, gap_days)
        planning.save_invitation(campaign=wizard.campaign, number=number, written=written, by=wizard.staff)


def version(wizard: Wizard, path: str) -> str:
    (first, *_) = re.findall(r'name="version" value="([0-9a-f]{16})"', wizard.client.get(path).content.decode())
    return str(first)


# The list


def test_the_list_is_reached_from_the_summary_and_goes_back_there(drafting: Wizard) -> None:
    summary = drafting.see("summary")
    assert address(drafting, "plan") in [link.get("href") for link in summary.all("a")]
    assert "No. Each patient gets one invitation." in summary.text
    page = drafting.see("plan")
    assert back(page) == address(drafting, "summary")
    assert "Add invitation 2" in page.text
    assert goes_to(drafting.answer("plan", after_last="letter"), address(drafting, "summary"))
    assert drafting.campaign.after_last == AfterLast.LETTER


def test_it_is_reached_from_the_message_before_the_other_steps(wizard: Wizard, practice: Practice) -> None:
    fields: dict[str, Any] = {"patient_list": None, "list_agreed": False, "allow_decline": None}
    fields |= {"decline_message": "", "decline_code": None, "message": "", "appointment_name": ""}
    wizard.of(make_campaign(practice, wizard.staff, **fields))
    assert goes_to(wizard.client.get(address(wizard, "plan")), address(wizard, "message"))
    answer = wizard.answer("message", message=MESSAGE, appointment_name=APPOINTMENT, then="plan")
    assert goes_to(answer, address(wizard, "plan"))
    assert back(wizard.see("plan")) == address(wizard, "message")
    assert goes_to(wizard.answer("plan", after_last="call"), address(wizard, "decline"))


@pytest.mark.parametrize("after_last", ["", "fax"])
def test_what_comes_after_the_last_is_one_of_two(drafting: Wizard, after_last: str) -> None:
    answer = drafting.answer("plan", after_last=after_last)
    assert "Choose whether you phone patients or write them a letter" in errors(answer)


def test_the_list_shows_each_and_offers_no_fifth(drafting: Wizard) -> None:
    plan(drafting, 14, 7, 90)
    page = drafting.see("plan")
    assert "14 days after invitation 1" in page.text
    assert "90 days after invitation 3" in page.text
    assert "A batch has 4 invitations at most." in page.text
    assert "Add invitation" not in page.text
    assert wizard_status(drafting, 5) == wizard_status(drafting, 1) == 404


def wizard_status(wizard: Wizard, number: int) -> int:
    status: int = wizard.client.get(address(wizard, "plan-invitation", number)).status_code
    return status


def test_one_is_removed_and_the_next_moves_up(drafting: Wizard) -> None:
    plan(drafting, 14, 7)
    path = address(drafting, "plan-remove", 2)
    assert goes_to(drafting.client.post(path), address(drafting, "plan"))
    assert [step.gap_days for step in plan_of(drafting.campaign).further] == [7]
    assert drafting.client.get(path).status_code == 405


def test_why_one_cannot_be_removed_is_said(drafting: Wizard) -> None:
    plan(drafting, 14, 2)
    Campaign.objects.filter(id=drafting.campaign.id).update(reminder_days=[5])
    answer = drafting.client.post(address(drafting, "plan-remove", 2))
    assert "choose 7 days or more, or change the reminders first" in errors(answer)


# One invitation


def test_an_invitation_is_added_and_changed(drafting: Wizard) -> None:
    shipped.put_in()
    usable = SnomedCode.objects.usable(CodeKind.INVITATION).order_by("term")[:3]
    codes = dict(zip(("code", "second_code", "third_code"), [code.pk for code in usable], strict=True))
    page = see(drafting, address(drafting, "plan-invitation", 2))
    assert page.title.startswith("Add invitation 2")
    assert goes_to(write(drafting, kind_of_days="working", **codes), address(drafting, "plan"))
    (step,) = plan_of(drafting.campaign).further
    assert (step.gap_days, step.working_days, step.message, step.text_only) == (14, True, TEXT, False)
    assert [code.pk for code in step.codes] == [*codes.values()]
    page = see(drafting, address(drafting, "plan-invitation", 2))
    assert page.title.startswith("Change invitation 2")
    chosen = [option.get("value") for option in page.all("option") if option.get("selected") is not None]
    assert [value for value in chosen if value] == [*codes.values()]
    write(drafting, gap_days="1")
    (step,) = plan_of(drafting.campaign).further
    assert (step.gap_days, step.working_days, step.codes) == (1, False, ())


def test_a_new_one_starts_with_the_words_of_the_one_before(drafting: Wizard) -> None:
    plan(drafting, 14)
    (box,) = see(drafting, address(drafting, "plan-invitation", 3)).all("textarea")
    assert text_of(box) == TEXT


def test_one_that_would_leave_a_hole_is_not_offered(drafting: Wizard) -> None:
    assert goes_to(drafting.client.get(address(drafting, "plan-invitation", 3)), address(drafting, "plan"))


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"gap_days": ""}, "Enter a whole number of days from 1 to 90"),
        ({"gap_days": "0"}, "Enter a whole number of days from 1 to 90"),
        ({"gap_days": "91"}, "Enter a whole number of days from 1 to 90"),
        ({"gap_days": "2.5"}, "Enter a whole number of days from 1 to 90"),
        ({"kind_of_days": ""}, "Choose which days count"),
        ({"kind_of_days": "moon"}, "Choose which days count"),
        ({"message": ""}, "Write the message"),
        ({"message": "Dear {name}, book. Or phone us."}, "{link}"),
        ({"code": "1"}, "Choose a code from the list"),
        ({"third_code": "1"}, "Choose a code from the list"),
        ({"code": "711408005", "third_code": "711408005"}, "This invitation has that code already"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(drafting: Wizard, answers: dict[str, str], error: str) -> None:
    assert error in errors(write(drafting, **answers))
    assert plan_of(drafting.campaign).further == ()


def test_too_soon_after_the_reminders_is_said_beside_the_gap(drafting: Wizard) -> None:
    Campaign.objects.filter(id=drafting.campaign.id).update(reminder_days=[2, 6])
    answer = write(drafting, gap_days="7")
    assert "choose 8 days or more" in errors(answer)
    plan(drafting, 8)
    answer = drafting.answer("reminders", first="2", second="6", third="")
    assert goes_to(answer, address(drafting, "summary"))
    Campaign.objects.filter(id=drafting.campaign.id).update(link_lifetime_days=20)
    assert "choose 12 days or more" in errors(drafting.answer("reminders", first="10", second="", third=""))


def test_a_preview_without_scripts_stores_nothing(drafting: Wizard) -> None:
    answer = write(drafting, preview="yes", gap_days="")
    page = check_page(answer)
    assert "Dear Joe, you can still book at Example Surgery:" in page.text
    assert not page.title.startswith("Error")
    assert plan_of(drafting.campaign).further == ()


def test_words_may_start_from_a_template(drafting: Wizard) -> None:
    shipped.put_in()
    template = MessageTemplate.objects.earliest("name")
    path = f"{address(drafting, 'plan-invitation', 2)}?template={template.id}"
    (box,) = see(drafting, path).all("textarea")
    assert text_of(box) == template.body
    drafting.client.post(path, {"gap_days": "14", "kind_of_days": "days", "message": TEXT})
    assert plan_of(drafting.campaign).further[0].template == template


@pytest.mark.parametrize("routing", Routing)
def test_how_it_goes_is_asked_where_there_are_two_ways(drafting: Wizard, routing: Routing) -> None:
    practice = drafting.campaign.practice
    ChannelConnection.objects.create(practice=practice, fragment_price=Decimal("4.1"))
    if routing != Routing.TEXTS:
        NotifyConnection.objects.create(practice=practice, channel=routing)
    page = see(drafting, address(drafting, "plan-invitation", 2))
    asked = routing == Routing.APP_THEN_OURS
    assert ("How should it go?" in page.text) is asked
    price = {"texts": "Each text costs 4.1 pence.", "app": "Each text costs 4.1 pence, if", "notify": ""}[routing]
    assert price in page.text
    assert ("pence" in page.text) is bool(price)
    assert goes_to(write(drafting, channel="text"), address(drafting, "plan"))
    assert plan_of(drafting.campaign).further[0].text_only is asked


def test_two_tabs_on_the_same_invitations(drafting: Wizard) -> None:
    path = address(drafting, "plan-invitation", 2)
    stale = version(drafting, path)
    write(drafting, gap_days="21")
    answer = write(drafting, gap_days="28", version=stale)
    assert answer.status_code == 409
    page = check_page(answer)
    assert "21 days after invitation 1" in page.text
    assert "28" in page.text
    assert plan_of(drafting.campaign).further[0].gap_days == 21
    assert drafting.client.post(address(drafting, "plan-remove", 2), {"version": stale}).status_code == 409
    assert len(plan_of(drafting.campaign).further) == 1


# The first one's codes


def test_the_first_one_gets_more_codes(drafting: Wizard) -> None:
    shipped.put_in()
    own = drafting.campaign.invitation_code
    assert own is not None
    assert own.term in drafting.see("plan-codes").text
    others = [code.pk for code in SnomedCode.objects.usable(CodeKind.INVITATION).exclude(pk=own.pk)[:2]]
    same = drafting.answer("plan-codes", second_code=own.pk)
    assert "This invitation has that code already" in errors(same)
    answer = drafting.answer("plan-codes", second_code=others[0], third_code=others[1])
    assert goes_to(answer, address(drafting, "plan"))
    assert [code.pk for code in plan_of(drafting.campaign).steps[0].codes] == [own.pk, *others]
    summary = drafting.see("summary").text
    assert all(pk in summary for pk in others)


# Ready plans


@pytest.mark.parametrize("key", PLANS)
def test_all_of_a_ready_plan_is_shown_and_used(drafting: Wizard, key: str) -> None:
    shipped.put_in()
    ready = PLANS[key]
    page = drafting.see("plan-ready", f"?plan={key}")
    words = " ".join(page.text.split())
    for expected in (ready.name, ready.rule.sentence, ready.rule.source, ready.appointment_name, ready.decline):
        assert expected in words
    assert all(code in words for invitation in ready.invitations for code in invitation.codes)
    assert "This takes the place of the message" in words
    assert goes_to(drafting.answer("plan-ready", plan=key), address(drafting, "message"))
    assert drafting.campaign.message == ready.invitations[0].message
    assert "You can change all of it." in drafting.see("message").text


@pytest.mark.parametrize("key", ["", "moon"])
def test_a_plan_must_be_chosen_from_the_list(drafting: Wizard, key: str) -> None:
    assert "Choose a plan" in errors(drafting.answer("plan-ready", plan=key))
    assert drafting.see("plan-ready", f"?plan={key}").title.startswith("Start from a ready plan")


def test_a_ready_plan_is_not_put_over_what_somebody_has_changed(drafting: Wizard) -> None:
    stale = version(drafting, address(drafting, "plan-ready") + "?plan=flu")
    plan(drafting, 30)
    answer = drafting.answer("plan-ready", plan="flu", version=stale)
    assert answer.status_code == 409
    assert "30 days after invitation 1" in check_page(answer).text
    assert [step.gap_days for step in plan_of(drafting.campaign).further] == [30]


# The summary, and a second person


def test_the_summary_says_what_the_plan_takes_at_most(drafting: Wizard) -> None:
    ChannelConnection.objects.create(practice=drafting.campaign.practice, fragment_price=Decimal(5))
    plan(drafting, 14, 21)
    text = " ".join(drafting.see("summary").text.split())
    assert "Invitation 2, 14 days after invitation 1" in text
    assert "Dear" in text
    assert "At most 3 texts each, if nobody answers" in text
    assert "£" in text.split("if nobody answers")[1][:60]
    assert "patients to phone" in text
    assert "Patients who do not answer are invited again." in text


def test_the_summary_says_when_the_last_invitation_goes(drafting: Wizard) -> None:
    plan(drafting, 14, 21)
    text = " ".join(drafting.see("summary").text.split())
    last = re.search(r"The last ones go on (.*?) at 10am", text)
    assert last
    days = {nhs_date(timezone.localdate() + timedelta(days=days)) for days in (35, 36)}  # the first may wait a night
    assert last[1] in days


def test_reminders_count_among_the_most(drafting: Wizard) -> None:
    Campaign.objects.filter(id=drafting.campaign.id).update(reminder_days=[2, 4])
    plan(drafting, 14)
    assert "At most 4 texts each" in " ".join(drafting.see("summary").text.split())


def test_a_second_person_sees_the_words_and_codes_of_each(drafting: Wizard) -> None:
    shipped.put_in()
    planning.use_ready(campaign=drafting.campaign, ready=PLANS["asthma"], by=drafting.staff)
    batch = drafting.campaign
    batch.state, batch.asked_by, batch.asked_at = CampaignState.AWAITING, drafting.staff, timezone.now()
    batch.save()
    drafting.client.force_login(make_staff(batch.practice))
    text = " ".join(drafting.see("approval").text.split())
    for code in ("959401000000101", "959421000000105", "959441000000103"):
        assert code in text
    assert "you can still book your yearly check with a nurse" in text
    assert "At most 3 texts each" in text


def test_the_pages_take_as_many_queries_for_four_invitations_as_for_two(drafting: Wizard) -> None:
    def queries(step: str) -> int:
        drafting.see(step)
        with CaptureQueriesContext(connection) as captured:
            drafting.see(step)
        return len(captured)

    plan(drafting, 14)
    before = {step: queries(step) for step in ("plan", "summary")}
    plan(drafting, 14, 14, 14)
    assert {step: queries(step) for step in before} == before
