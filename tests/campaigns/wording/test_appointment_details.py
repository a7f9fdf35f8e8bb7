"""What an appointment is for and more about it: how it is read, what is refused, and where it goes."""

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from booking.appointments import texts as booking_texts
from booking.appointments.calendar_file import calendar_file
from campaigns.admin import MessageTemplateForm
from campaigns.drafts import readiness, services
from campaigns.drafts.duplicate import duplicate
from campaigns.messages import shared_templates
from campaigns.models import Campaign, MessageTemplate
from campaigns.wording.appointment_details import DETAILS, AppointmentDetails, capitalised, tidied
from integrations.models.outbox import Message
from practices.models import AuditEvent, Practice, Role
from tests.booking.surgery import make_booking
from tests.campaigns import shipped
from tests.campaigns.messages.test_templates import BODY, sent, value
from tests.campaigns.wizard import MESSAGE, Wizard, errors, goes_to
from tests.factories import make_campaign, make_invitation, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db

ALL: dict[str, Any] = {
    "appointment_name": "flu vaccination",
    "with_whom": "a practice nurse",
    "how_long": "10 minutes",
    "what_to_bring": "your glasses\nyour medicines",
    "what_to_do_before": "wear short sleeves",
}


# Reading


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("flu vaccination", "flu vaccination"),
        ("  Flu   vaccination. ", "flu vaccination"),
        ("your flu vaccination", "flu vaccination"),
        ("Your yearly check-up!", "yearly check-up"),
        ("an asthma review", "asthma review"),
        ("a “Blood test”", "blood test"),
        ("Flu Vaccination", "flu vaccination"),
        ("FLU VACCINATION", "flu vaccination"),
        ("COVID VACCINATION", "COVID vaccination"),
        ("NHS Health Check", "NHS Health Check"),
        ("the RSV vaccination", "RSV vaccination"),
        ("Macmillan clinic", "Macmillan clinic"),
        ("Parkinson's review", "Parkinson's review"),
        ("Dr. Patel's clinic", "Dr. Patel's clinic"),
        ("A&E follow-up", "A&E follow-up"),
        ("B12 injection", "B12 injection"),
        ("eGFR test", "eGFR test"),
        ("Flu & COVID-19 vaccination (first)", "flu & COVID-19 vaccination (first)"),
        ("brechiad y ffliw", "brechiad y ffliw"),
        ("flu\u200b\u00ad vaccination\ufeff", "flu vaccination"),
        ("flu\tvaccination\n", "flu vaccination"),
        ("cafe\u0301 visit", "caf\u00e9 visit"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_a_name_reads_well_inside_a_sentence(typed: str, stored: str) -> None:
    assert tidied("appointment_name", typed) == stored
    assert tidied("appointment_name", stored) == stored, "reading it again changes nothing"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("flu vaccination", "Flu vaccination"),
        ("NHS Health Check", "NHS Health Check"),
        ("eGFR test", "eGFR test"),
        ("\u00e9tude", "\u00c9tude"),
        ("", ""),
    ],
)
def test_it_begins_a_sentence_with_a_capital(stored: str, shown: str) -> None:
    assert capitalised(stored) == shown


NOT_TEXT = [
    ("see www.example.com", "Take out “www.example.com”"),
    ("see https://example.com/a", "Take out “https://example.com/a”"),
    ("bit.ly/flu", "Take out “bit.ly/flu”"),
    ("look at evil.xyz now", "Take out “evil.xyz”"),
    ("nurse@surgery.nhs.uk", "Take out “nurse@surgery.nhs.uk”"),
    ("javascript://alert", "Take out “javascript://alert”"),
    ("for {name}", "Take out “{name}”"),
    ("for {", "Take out “{”"),
    ("for [first name]", "Take out “[first name]”"),
    ("for ((name))", "Take out “((name))”"),
    ("for %name%", "Take out “%name%”"),
    ("the XXX clinic", "Take out “XXX”"),
    ("<b>flu</b>", "Write plain text"),
    ("flu &amp; more", "Write plain text"),
    ("flu &#60;b", "Write plain text"),
    ("flu\x00", "hidden characters"),
    ("flu\x0bx", "hidden characters"),
    ("flu\x85x", "hidden characters"),
    ("flu\x1b[31m", "hidden characters"),
    ("flu \u202eevil", "hidden characters"),
    ("flu \u2066evil", "hidden characters"),
    ("flu \ue000", "hidden characters"),
    ("flu \ud800", "hidden characters"),
]


