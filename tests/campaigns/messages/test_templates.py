"""The practice's own templates: written, copied, changed, put away; and what batches keep of them."""

from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from campaigns.codes import catalogue
from campaigns.drafts import services
from campaigns.messages import template_services
from campaigns.messages.shared_templates import TEMPLATES
from campaigns.messages.template_services import Wording
from campaigns.models import Campaign, CodeKind, MessageTemplate, SnomedCode
from campaigns.models.codes import ONE_SOURCE
from campaigns.wording.appointment_details import DETAILS
from practices.models import AuditEvent, Practice, Role, User
from tests.campaigns import shipped
from tests.campaigns.wizard import Wizard, errors, goes_to
from tests.factories import make_campaign, make_code, make_practice, make_staff
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db

LIST = "/templates/"
BODY = "Dear {name}, book your yearly check at {practice}: {link} Or phone us."
DECLINE = "If you do not want this yearly check, we will not invite you again this year."


def make_template(practice: Practice | None, **fields: Any) -> MessageTemplate:
    values = {"name": "Yearly review", "body": BODY, "decline_message": DECLINE}
    return MessageTemplate.objects.create(practice=practice, **values | fields)


@pytest.fixture
def staffs(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def own(practice: Practice) -> MessageTemplate:
    return make_template(practice)


def address(template: MessageTemplate, name: str = "template") -> str:
    return reverse(f"campaigns:{name}", args=[template.id])


def seen(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200
    return check_page(response)


def value(page: Page, name: str) -> str:
    """What a field of the page holds."""
    field = next(e for e in page.all("input", "textarea", "select") if e.get("name") == name)
    if field.tag == "select":
        return next((e.get("value", "") for e in field.iter("option") if e.get("selected") is not None), "")
    return field.get("value", "") if field.tag == "input" else "".join(field.itertext()).strip()


def sent(client: Client, path: str, **answers: str) -> Any:
    """Fill in the form of a page and send it, what it holds already included."""
    page = seen(client, path)
    names = ("name", "message", *DETAILS, "code", "decline_message", "decline_code", "seen")
    return client.post(path, {name: value(page, name) for name in names} | answers)


# The list


def test_the_list_has_the_practices_own_and_the_shared_ones(staffs: Client, own: MessageTemplate) -> None:
    shipped.put_in()
    make_template(make_practice(), name="Somebody else's")
    make_template(None, name="Shared no more", archived_at="2026-01-01T00:00Z")
    page = seen(staffs, LIST)
    for wanted in ("Yearly review", BODY, *(template.name for template in TEMPLATES)):
        assert wanted in page.text
    assert "Somebody else's" not in page.text
    assert "Shared no more" not in page.text


def test_the_list_says_what_each_takes_for_a_long_name(staffs: Client, practice: Practice, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://elm.example"
    make_template(practice, body="Dear {name}, " + "a" * 90 + " {link}")
    (row,) = [text_of(row) for row in seen(staffs, LIST).all("tr") if "Yearly review" in text_of(row)]
    assert "Fragments 2" in row


def test_a_practice_without_templates_is_told_how_to_begin(staffs: Client) -> None:
    page = seen(staffs, LIST)
    assert "Example Surgery has no templates of its own yet. Write a new one" in page.text
    assert "There are no shared templates." in page.text


# Writing one


def test_a_new_template_is_ready_for_a_batch(staffs: Client, practice: Practice, staff: User) -> None:
    code, decline = make_code(CodeKind.INVITATION), make_code(CodeKind.DECLINE)
    answer = sent(
        staffs,
        "/templates/new/",
        name=" Asthma  week ",
        message=BODY.replace("'", "\u2019"),
        code=code.pk,
        decline_message=DECLINE,
        decline_code=decline.pk,
    )
    assert goes_to(answer, LIST)
    made = MessageTemplate.objects.get()
    assert (made.practice, made.name, made.body, made.decline_message) == (practice, "Asthma week", BODY, DECLINE)
    assert (made.invitation_code, made.decline_code) == (code, decline)
    event = AuditEvent.objects.get(action="template.created")
    assert (event.practice, event.actor, event.object_id) == (practice, staff, made.id)
    assert "The template “Asthma week” is ready to use." in seen(staffs, LIST).text
    assert made in MessageTemplate.usable_by(practice)


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("name", "", "Give the template a name"),
        ("name", "a" * 81, "The name must be 80 characters or fewer"),
        ("name", "yearly REVIEW", "You have a template of this name"),
        ("message", "", "Write the message"),
        ("message", "Book now", "Add {link} where the patient's own link should go"),
        ("message", "{link} {link}", "Use {link} once only"),
        ("message", "Dear {first name}: {link}", "{first name} is not something we can fill in"),
        ("message", "a" * 400 + " {link}", "fragments with the link in it. Make it shorter: 2 is the most"),
        ("decline_message", "a" * 501, "The decline message must be 500 characters or fewer"),
        ("code", "1303503001", "Choose a code from the list"),
        ("decline_code", "711408005", "Choose a code from the list"),
    ],
)
def test_what_the_wizard_would_refuse_is_refused_here(
    staffs: Client, own: MessageTemplate, field: str, typed: str, error: str
) -> None:
    make_code(CodeKind.INVITATION)
    answers = {"name": "Another", "message": BODY, "decline_message": "", "code": "", "decline_code": ""}
    assert error in errors(staffs.post("/templates/new/", answers | {field: typed}))
    assert MessageTemplate.objects.count() == 1


def test_a_message_that_only_a_long_name_makes_too_long_is_refused(staffs: Client, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://elm.example"
    body = "{name} " + "a" * 255 + " {link}"
    answers = {"name": "Another", "message": body, "decline_message": "", "code": "", "decline_code": ""}
    assert "With a long name the message takes 3 fragments" in errors(staffs.post("/templates/new/", answers))


def test_the_preview_button_shows_the_text_and_keeps_everything(staffs: Client) -> None:
    code = make_code(CodeKind.INVITATION)
    response = sent(staffs, "/templates/new/", message="Dear {name}: {link}", code=code.pk, preview="yes")
    page = check_page(response)
    assert not page.title.startswith("Error")
    (bubble,) = page.with_class("app-text-bubble")
    assert text_of(bubble).startswith("Dear Joe: http")
    assert (value(page, "message"), value(page, "code")) == ("Dear {name}: {link}", code.pk)
    assert "For a long name, such as Bartholomew-Theodora: 1 fragment." in page.text
    assert "Say what it is for in general words" in page.text
    assert not MessageTemplate.objects.exists()


def test_the_live_preview_is_the_same_fragment(staffs: Client) -> None:
    response = staffs.post("/templates/preview/", {"message": "Dear {name}, book at {practice}: {link}"})
    assert "Dear Joe, book at Example Surgery: http" in response.content.decode()
    assert "Bartholomew-Theodora" in response.content.decode()


def test_the_placeholders_are_there_to_choose_from(staffs: Client) -> None:
    page = seen(staffs, "/templates/new/")
    buttons = [e.get("data-insert") for e in page.all("button") if e.get("data-insert")]
    assert buttons == ["{name}", "{practice}", "{link}"]
    assert all(
        page.by_id(e.get("data-insert-into", "")) is not None for e in page.all("button") if e.get("data-insert")
    )


# Copying one


def test_a_shared_template_is_copied_as_the_practices_own(staffs: Client, practice: Practice) -> None:
    shipped.put_in()
    shared = MessageTemplate.objects.get(name="Asthma review")
    page = seen(staffs, address(shared))
    assert "To change the words, make a copy of your own." in page.text
    assert goes_to(sent(staffs, f"/templates/new/?from={shared.id}"), LIST)
    copy = MessageTemplate.objects.get(practice=practice)
    assert (copy.name, copy.body) == ("Asthma review (our own)", shared.body)
    assert (copy.invitation_code_id, copy.decline_code_id) == ("928451000000107", "763221007")
    assert AuditEvent.objects.get(action="template.created").data == {"copy_of": str(shared.id)}
    before = shared.body
    sent(staffs, address(copy), message=BODY)
    shared.refresh_from_db()
    assert shared.body == before


def test_a_shared_template_cannot_be_changed_by_a_practice(staffs: Client) -> None:
    shared = make_template(None)
    assert staffs.post(address(shared), {"name": "Ours", "message": BODY}).status_code == 405
    assert staffs.post(address(shared, "template-archive")).status_code == 404
    assert staffs.post(address(shared, "template-restore")).status_code == 404
    shared.refresh_from_db()
    assert (shared.name, shared.archived_at) == ("Yearly review", None)


# Changing one


def test_a_draft_keeps_the_words_it_has_when_its_template_changes(
    wizard: Wizard, practice: Practice, own: MessageTemplate
) -> None:
    draft = make_campaign(practice, wizard.staff, message=own.body, template=own)
    page = seen(wizard.client, address(own))
    assert "1 draft started from this template. What you change here does not change it." in page.text
    assert goes_to(sent(wizard.client, address(own), message=BODY + " Thank you."), LIST)
    template_services.archive(template=own, by=wizard.staff)
    draft.refresh_from_db()
    assert (draft.message, draft.template) == (BODY, own)
    page = wizard.of(draft).see("message")
    assert value(page, "message") == BODY
    assert goes_to(wizard.message(value(page, "message")), wizard.address("decline"))
    assert wizard.campaign.message == BODY
    services.delete_draft(campaign=draft, by=wizard.staff)
    assert MessageTemplate.objects.filter(id=own.id).exists()


def test_what_somebody_else_wrote_meanwhile_is_not_lost_unseen(
    staffs: Client, practice: Practice, own: MessageTemplate
) -> None:
    opened = seen(staffs, address(own))
    theirs = Wording(own.name, BODY + " Thank you.", "", None, None)
    template_services.change(template=own, wording=theirs, seen=template_services.version(own), by=make_staff(practice))
    mine = {"name": own.name, "message": BODY + " Bye.", "decline_message": "", "seen": value(opened, "seen")}
    refused = staffs.post(address(own), mine)
    assert "Somebody changed this template while you were writing" in errors(refused)
    own.refresh_from_db()
    assert own.body.endswith("Thank you.")
    again = check_page(refused)
    assert goes_to(staffs.post(address(own), mine | {"seen": value(again, "seen")}), LIST)
    own.refresh_from_db()
    assert own.body.endswith("Bye.")


def test_saving_as_it_is_needs_no_other_name(staffs: Client, own: MessageTemplate) -> None:
    assert goes_to(sent(staffs, address(own)), LIST)


# Putting one away


def test_a_template_is_put_away_and_comes_back(staffs: Client, practice: Practice, own: MessageTemplate) -> None:
    check_page(staffs.get(address(own, "template-archive")))
    assert goes_to(staffs.post(address(own, "template-archive")), LIST)
    assert own not in MessageTemplate.usable_by(practice)
    assert "Put away" in seen(staffs, LIST).text
    assert "This template is put away" in seen(staffs, address(own)).text
    assert goes_to(staffs.post(address(own, "template-restore")), LIST)
    assert own in MessageTemplate.usable_by(practice)
    actions = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["template.archived", "template.restored"]


def test_it_does_not_come_back_under_a_name_that_is_taken(staffs: Client, practice: Practice, staff: User) -> None:
    former = make_template(practice)
    template_services.archive(template=former, by=staff)
    make_template(practice)
    response = staffs.post(address(former, "template-restore"), follow=True)
    assert "Give that one another name first." in check_page(response).text
    former.refresh_from_db()
    assert former.archived_at is not None


def test_a_shared_one_that_is_put_away_is_not_loaded_again() -> None:
    catalogue.load()
    MessageTemplate.objects.filter(name="Blood test").update(archived_at="2026-01-01T00:00Z")
    catalogue.load()
    assert MessageTemplate.objects.filter(name="Blood test").count() == 1


# Who may


@pytest.mark.parametrize("name", ["template", "template-archive", "template-restore"])
def test_templates_are_the_practices_own(client: Client, own: MessageTemplate, name: str) -> None:
    assert client.get(address(own, name)).status_code in (302, 405)
    client.force_login(make_staff(make_practice(), Role.MANAGER))
    assert client.get(address(own, name)).status_code in (404, 405)
    assert client.post(address(own, name), {"name": "Theirs", "message": BODY}).status_code == 404
    assert client.get(f"/templates/new/?from={own.id}").status_code == 404
    own.refresh_from_db()
    assert (own.name, own.archived_at) == ("Yearly review", None)


def test_a_viewer_looks_and_writes_nothing(client: Client, practice: Practice, own: MessageTemplate) -> None:
    client.force_login(make_staff(practice, Role.VIEWER))
    assert "New template" not in seen(client, LIST).text
    assert BODY in seen(client, address(own)).text

    def status(response: HttpResponseBase) -> int:
        return response.status_code

    assert status(client.post(address(own), {"name": "Mine", "message": BODY})) == 403
    assert status(client.get("/templates/new/")) == 403
    assert status(client.post("/templates/preview/", {"message": BODY})) == 403
    for name in ("template-archive", "template-restore"):
        assert status(client.post(address(own, name))) == 403
    own.refresh_from_db()
    assert (own.name, own.archived_at) == ("Yearly review", None)


# In the wizard


def test_a_template_brings_its_codes_with_it(wizard: Wizard, practice: Practice) -> None:
    shipped.put_in()
    template = MessageTemplate.objects.get(name="Diabetes review")
    batch = Campaign.objects.create(practice=practice, created_by=wizard.staff, slot_type="Flu clinic")
    wizard.of(batch)
    query = f"?template={template.id}"
    page = wizard.see("message", query)
    assert (value(page, "message"), value(page, "code")) == (template.body, "1066911000000100")
    answers = {name: value(page, name) for name in ("message", "code", *DETAILS)}
    assert goes_to(wizard.answer("message", query, **answers), wizard.address("decline"))
    assert wizard.campaign.appointment_name == "diabetes review"
    page = wizard.see("decline")
    assert (value(page, "message"), value(page, "code")) == (template.decline_message, "185754009")


def test_a_code_with_one_public_source_is_for_staff_to_choose(wizard: Wizard, practice: Practice) -> None:
    code = make_code(CodeKind.INVITATION)
    SnomedCode.objects.filter(pk=code.pk).update(one_source=True)
    template = make_template(practice, invitation_code=code)
    assert template.suggested_code(CodeKind.INVITATION) is None
    wizard.of(make_campaign(practice, wizard.staff, patient_list=None))
    assert f"{code.term} ({code.concept_id}). {ONE_SOURCE}" in wizard.see("message").text


def test_a_suggested_code_that_was_switched_off_is_not_suggested(wizard: Wizard, practice: Practice) -> None:
    off = make_code(CodeKind.INVITATION, active=False)
    template = make_template(practice, invitation_code=off)
    assert template.suggested_code(CodeKind.INVITATION) is None
    assert template.suggested_code(CodeKind.DECLINE) is None
    wizard.of(Campaign.objects.create(practice=practice, created_by=wizard.staff, slot_type="Flu clinic"))
    assert value(wizard.see("message", f"?template={template.id}"), "code") == ""
