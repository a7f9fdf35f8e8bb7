"""The pages of templates and codes in a real browser: fit for use at any width, with scripts and without."""

import pytest
from playwright.sync_api import Page, expect

from campaigns.codes import services as codes
from campaigns.messages import template_services
from campaigns.models import CodeKind, MessageTemplate, SnomedCode
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from practices.models import Role
from tests.campaigns import shipped
from tests.campaigns.rf2_files import concept_id
from tests.factories import make_campaign, make_staff
from tests.pages.staff.test_sending import (
    Desk,
    button,
    desk,  # noqa: F401 - a fixture
)
from tests.system.inspection import look_over

pytestmark = pytest.mark.system

TERM = "Made-up screening invitation short message service text message"


def look_at(page: Page, address: str) -> None:
    response = page.goto(address)
    assert response is not None
    assert response.status == 200, address
    look_over(page, response.text())


def own_template(at: Desk, **fields: str) -> MessageTemplate:
    shipped.put_in()
    defaults = {
        "name": "Nurse week",
        "body": "Dear {name}, book your yearly check at {practice}: {link} Or phone us.",
        "decline_message": "If you do not want this check, we will not invite you again this year.",
    }
    return MessageTemplate.objects.create(practice=at.practice, **defaults | fields)


def ask_for(at: Desk, serial: int = 41) -> SnomedCode:
    """A code that a colleague has asked for, as the loaded release has it."""
    SnomedRelease.objects.get_or_create(effective_date="2026-04-01", terms=1)
    SnomedTerm.objects.get_or_create(concept_id=concept_id(serial), term=TERM, full_name=f"{TERM} (procedure)")
    code = SnomedCode(practice=at.practice, concept_id=concept_id(serial), term=TERM, kind=CodeKind.INVITATION)
    codes.write(code=code, by=make_staff(at.practice))
    return code


def as_manager(at: Desk) -> None:
    at.staff.memberships.update(role=Role.MANAGER)


def test_the_pages_of_templates_are_fit_for_use(desk: Desk) -> None:  # noqa: F811 - the fixture
    own, former = own_template(desk), own_template(desk, name="Former")
    template_services.archive(template=former, by=desk.staff)
    shared = MessageTemplate.objects.get(practice=None, name="Asthma review")
    make_campaign(desk.practice, desk.staff, template=own)
    with desk.browser() as page:
        for path in ("", "new/", f"{own.id}/", f"{own.id}/archive/", f"{shared.id}/", f"{former.id}/"):
            look_at(page, f"{desk.served}/templates/{path}")
        page.goto(f"{desk.served}/templates/new/")
        with page.expect_response("**/templates/new/") as answered:
            button(page, "Save template").click()
        look_over(page, answered.value.text())
        page.get_by_role("link", name="Give the template a name").click()
        expect(page.get_by_label("Name of the template")).to_be_focused()


def test_a_template_is_written_with_placeholders_and_a_live_preview(desk: Desk) -> None:  # noqa: F811 - the fixture
    with desk.browser() as page:
        page.goto(f"{desk.served}/templates/new/")
        page.get_by_label("Name of the template").fill("Nurse week")
        box = page.get_by_label("Message", exact=True)
        box.fill("Dear")
        for placeholder in ("{name}", "{practice}", "{link}"):
            page.get_by_role("button", name=f"Add {placeholder} to the message").click()
            expect(box).to_be_focused()
        assert box.input_value() == "Dear {name} {practice} {link} "
        expect(page.locator(".app-text-bubble")).to_contain_text("Dear Joe Example Surgery http")
        expect(page.get_by_text("For a long name, such as Bartholomew-Theodora")).to_be_visible()
        button(page, "Save template").click()
        expect(page.get_by_text("The template “Nurse week” is ready to use.")).to_be_visible()
    assert MessageTemplate.objects.get(practice=desk.practice).body == "Dear {name} {practice} {link}"


def test_without_scripts_there_is_a_button_for_the_preview(desk: Desk) -> None:  # noqa: F811 - the fixture
    with desk.browser(scripts=False) as page:
        page.goto(f"{desk.served}/templates/new/")
        expect(page.get_by_role("button", name="Add {name} to the message")).to_be_hidden()
        page.get_by_label("Message", exact=True).fill("Dear {name}, book at {practice}: {link}")
        button(page, "Preview").click()
        expect(page.locator(".app-text-bubble")).to_contain_text("Dear Joe, book at Example Surgery: http")
        page.get_by_label("Name of the template").fill("Nurse week")
        button(page, "Save template").click()
        expect(page.get_by_text("The template “Nurse week” is ready to use.")).to_be_visible()