@pytest.mark.parametrize(("typed", "error"), NOT_TEXT)
def test_what_could_mislead_a_patient_is_refused_in_every_detail(typed: str, error: str) -> None:
    for name in DETAILS:
        with pytest.raises(ValidationError, match=re.escape(error)):
            tidied(name, typed)


@pytest.mark.parametrize(
    ("name", "typed", "error"),
    [
        ("appointment_name", "your", "Say what the appointment is for"),
        ("appointment_name", "...", "Say what the appointment is for"),
        ("appointment_name", "2026", "Say what the appointment is for"),
        ("appointment_name", "Book your flu vaccination", "and not a sentence"),
        ("appointment_name", "Flu vaccination. Come in", "and not a sentence"),
        ("appointment_name", "flu\nvaccination", "must be on one line"),
        ("appointment_name", "flu\u2028vaccination", "must be on one line"),
        ("appointment_name", "a" * 61, "must be 60 characters or fewer"),
        ("with_whom", "a\nb", "must be on one line"),
        ("with_whom", "n" * 81, "Who the appointment is with must be 80 characters or fewer"),
        ("how_long", "0", "such as 10 minutes"),
        ("how_long", "30-20", "such as 10 minutes"),
        ("how_long", "9999", "such as 10 minutes"),
        ("how_long", "h" * 41, "How long it takes must be 40 characters or fewer"),
        ("what_to_bring", "b" * 301, "What to bring must be 300 characters or fewer"),
        ("what_to_do_before", " " * 1000 + "x" * 301, "What to do before must be 300 characters or fewer"),
    ],
)
def test_each_detail_has_its_own_limits(name: str, typed: str, error: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(error)):
        tidied(name, typed)


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("how_long", "15", "15 minutes"),
        ("how_long", "15 mins", "15 minutes"),
        ("how_long", "1m", "1 minute"),
        ("how_long", "20-30", "20 to 30 minutes"),
        ("how_long", "20 to 30 min.", "20 to 30 minutes"),
        ("how_long", "about half an hour.", "about half an hour"),
        ("with_whom", "With a practice nurse.", "a practice nurse"),
        ("with_whom", "Dr. Jones", "Dr. Jones"),
        ("what_to_bring", " your glasses \r\n\r\n your  medicines", "your glasses\nyour medicines"),
        ("what_to_do_before", "Drink water. Do not eat after 10.30am.", "Drink water. Do not eat after 10.30am."),
    ],
)
def test_the_others_are_made_tidy_too(name: str, typed: str, stored: str) -> None:
    assert tidied(name, typed) == stored
    assert tidied(name, stored) == stored


def test_nobody_can_hold_details_with_a_fault() -> None:
    with pytest.raises(ValidationError) as refused:
        AppointmentDetails(appointment_name="{name}", how_long="0", with_whom="a nurse")
    assert set(refused.value.message_dict) == {"appointment_name", "how_long"}
    assert AppointmentDetails(how_long="5").given == ["how_long"]


@pytest.mark.parametrize("model", [Campaign, MessageTemplate])
def test_the_database_refuses_markup_and_control_characters(model: type[Any]) -> None:
    row = make_campaign() if model is Campaign else MessageTemplate.objects.create(name="Flu", body="{link}")
    for field, detail in DETAILS.items():
        model.objects.filter(id=row.id).update(**{field: "caf\u00e9 & \u201cmore\u201d" + "\n" * detail.several_lines})
        for written in ("<b>", "{name}", "a\tb", "a\x1bb", "a\x7fb", *(() if detail.several_lines else ("a\nb",))):
            with pytest.raises(IntegrityError, match="details_plain"), transaction.atomic():
                model.objects.filter(id=row.id).update(**{field: written})


# Services


def write(batch: Campaign, **details: str) -> Campaign:
    return services.write_message(
        campaign=batch,
        message=MESSAGE,
        template=None,
        code=None,
        details=AppointmentDetails(**details),
        by=batch.created_by,
    )


def test_they_are_written_with_the_message_and_put_on_record_once() -> None:
    batch = make_campaign(appointment_name="")
    write(batch, **ALL)
    write(batch, **ALL)
    batch.refresh_from_db()
    assert AppointmentDetails.of(batch) == AppointmentDetails(**ALL)
    (event,) = AuditEvent.objects.filter(action="campaign.appointment")
    assert (event.object_id, event.data) == (batch.id, {"given": list(ALL)})


