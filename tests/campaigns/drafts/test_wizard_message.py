"""The message step: templates, own words, the preview, and what must be mended."""

import pytest
from pytest_django import Settings

from campaigns.drafts import readiness
from campaigns.models import CodeKind, MessageTemplate
from integrations.models import Routing
from practices.models import Practice
from tests.campaigns.results.test_channel_forecast import by_notify
from tests.campaigns.wizard import Wizard, errors, goes_to
from tests.factories import make_campaign, make_code, make_practice
from tests.html import Page, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_message(wizard: Wizard, practice: Practice) -> Wizard:
    draft = make_campaign(
        practice,
        wizard.staff,
        message="",
        invitation_code=None,
        allow_decline=None,
        decline_message="",
        decline_code=None,
        patient_list=None,
        list_agreed=False,
    )
    return wizard.of(draft)


def typed(page: Page) -> str:
    box = page.all("textarea")[0]
    return "".join(box.itertext()).strip()


def shown(page: Page) -> str:
    (bubble,) = page.with_class("app-text-bubble")
    return text_of(bubble)


def test_own_words_and_a_code(at_message: Wizard) -> None:
    code = make_code(CodeKind.INVITATION)
    answer = at_message.message("Hello {name}, {practice}: {link}", code=code.concept_id)
    assert goes_to(answer, at_message.address("decline"))
    batch = at_message.campaign
    assert (batch.message, batch.invitation_code) == ("Hello {name}, {practice}: {link}", code)
    assert typed(at_message.see("message")) == "Hello {name}, {practice}: {link}"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("", "Write the message"),
        (" \n ", "Write the message"),
        ("Book now", "Add {link} where the patient's own link should go"),
        ("{link} {link}", "Use {link} once only"),
        ("Dear {first name}: {link}", "{first name} is not something we can fill in"),
        ("Dear {name: {link}", "There is a { or } on its own"),
        ("a" * 300 + " {link}", "The message takes 3 fragments with the link in it. Make it shorter: 2 is the most"),
        ("a" * 919, "The message must be 918 characters or fewer"),
        ("\U0001f489" * 70 + " {link}", "fragments with the link in it"),
    ],
)
def test_what_must_be_mended_is_said_and_nothing_is_lost(at_message: Wizard, message: str, error: str) -> None:
    response = at_message.message(message)
    assert error in errors(response)
    assert typed(Page(response.content.decode())) == message.strip()
    assert at_message.campaign.message == ""


def test_faults_are_said_one_after_the_other(at_message: Wizard) -> None:
    """One error a field, as every NHS form has it."""
    assert "{nmae} is not" in errors(at_message.message("Dear {nmae}"))
    assert "Add {link}" in errors(at_message.message("Dear {name}"))


@pytest.mark.parametrize("code", ["822931000000100", "1303503001", "nonsense"])
def test_an_invitation_is_coded_as_an_invitation(at_message: Wizard, code: str) -> None:
    make_code(CodeKind.DECLINE)
    assert "Choose a code from the list" in errors(at_message.message(code=code))


def test_dear_characters_are_replaced_and_that_is_shown(at_message: Wizard) -> None:
    message = "It\u2019s time \u2013 book: {link}\u2026"
    page = Page(at_message.message(message, preview="yes").content.decode())
    assert shown(page).startswith("It's time - book: http")
    assert "We changed \u2019 to '" in page.text
    assert "We changed \u2013 to -" in page.text
    assert at_message.campaign.message == ""
    at_message.message(message)
    assert at_message.campaign.message == "It's time - book: {link}..."


def test_what_would_be_better_is_said_and_stops_nobody(at_message: Wizard) -> None:
    page = Page(at_message.message("Hi {name}, your appt at {practice}: {link}", preview="yes").content.decode())
    advice = [text_of(item) for item in page.all("li")]
    assert any("appointment" in sentence for sentence in advice)
    assert at_message.message("Hi {name}, your appt at {practice}: {link}").status_code == 302


def test_the_preview_button_stores_nothing(at_message: Wizard) -> None:
    response = at_message.message("Dear {name}, {practice}: {link}", preview="yes")
    page = Page(response.content.decode())
    assert shown(page).startswith("Dear Joe, Example Surgery: http://testserver/i/")
    assert at_message.campaign.message == ""


def test_the_live_preview_is_a_fragment_and_stores_nothing(at_message: Wizard) -> None:
    response = at_message.answer("message-preview", message="Dear {name}\u2019s <b>{link}")
    html = response.content.decode()
    assert "<html" not in html
    assert "Dear Joe&#39;s &lt;b&gt;http://testserver/i/" in html
    assert "1 fragment<" in html
    assert at_message.campaign.message == ""
    assert at_message.client.get(at_message.address("message-preview")).status_code == 405