def test_a_template_is_put_away_and_comes_back(desk: Desk) -> None:  # noqa: F811 - the fixture
    own_template(desk)
    with desk.browser() as page:
        page.goto(f"{desk.served}/templates/")
        page.get_by_role("link", name="Put away the template Nurse week").click()
        button(page, "Put template away").click()
        expect(page.get_by_role("heading", name="Put away")).to_be_visible()
        page.get_by_role("button", name="Bring back the template Nurse week").click()
        expect(page.get_by_text("The template “Nurse week” is back.")).to_be_visible()


def test_the_pages_of_codes_are_fit_for_use(desk: Desk) -> None:  # noqa: F811 - the fixture
    shipped.put_in()
    SnomedRelease.objects.create(effective_date="2026-04-01", terms=2)
    for serial, term in enumerate(("Asthma monitoring call", "Made-up asthma text message"), 1):
        SnomedTerm.objects.create(concept_id=concept_id(serial), term=term, full_name=f"{term} (procedure)")
    code = ask_for(desk)
    as_manager(desk)
    with desk.browser() as page:
        paths = ("", "?q=asthma", "?q=nothing+like+it", f"ask/?id={concept_id(1)}", f"{code.concept_id}/", "711408005/")
        for path in paths:
            look_at(page, f"{desk.served}/codes/{path}")
        for path, label in (("ask/", "Ask for this code"), (f"{code.concept_id}/", "Approve this code")):
            page.goto(f"{desk.served}/codes/{path}")
            with page.expect_response(f"**/codes/{path}") as answered:
                button(page, label).click()
            look_over(page, answered.value.text())
        page.get_by_role("link", name="Tick the box once you have looked").click()
        expect(page.get_by_role("checkbox")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_code_is_found_asked_for_and_then_waits(desk: Desk, scripts: bool) -> None:  # noqa: F811 - the fixture
    SnomedRelease.objects.create(effective_date="2026-04-01", terms=1)
    SnomedTerm.objects.create(concept_id=concept_id(41), term=TERM, full_name=f"{TERM} (procedure)")
    with desk.browser(scripts=scripts) as page:
        page.goto(f"{desk.served}/codes/")
        page.get_by_label("Search by term or SNOMED id").fill("made-up scree")
        button(page, "Search").click()
        page.get_by_role("link", name="Ask for this code").click()
        page.get_by_label("That the patient was invited").check()
        button(page, "Ask for this code").click()
        expect(page.get_by_text("A manager or administrator has to approve it.").first).to_be_visible()
        expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    assert not SnomedCode.objects.get().is_approved


def test_a_page_that_says_why_not_is_fit_for_use(desk: Desk) -> None:  # noqa: F811 - the fixture
    same, unknown = ask_for(desk), SnomedCode(practice=desk.practice, concept_id=concept_id(42), term=TERM)
    unknown.kind = CodeKind.INVITATION
    codes.write(code=unknown, by=make_staff(desk.practice))
    as_manager(desk)
    asker = same.proposed_by
    assert asker
    asker.email = desk.staff.email.replace("@", "+two@")
    asker.save()
    with desk.browser() as page:
        look_at(page, f"{desk.served}/codes/{same.concept_id}/")
        expect(page.get_by_text("seem to be the same person (they share an address)")).to_be_visible()
        look_at(page, f"{desk.served}/codes/{unknown.concept_id}/")
        expect(page.get_by_text("Ask an administrator of Selfbook to look at it.")).to_be_visible()
        expect(page.get_by_role("button", name="Approve this code")).to_have_count(0)


def test_a_manager_approves_what_a_colleague_asked_for(desk: Desk) -> None:  # noqa: F811 - the fixture
    code = ask_for(desk)
    as_manager(desk)
    with desk.browser() as page:
        page.goto(f"{desk.served}/codes/")
        page.get_by_role("link", name="Look at it").click()
        page.get_by_role("link", name=TERM).click()
        page.get_by_role("checkbox").check()
        button(page, "Approve this code").click()
        expect(page.get_by_text("The code is approved.")).to_be_visible()
    code.refresh_from_db()
    assert code.approved_by == desk.staff