def test_a_message_without_details_leaves_them() -> None:
    batch = make_campaign(**ALL)
    services.write_message(campaign=batch, message=MESSAGE, template=None, code=None, by=batch.created_by)
    batch.refresh_from_db()
    assert AppointmentDetails.of(batch) == AppointmentDetails(**ALL)
    assert not AuditEvent.objects.filter(action="campaign.appointment").exists()


@pytest.mark.parametrize("state", ["awaiting", "scheduled", "running", "paused", "finished"])
def test_they_are_not_changed_once_send_was_pressed(state: str) -> None:
    batch = make_campaign(started=True, **ALL)
    asked: dict[str, Any] = {"asked_by": batch.created_by, "asked_at": batch.started_at} if state == "awaiting" else {}
    batch = make_campaign(batch.practice, make_staff(batch.practice), started=True, state=state, **ALL, **asked)
    with pytest.raises(services.AlreadySent):
        write(batch, appointment_name="something else")
    batch.refresh_from_db()
    assert batch.appointment_name == "flu vaccination"


def test_nothing_is_sent_that_is_for_nothing() -> None:
    batch = make_campaign(appointment_name="")
    with pytest.raises(readiness.CannotSend) as refused:
        services.start(campaign=batch, longest_name="", by=batch.created_by)
    assert refused.value.reasons == ["Say what the appointment is for, such as flu vaccination."]


def test_a_draft_like_another_has_them_too() -> None:
    batch = make_campaign(started=True, **ALL)
    draft = duplicate(campaign=batch, by=batch.created_by)
    assert AppointmentDetails.of(draft) == AppointmentDetails(**ALL)


# The wizard


@pytest.fixture
def draft(wizard: Wizard, practice: Practice) -> Wizard:
    """A batch from before anybody was asked what it is for."""
    return wizard.of(make_campaign(practice, wizard.staff, appointment_name=""))


def test_a_draft_from_before_is_led_to_the_step_that_is_missing(draft: Wizard) -> None:
    for response in (draft.client.get(draft.address("summary")), draft.answer("summary", seen="1")):
        assert goes_to(response, draft.address("message"))
    assert goes_to(draft.client.get(draft.address("batch")), draft.address("message"))
    page = draft.see("message")
    assert "We now ask what the appointment is for." in page.text
    assert "Your slot type is called Flu clinic" in page.text
    assert value(page, "appointment_name") == "", "a slot type is a hint, and not an answer"
    draft.message()
    assert goes_to(draft.answer("summary", seen="1"), draft.address("progress"))


def test_the_step_says_what_is_wrong_and_loses_nothing(draft: Wizard) -> None:
    assert "Say what the appointment is for" in errors(draft.message(appointment_name=" "))
    answers = {"with_whom": "a nurse", "what_to_bring": "see www.example.com"}
    response = draft.message(appointment_name="flu {name}", **answers)
    error_text = errors(response)
    assert "Take out “{name}”" in error_text
    assert "Take out “www.example.com”" in error_text
    page = check_page(response)
    assert value(page, "appointment_name") == "flu {name}"
    assert value(page, "what_to_bring") == "see www.example.com"
    assert any(element.get("open") is not None for element in page.all("details")), "what is wrong is not hidden"
    assert draft.campaign.appointment_name == ""


def test_a_preview_of_the_message_complains_of_nothing_else(draft: Wizard) -> None:
    page = check_page(draft.message(appointment_name="", with_whom="<b>", preview="yes"))
    assert not page.title.startswith("Error")
    assert value(page, "with_whom") == "<b>"
    assert "Write the message" in errors(draft.message("", appointment_name="", preview="yes"))


def test_a_template_suggests_all_of_them(draft: Wizard, practice: Practice) -> None:
    template = MessageTemplate.objects.create(practice=practice, name="Ours", body=MESSAGE, **ALL)
    Campaign.objects.filter(id=draft.campaign.id).update(appointment_name="something else", with_whom="somebody else")
    page = draft.see("message", f"?template={template.id}")
    assert {name: value(page, name) for name in ALL} == ALL
    blank_page = draft.see("message", "?template=")
    assert {value(blank_page, name) for name in ALL} == {""}, "what was for another appointment does not stay"


def test_every_shared_template_names_its_appointment(draft: Wizard) -> None:
    shipped.put_in()
    for shared in shared_templates.TEMPLATES:
        template = MessageTemplate.objects.get(name=shared.name)
        assert value(draft.see("message", f"?template={template.id}"), "appointment_name") == shared.appointment_name
        assert tidied("appointment_name", shared.appointment_name) == shared.appointment_name != ""


