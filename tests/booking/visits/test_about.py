"""Every patient page says whom it is for and what once the date of birth was given, and none says either before."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest
from django import shortcuts
from django.conf import settings as configured
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.appointments import new_link
from booking.models import Booking, BookingState, SlotHold
from booking.slots import offered as slots
from booking.slots.listing import by_time
from booking.views import guards
from booking.visits.about import About
from booking.visits.references import reference_of
from booking.workers import waiting_list
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.sending.issuing import MessageRenderer
from integrations.links import token_for
from integrations.models.outbox import Message
from patients.models import Recipient
from practices.holds import services as holds
from selfbook.pages import jinja
from tests.booking.surgery import WRONG, Patient, boxes, made_up_slot, make_booking
from tests.factories import make_campaign, make_invitation, make_message, make_recipient
from tests.html import Page, check_page, page_of, text_of
from tests.tab import Tab

pytestmark = pytest.mark.django_db

NAME = "Niamh"
CAPTION = f"Typhoid vaccination for {NAME}"
DETAILS: dict[str, Any] = {
    "with_whom": "a travel nurse",
    "how_long": "25 minutes",
    "what_to_bring": "your yellow booklet\nyour tickets",
    "what_to_do_before": "eat something first",
}
DETAIL_LINES = [line for value in DETAILS.values() for line in value.splitlines()]

SHOWS = {
    *("choose", "date_of_birth", "times", "check", "done", "tell_me", "cancel", "move", "move_check"),
    *("decline", "declined", "stop"),
}
BEFORE_ONLY = {
    *("date-of-birth", "wait", "open-again", "unknown", "finished"),
    *("new-link", "new-link-sent", "new-link-not-sent"),
}
NEVER = {"stop"}
"""It is about a phone and everybody who uses it."""

ENDED: dict[str, dict[str, Any]] = {
    "expired": {"expires_at": timezone.now() - timedelta(days=1)},
    "locked": {"locked_at": timezone.now()},
    "withdrawn": {"state": InvitationState.WITHDRAWN},
}


def all_pages() -> set[str]:
    """Every page of the patient's, by the name of its template."""
    folder = Path(configured.BASE_DIR) / "templates" / "booking"
    return {file.stem for file in folder.glob("*.jinja") if '"layouts/patient.jinja"' in file.read_text()}