def test_the_live_preview_says_when_it_is_too_long(at_message: Wizard, settings: Settings) -> None:
    settings.MESSAGE_FRAGMENTS_MAX = 1
    html = at_message.answer("message-preview", message="a" * 5000).content.decode()
    assert "This is too long" in html
    assert "2,000 characters" in html
    assert "An empty" not in at_message.answer("message-preview").content.decode()


def test_the_live_preview_says_what_makes_texts_dearer(at_message: Wizard) -> None:
    html = at_message.answer("message-preview", message="Hi \U0001f600 {link}").content.decode()
    assert "makes texts shorter and dearer" in html


# Templates


@pytest.fixture
def template(practice: Practice) -> MessageTemplate:
    return MessageTemplate.objects.create(
        practice=practice, name="Our flu text", body="Flu time: {link}", decline_message="No flu vaccine this year."
    )


def test_a_template_fills_the_box_and_the_decline_message(at_message: Wizard, template: MessageTemplate) -> None:
    page = at_message.see("message", f"?template={template.id}")
    assert typed(page) == "Flu time: {link}"
    (form,) = [
        form for form in page.all("form") if form.get("method") == "post" and "message" in form.get("action", "")
    ]
    answers = {"message": "Flu time, {name}: {link}", "appointment_name": "flu vaccination"}
    at_message.client.post(form.get("action", ""), answers)
    batch = at_message.campaign
    assert (batch.template, batch.message) == (template, "Flu time, {name}: {link}")
    assert typed(at_message.see("decline")) == "No flu vaccine this year."


def test_no_template_empties_the_box(at_message: Wizard) -> None:
    at_message.message("Own words {link}")
    assert typed(at_message.see("message", "?template=")) == ""
    assert typed(at_message.see("message")) == "Own words {link}"


def test_shared_templates_and_ones_own(at_message: Wizard, template: MessageTemplate) -> None:
    MessageTemplate.objects.create(name="Everybody's", body="{link}")
    MessageTemplate.objects.create(practice=make_practice(), name="Another practice's", body="Secret {link}")
    page = at_message.see("message")
    choices = [text_of(option) for option in page.all("option")]
    assert "Our flu text" in choices
    assert "Everybody's" in choices
    assert "Another practice's" not in choices


@pytest.mark.parametrize("chosen", ["nonsense", "another practice's", "deleted"])
def test_a_template_that_is_not_ours_to_use_changes_nothing(
    at_message: Wizard, template: MessageTemplate, chosen: str
) -> None:
    other = MessageTemplate.objects.create(practice=make_practice(), name="Theirs", body="Secret {link}")
    ids = {"another practice's": str(other.id), "deleted": str(template.id)}
    if chosen == "deleted":
        template.delete()
    at_message.message("Own words {link}")
    page = at_message.see("message", f"?template={ids.get(chosen, chosen)}")
    assert typed(page) == "Own words {link}"


def test_a_template_with_a_fault_cannot_be_used_as_it_is(at_message: Wizard, template: MessageTemplate) -> None:
    template.body = "No link here"
    template.save()
    page = at_message.see("message", f"?template={template.id}")
    assert "Add {link}" in errors(at_message.message(typed(page)))


def test_pointed_brackets_are_refused_where_messages_go_into_the_app(at_message: Wizard, practice: Practice) -> None:
    message = "Dear {name}, bring <your form> to {practice}: {link}"
    assert goes_to(at_message.message(message), at_message.address("decline"))
    by_notify(practice, Routing.APP_THEN_OURS)
    error = "The NHS App refuses messages with pointed brackets. Write <your form> without the < and the >"
    assert error in errors(at_message.message(message.replace("bring", "take")))
    assert at_message.campaign.message == message
    # It was written before the practice chose the app.
    assert f"{error}." in readiness.send_reasons(at_message.campaign, "")


def test_the_preview_shows_how_it_reads_in_the_app(at_message: Wizard, practice: Practice) -> None:
    page = Page(at_message.message("Dear {name}: {link}", preview="yes").content.decode())
    assert "in the NHS App" not in page.text
    by_notify(practice, Routing.APP_THEN_OURS)
    page = Page(at_message.message("Dear {name}, *bring*\n1. a form: {link}", preview="yes").content.decode())
    assert "It reads the same in the NHS App." in page.text
    page = Page(at_message.message("Dear {name}\n\n\n   <b>: {link}", preview="yes").content.decode())
    assert "In the NHS App it reads:" in page.text
    assert "The NHS App refuses messages with pointed brackets." in page.text
    assert len(page.with_class("app-text-bubble")) == 2