SHOWN = ("Flu vaccination", "With: A practice nurse", "How long it takes: 10 minutes", "your glasses", "short sleeves")


def test_staff_read_them_on_the_summary_and_on_the_progress_page(wizard: Wizard, practice: Practice) -> None:
    wizard.of(make_campaign(practice, wizard.staff, **ALL))
    summary = wizard.see("summary")
    change = [link for link in summary.all("a") if link.get("href") == wizard.address("message")]
    assert any("after their date of birth" in "".join(link.itertext()) for link in change)
    services.start(campaign=wizard.campaign, longest_name="", by=wizard.staff)
    for page in (summary, wizard.see("progress")):
        assert [text for text in SHOWN if text not in page.text] == []


def test_the_progress_page_of_a_batch_from_before_says_nothing(wizard: Wizard, practice: Practice) -> None:
    wizard.of(make_campaign(practice, wizard.staff, started=True, appointment_name=""))
    assert "after their date of birth" not in wizard.see("progress").text


def test_who_approves_a_batch_reads_them(client: Client, practice: Practice) -> None:
    Practice.objects.filter(id=practice.id).update(second_person_over=0)
    maker, other = make_staff(practice), make_staff(practice)
    batch = make_campaign(Practice.objects.get(id=practice.id), maker, **ALL)
    services.start(campaign=batch, longest_name="", by=maker)
    client.force_login(other)
    page = check_page(client.get(reverse("campaigns:approval", args=[batch.id])))
    assert [text for text in SHOWN if text not in page.text] == []


# Templates


def test_a_practices_own_template_keeps_them_and_its_copy_too(client: Client, practice: Practice) -> None:
    client.force_login(make_staff(practice, Role.MANAGER))
    sent(client, "/templates/new/", name="Ours", message=BODY, **{**ALL, "appointment_name": "Your Flu vaccination."})
    made = MessageTemplate.objects.get()
    assert AppointmentDetails.of(made) == AppointmentDetails(**ALL)
    sent(client, f"/templates/{made.id}/", how_long="20")
    sent(client, f"/templates/new/?from={made.id}", name="A copy")
    copy = MessageTemplate.objects.get(name="A copy")
    assert (copy.how_long, copy.appointment_name) == ("20 minutes", "flu vaccination")
    assert "Take out “{name}”" in errors(sent(client, f"/templates/{made.id}/", what_to_bring="{name}"))
    assert sent(client, f"/templates/{made.id}/", appointment_name="").status_code == 302, "a template need not"
    client.force_login(make_staff(practice, Role.VIEWER))
    page = check_page(client.get(f"/templates/{copy.id}/"))
    assert [text for text in SHOWN if text.replace("10", "20") not in page.text] == []


def test_an_administrators_template_is_read_in_the_same_way() -> None:
    fields = ["name", "body", *DETAILS]
    form_class = type(
        "Form", (MessageTemplateForm,), {"Meta": type("Meta", (), {"model": MessageTemplate, "fields": fields})}
    )
    good = form_class({"name": "Flu", "body": MESSAGE, **ALL, "appointment_name": "The Flu vaccination."})
    assert good.is_valid(), good.errors
    assert good.save().appointment_name == "flu vaccination"
    bad = form_class({"name": "Flu 2", "body": MESSAGE, "appointment_name": "{name}", "with_whom": "www.example.com"})
    assert set(bad.errors) == {"appointment_name", "with_whom"}


# What is for everybody's eyes


def test_no_text_and_no_calendar_says_what_it_is_for() -> None:
    details: dict[str, Any] = {name: f"zebra {number}" for number, name in enumerate(DETAILS) if name != "how_long"}
    batch = make_campaign(started=True, **details)
    invitation = make_invitation(batch)
    booking = make_booking(invitation)
    texts: list[Message] = [
        booking_texts.confirmation(booking, invitation),
        booking_texts.moved(booking, invitation),
        booking_texts.reminder(booking, invitation, by_link=True),
        booking_texts.cancelled(booking, invitation, may_choose=True),
        booking_texts.not_cancelled(booking, invitation),
        booking_texts.slot_gone(booking, invitation),
        booking_texts.more_times(invitation, 0),
        booking_texts.not_booked(booking, invitation),
        booking_texts.not_known(booking, invitation),
        booking_texts.not_moved(booking, booking, invitation),
    ]
    assert [text.body for text in texts if "zebra" in text.body] == []
    assert b"zebra" not in calendar_file(booking)