Seen = list[tuple[str, HttpResponse]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Each page that is shown, with the name of its template."""
    pages: Seen = []
    render = shortcuts.render

    def shown(request: Any, template: str, *args: Any, **kwargs: Any) -> HttpResponse:
        response = render(request, template, *args, **kwargs)
        pages.append((template.removeprefix("booking/").removesuffix(".jinja"), response))
        return response

    monkeypatch.setattr(guards, "render", shown)
    return pages


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The free times, for as long as somebody is offered any."""
    free: list[Any] = [made_up_slot(number, after=timedelta(days=number)) for number in range(1, 20)]
    monkeypatch.setattr(slots, "choices", lambda invitation: list(by_time(free)))
    return free


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(started=True, rows=0, appointment_name="typhoid vaccination", **DETAILS)


def invite(campaign: Campaign, given_name: str = NAME, **fields: Any) -> Invitation:
    """A patient with a link, and the text that it came in."""
    assert campaign.patient_list is not None
    recipient = make_recipient(campaign.patient_list, given_name=given_name)
    invitation = make_invitation(campaign, recipient, **fields)
    make_message(invitation, body=MessageRenderer(campaign.message, campaign.practice).of(given_name)[0])
    return invitation


def see(patient: Patient, name: str) -> HttpResponse:
    return cast(HttpResponse, patient.client.get(address(patient, name), follow=True))


def address(patient: Patient, name: str) -> str:
    """Where a page of the patient's visit is."""
    return reverse(f"booking:{name}", kwargs={"reference": reference_of(patient.invitation.id)})


def names_drawn_for_all() -> list[object]:
    """What is kept in memory for everybody's pages, and has a patient's name in it."""
    return [key for key in jinja._cache if NAME in str(key)]


def captions(response: HttpResponse) -> list[str]:
    return [text_of(caption) for caption in page_of(response).with_class("nhsuk-caption-l")]


# Before the date of birth


def unverified(campaign: Campaign) -> Iterator[Callable[[], object]]:
    """Everything that somebody can see who has the link, or has not even that."""
    states: list[dict[str, Any]] = [{}, {"state": InvitationState.BOOKED}, {"state": InvitationState.DECLINED}]
    for fields in [*states, *ENDED.values()]:
        patient = Patient(invite(campaign, **fields), Tab())
        yield patient.open_link
        for name in sorted(SHOWS):
            yield lambda patient=patient, name=name: see(patient, name)  # type: ignore[misc] # a lambda
        for choice in ("book", "decline", "see"):
            yield lambda patient=patient, choice=choice: patient.choose(choice)  # type: ignore[misc] # a lambda
            yield lambda patient=patient: see(patient, "date_of_birth")  # type: ignore[misc] # a lambda
        for born in ({}, boxes(WRONG) | {"date_of_birth_day": "99"}, *[boxes(WRONG)] * 6):
            yield lambda patient=patient, born=born: patient.client.post(  # type: ignore[misc] # a lambda
                address(patient, "date_of_birth"), born, follow=True
            )
        for name in ("stop", "finish"):
            yield lambda patient=patient, name=name: patient.client.post(  # type: ignore[misc] # a lambda
                address(patient, name), follow=True
            )
    yield lambda: Tab().get("/i/nonsense")
    yield lambda: Tab().get("/b/times/")


def ask_for_a_new_link(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages about a new link: it is offered, was not sent, and is on its way."""
    patient = Patient(invite(campaign, expires_at=timezone.now() - timedelta(days=1)), Tab())
    patient.open_link()
    with monkeypatch.context() as patch:
        patch.setattr(new_link, "may_ask", lambda invitation: True)
        see(patient, "new_link")
        patient.client.post(address(patient, "new_link"))
        patch.setattr(new_link, "is_on_its_way", lambda invitation: True)
        see(patient, "new_link")


@pytest.mark.hazard("H-02.1")
def test_no_page_says_what_it_is_for_before_the_date_of_birth(
    campaign: Campaign, seen: Seen, offered: list[Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WRONG_DATES_PER_HOUR = 7
    for act in unverified(campaign):
        act()
    ask_for_a_new_link(campaign, monkeypatch)

    assert {name for name, _ in seen} == BEFORE_ONLY | NEVER | {"choose", "dead"}
    for name, response in seen:
        html = unescape(response.content.decode()).lower()
        assert [text for text in ("typhoid", *DETAIL_LINES) if text.lower() in html] == [], name
        assert captions(response) == [], name
        assert (NAME.lower() in html) is (name == "date-of-birth"), name
        check_page(response)
    assert names_drawn_for_all() == []


# After it


def as_booked(campaign: Campaign, state: BookingState, **fields: Any) -> Booking:
    """A booking of a patient in one of its states, settled just now."""
    return make_booking(invite(campaign), state, settled_at=timezone.now(), **fields)


def followed(booking: Booking, name: str = "done") -> None:
    see(Patient(booking.invitation, Tab()).back(), name)


def every_booking(campaign: Campaign) -> None:
    """The page that follows a booking, in each state that a booking can be in."""
    current = [state for state in BookingState if state != BookingState.MOVING]
    for state in current:
        followed(as_booked(campaign, state))
    for later in (BookingState.PENDING, BookingState.UNKNOWN, BookingState.CHECK, BookingState.BOOKED):
        former = as_booked(campaign, BookingState.MOVING)
        make_booking(former.invitation, later, replaces=former, settled_at=timezone.now())
        followed(former)
    tried = as_booked(campaign, BookingState.BOOKED)
    make_booking(tried.invitation, BookingState.SLOT_GONE, replaces=tried, settled_at=timezone.now())
    Invitation.objects.filter(id=tried.invitation_id).update(state=InvitationState.BOOKED)
    followed(tried)
    past = timezone.now() - timedelta(hours=2)
    followed(as_booked(campaign, BookingState.BOOKED, starts_at=past, ends_at=past + timedelta(minutes=10)))


def hold(invitation: Invitation, slot: Any) -> None:
    SlotHold.objects.create(
        invitation=invitation,
        practice=invitation.practice,
        slot_id=slot.id,
        slot=slots.to_json(slot),
        expires_at=timezone.now() + timedelta(minutes=5),
    )


def choosing(campaign: Campaign, free: list[Any], name: str) -> None:
    """The times, the check, and what is shown in place of times."""
    booking = as_booked(campaign, BookingState.BOOKED) if name == "move" else None
    patient = Patient(booking.invitation, Tab()).back() if booking else Patient(invite(campaign)).identified()
    see(patient, name)
    hold(patient.invitation, free.pop())
    see(patient, "move_check" if booking else "check")
    times, free[:] = list(free), []
    see(patient, name)
    free[:] = times
    if booking:
        see(patient, "cancel")
    else:
        waiting_list.ask(invitation=patient.invitation)
        see(patient, "tell_me")


def unavailable(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """The appointment book does not answer."""

    def down(invitation: Invitation) -> None:
        raise slots.Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(slots, "choices", down)
        see(Patient(invite(campaign)).identified(), "times")
        followed(as_booked(campaign, BookingState.BOOKED), "move")
    patient = Patient(invite(campaign)).identified()
    holds.hold(campaign.practice, by=None)
    see(patient, "times")
    holds.release(campaign.practice, by=None)


def verified(campaign: Campaign, free: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that a patient can see once they have given their date of birth."""
    choosing(campaign, free, "times")
    choosing(campaign, free, "move")
    unavailable(campaign, monkeypatch)
    every_booking(campaign)
    patient = Patient(invite(campaign), Tab()).identified("decline")
    for name in ("decline", "choose", "stop"):
        see(patient, name)
    patient.client.post(address(patient, "decline"), follow=True)
    for fields in ENDED.values():
        patient = Patient(invite(campaign), Tab()).identified()
        Invitation.objects.filter(id=patient.invitation.id).update(**fields)
        see(patient, "times")


WITH_DETAILS = ("Choose", "Check", "Appointment booked", "Appointment moved", "Your appointment has not moved")
"""How the titles of the pages begin that show what is good to know before the appointment."""


@pytest.mark.hazard("H-01.8")
def test_after_it_every_page_says_for_whom_and_for_what_and_some_say_more(
    campaign: Campaign, seen: Seen, offered: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    verified(campaign, offered, monkeypatch)

    assert {name for name, _ in seen} | BEFORE_ONLY == all_pages(), "a page that is not walked over here"
    for name, response in seen:
        page = check_page(response)
        is_locked = page.title.startswith("This link is locked")
        assert captions(response) == ([] if name in NEVER or is_locked else [CAPTION]), (name, page.title)
        assert NAME not in page.title
        details = [line for line in DETAIL_LINES if line.lower() in page.text.lower()]
        assert details == (DETAIL_LINES if page.title.startswith(WITH_DETAILS) else []), (name, page.title)
    assert names_drawn_for_all() == []


# The words


@pytest.mark.parametrize(
    ("appointment", "first_name", "caption"),
    [
        ("flu vaccination", "Niamh", "Flu vaccination for Niamh"),
        ("NHS Health Check", "Siân", "NHS Health Check for Siân"),
        ("blood test for diabetes", "Joe", "Blood test for diabetes, for Joe"),
        ("eGFR test", "Joe", "eGFR test for Joe"),
        ("flu vaccination", "", "Flu vaccination"),
        ("", "Niamh", "Appointment for Niamh"),
        ("", "", ""),
    ],
)
def test_the_caption_reads_well_whatever_is_known(appointment: str, first_name: str, caption: str) -> None:
    assert About(first_name, Campaign(appointment_name=appointment)).caption == caption


@pytest.mark.parametrize(
    ("appointment", "given_name", "caption"),
    [("", "Zoë", ["Appointment for Zoë"]), ("flu vaccination", "", ["Flu vaccination"]), ("", "", [])],
)
def test_a_batch_without_a_name_and_a_patient_without_one(
    offered: list[Any], appointment: str, given_name: str, caption: list[str]
) -> None:
    campaign = make_campaign(started=True, rows=0, appointment_name=appointment)
    patient = Patient(invite(campaign, given_name), Tab()).identified()

    response = see(patient, "times")

    assert captions(response) == caption
    check_page(response)


def test_details_are_text_and_never_markup(offered: list[Any]) -> None:
    nasty: dict[str, Any] = {"with_whom": 'Dr "O\'Neil" & co', "what_to_bring": "50% of it\n& more"}
    campaign = make_campaign(started=True, rows=0, appointment_name='A&E "follow-up"', **nasty)
    patient = Patient(invite(campaign, "Seán O'Neil"), Tab()).identified()

    page = check_page(see(patient, "times"))

    assert 'A&E "follow-up" for Seán O\'Neil' in page.text
    assert "50% of it& more" in page.text, "the lines stand below each other"
    assert len(page.all("br")) == 1


# The question


def question(invitation: Invitation) -> Page:
    patient = Patient(invitation, Tab())
    patient.open_link()
    patient.choose()
    return check_page(see(patient, "date_of_birth"))


def heading(page: Page) -> str:
    return text_of(page.all("h1")[0])


@pytest.mark.hazard("H-01.7")
@pytest.mark.parametrize(
    ("given_name", "asked"),
    [
        ("Niamh", "What is Niamh's date of birth?"),
        ("James", "What is James's date of birth?"),
        ("Siân", "What is Siân's date of birth?"),
        ("", "What is your date of birth?"),
    ],
)
def test_the_question_names_whom_the_text_has_named(campaign: Campaign, given_name: str, asked: str) -> None:
    page = question(invite(campaign, given_name))

    assert heading(page) == asked
    of_the_person = "It must be the date of birth of the person the text is for." in page.text
    assert of_the_person is bool(given_name)


def test_the_question_names_nobody_whom_the_text_has_not(campaign: Campaign) -> None:
    """A text that greets nobody, a text that was never written, and a record that has another name since."""
    campaign.message = "Book your appointment at {practice}: {link}"
    campaign.save()
    ungreeted = invite(campaign)
    campaign.message = "Dear {name}, book your appointment at {practice}: {link}"
    campaign.save()
    unwritten, renamed = invite(campaign), invite(campaign)
    Message.objects.filter(subject_id=unwritten.id).delete()
    Recipient.objects.filter(id=renamed.recipient_id).update(given_name="Oonagh")

    for invitation in (ungreeted, unwritten, renamed):
        page = question(invitation)
        assert heading(page) == "What is your date of birth?"
        assert NAME not in page.text
        assert "Oonagh" not in page.text


def test_an_empty_answer_is_asked_for_by_name_too(campaign: Campaign) -> None:
    patient = Patient(invite(campaign), Tab())
    patient.open_link()
    patient.choose()

    page = check_page(patient.client.post(address(patient, "date_of_birth"), {}))

    assert "Enter Niamh's date of birth" in page.text
    assert page.title.startswith("Error: What is the date of birth?")
    assert NAME not in page.title


def test_the_first_page_asks_for_the_date_of_the_person_the_text_is_for(campaign: Campaign) -> None:
    for invitation in (invite(campaign), invite(campaign, state=InvitationState.BOOKED)):
        patient = Patient(invitation, Tab())
        patient.open_link()
        assert "the date of birth of the person the text is for" in page_of(see(patient, "choose")).text
        assert token_for(invitation.id) not in see(patient, "choose").content.decode()
