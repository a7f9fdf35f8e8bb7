"""The staff's pages about one patient: whole and right in HTML, for the practice's own staff, each in their role."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse
from django.utils import timezone

from booking.models import Booking, BookingState, Decline, SlotHold, WaitingPatient
from booking.slots.offered import to_json
from booking.staff.urls import urlpatterns
from campaigns.models import Invitation, InvitationState
from integrations.links import link_for
from integrations.models.outbox import Message, Purpose
from integrations.models.states import CodeState, MessageState
from practices.audit import trail as audit
from practices.models import AuditEvent, Practice, Role, User
from tests.booking.surgery import made_up_slot, make_booking
from tests.factories import (
    make_campaign,
    make_coded_entry,
    make_invitation,
    make_message,
    make_practice,
    make_recipient,
    make_staff,
)
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db

ALL: list[URLPattern] = [route for route in urlpatterns if "invitation_id" in route.pattern.converters]
ACTIONS = [str(pattern.name) for pattern in ALL if pattern.name != "patient"]
OF_A_BOOKING = ("cancelled-by-hand", "choose-again")
ID = "5f0c1d2e-0000-4000-8000-000000000001"


class Desk:
    """A member of staff at a browser, without JavaScript."""

    def __init__(self, practice: Practice, role: Role = Role.SENDER) -> None:
        self.practice = practice
        self.staff: User = make_staff(practice, role)
        self.client = Client()
        self.client.force_login(self.staff)

    def see(self, name: str, invitation: Invitation, **post: str) -> HttpResponseBase:
        path = address(name, invitation)
        return self.client.post(path, post) if post else self.client.get(path)

    def patient(self, invitation: Invitation) -> Page:
        return check_page(self.see("patient", invitation))

    def press(self, name: str, invitation: Invitation, **post: str) -> str:
        """Send a form and return what the patient's page says then."""
        response = self.client.post(address(name, invitation), post)
        assert (response.status_code, response["Location"]) == (302, address("patient", invitation))
        return " ".join(
            text_of(element) for element in self.patient(invitation).with_class("nhsuk-notification-banner")
        )

    def find(self, term: str) -> Page:
        return check_page(self.client.post("/patients/", {"term": term}, follow=True))


def address(name: str, invitation: Invitation) -> str:
    more = {"booking_id": ID} if name in OF_A_BOOKING else {}
    return reverse(f"staff:{name}", kwargs={"invitation_id": invitation.id, **more})


@pytest.fixture
def practice() -> Practice:
    return make_practice(name="Quay Street Surgery")


@pytest.fixture
def desk(practice: Practice) -> Desk:
    return Desk(practice)


@pytest.fixture
def invitation(practice: Practice) -> Invitation:
    return make_invitation(make_campaign(practice, started=True))


def buttons(page: Page) -> set[str]:
    main = page.by_id("maincontent")
    assert main is not None
    return {text_of(element) for element in main.iter() if "nhsuk-button" in element.get("class", "").split()}


@pytest.mark.parametrize("name", ["patient", *ACTIONS])
def test_another_practices_patient_is_not_there(invitation: Invitation, name: str) -> None:
    stranger, path = Desk(make_practice()), address(name, invitation)
    before = Invitation.objects.filter(id=invitation.id).values().get()

    for response in (stranger.client.get(path), stranger.client.post(path, {"checked": "on", "seen": "0"})):
        assert response.status_code in (404, 405)

    assert Invitation.objects.filter(id=invitation.id).values().get() == before
    assert not AuditEvent.objects.filter(object_id=invitation.id).exists()


def test_a_viewer_looks_and_changes_nothing(practice: Practice, invitation: Invitation) -> None:
    viewer = Desk(practice, Role.VIEWER)

    page = viewer.patient(invitation)

    assert "Your account can look, and change nothing." in page.text
    assert buttons(page) == set()
    for path in [address(name, invitation) for name in ACTIONS]:
        for response in (viewer.client.get(path), viewer.client.post(path, {"checked": "on", "seen": "0"})):
            assert response.status_code in (403, 405)
    assert [event.action for event in AuditEvent.objects.filter(object_id=invitation.id)] == ["patient.seen"]


def test_a_role_that_was_taken_away_counts_at_once(desk: Desk, invitation: Invitation) -> None:
    desk.staff.memberships.update(role=Role.VIEWER)

    assert desk.see("send-again", invitation, seen="0").status_code == 403


@pytest.mark.parametrize(
    "written", ["{0}", "{1} {2} {3}", "  {1}-{2}-{3} ", "Asha Patel", "pat", "07700 900123", "+447700900123"]
)
def test_a_patient_is_found_however_they_are_written(desk: Desk, practice: Practice, written: str) -> None:
    batch = make_campaign(practice, started=True, rows=0)
    assert batch.patient_list is not None
    invited = make_invitation(batch, make_recipient(batch.patient_list, mobile="+447700900123"))
    number = invited.recipient.nhs_number

    page = desk.find(written.format(number, number[:3], number[3:6], number[6:]))

    (link,) = [e for e in page.all("a") if e.get("href") == f"/patients/{invited.id}/"]
    assert "Flu clinic, invited" in text_of(link)


def test_all_invitations_of_a_patient_stand_together(desk: Desk, practice: Practice, invitation: Invitation) -> None:
    other = make_campaign(practice, started=True, rows=0, slot_type="Blood test")
    assert other.patient_list is not None
    again = make_invitation(other, make_recipient(other.patient_list, nhs_number=invitation.recipient.nhs_number))
    booking = make_booking(again)

    page = desk.find(invitation.recipient.nhs_number)

    assert len(page.all("h3")) == 1
    assert {e.get("href") for e in page.all("a")} >= {f"/patients/{item.id}/" for item in (invitation, again)}
    assert "Booked for" in page.text
    assert booking.state == BookingState.BOOKED


@pytest.mark.parametrize(
    ("term", "problem"),
    [
        ("", "Enter an NHS number, a mobile number or a name"),
        ("999 000 0019", "NHS number"),
        ("999 000 00", "NHS number"),
        ("0113 496 0000", "landline"),
        ("A", "Enter 2 letters of the name or more"),
        ("x" * 101, "100 characters or fewer"),
        ("%", "NHS number"),
    ],
)
def test_a_slip_in_the_search_is_named(desk: Desk, term: str, problem: str) -> None:
    page = desk.find(term)

    assert page.title.startswith("Error: ")
    (summary,) = page.with_class("nhsuk-error-summary")
    assert problem.lower() in text_of(summary).lower()


@pytest.mark.parametrize("term", ["%%a", "_a_", "' or a=a --", "a\\", "<script>alert(1)</script>"])
def test_signs_that_mean_something_elsewhere_find_nobody(desk: Desk, invitation: Invitation, term: str) -> None:
    assert "You have invited nobody like this" in desk.find(term).text


def test_a_search_finds_only_the_practices_own_and_is_on_record(desk: Desk, invitation: Invitation) -> None:
    theirs = make_invitation()

    page = desk.find("Patel")

    assert str(theirs.id) not in "".join(e.get("href", "") for e in page.all("a"))
    event = AuditEvent.objects.get(action="patients.searched")
    assert (event.actor, event.practice, event.data) == (desk.staff, desk.practice, {"found": 1})


def test_what_was_searched_for_stands_in_no_address(desk: Desk, invitation: Invitation) -> None:
    response = desk.client.post("/patients/", {"term": "Patel"})

    assert response["Location"] == "/patients/?found=yes"
    assert "Patel" not in check_page(desk.client.get("/patients/")).text


def test_a_find_of_many_takes_no_more_queries(desk: Desk, practice: Practice) -> None:
    batch = make_campaign(practice, started=True, rows=60)
    make_invitation(batch)
    desk.find("Patel")
    with CaptureQueriesContext(connection) as few:
        desk.client.get("/patients/?found=yes")
    for _ in range(59):
        make_invitation(batch)
    with CaptureQueriesContext(connection) as many:
        page = check_page(desk.client.get("/patients/?found=yes"))

    assert len(many) == len(few)
    assert "There are too many to show all." in page.text


def test_to_look_at_a_patient_is_on_record_once(desk: Desk, invitation: Invitation) -> None:
    desk.patient(invitation)
    desk.patient(invitation)

    event = AuditEvent.objects.get(action="patient.seen")
    assert (event.actor, event.object_id) == (desk.staff, invitation.id)


def test_the_story_says_what_happened_when_and_who_did_it(desk: Desk, invitation: Invitation) -> None:
    now = timezone.now()
    text = make_message(invitation, state=MessageState.DELIVERED, sent_at=now, settled_at=now, due_at=None)
    make_coded_entry(invitation, state=CodeState.FILED, settled_at=now, due_at=None)
    Invitation.objects.filter(id=invitation.id).update(opened_at=now, locked_at=now, date_of_birth_failures=5)
    AuditEvent.objects.create(practice=invitation.practice, action="invitation.locked", object_id=invitation.id)
    desk.press("unlock", invitation, checked="on")

    page = desk.patient(invitation)

    for phrase in (
        "Invited with this batch",
        "Text about the invitation: sent",
        "Text about the invitation: delivered",
        "Opened the link and went on",
        "Link locked after too many wrong dates of birth",
        "Link unlocked",
        "Ada Okafor",
        "in the record",
    ):
        assert phrase in page.text
    assert text.body not in page.text


def test_the_story_says_what_was_done_with_the_whole_batch(desk: Desk, invitation: Invitation) -> None:
    batch = invitation.campaign
    for action in ("campaign.reminded", "campaign.paused", "campaign.cancelled"):
        audit.record(action, practice=batch.practice, actor=desk.staff, object_id=batch.id, number=1)
    page = desk.patient(invitation)
    assert "Batch paused" in page.text
    assert "Batch cancelled" in page.text
    assert "reminder" not in page.text  # this patient had none

    make_message(invitation, purpose="reminder", step=1, state=MessageState.DUE)
    page = desk.patient(invitation)
    assert "Asked for a reminder to all who had not answered" in page.text
    assert "Text about the invitation, to remind: waiting to be sent" in page.text


BOOK, MOVE, CANCEL = "Book for the patient", "Move the appointment", "Cancel the appointment"
SEND, RENEW, END, SHOW = "Send the text again", "Renew the link", "End the link", "Show the link"
UNLOCK, REVERSE, SETTLE = "Unlock the link", "Reverse the decline", "Say whether it is in the book"
DECLINE = "Decline for the patient"
PAST, NOW = timezone.now() - timedelta(days=1), timezone.now()

STATES: dict[str, tuple[dict[str, Any], BookingState | None, set[str]]] = {
    "open": ({}, None, {BOOK, DECLINE, SEND, RENEW, END, SHOW}),
    "expired": ({"expires_at": PAST}, None, {BOOK, DECLINE, SEND, RENEW}),
    "locked": ({"locked_at": NOW, "date_of_birth_failures": 5}, None, {BOOK, DECLINE, UNLOCK, RENEW, END}),
    "booked": ({}, BookingState.BOOKED, {MOVE, CANCEL, SHOW}),
    "being booked": ({}, BookingState.PENDING, {SHOW}),
    "in doubt": ({}, BookingState.CHECK, {SETTLE, SHOW}),
    "declined": ({"state": InvitationState.DECLINED}, None, {REVERSE}),
    "withdrawn": ({"state": InvitationState.WITHDRAWN}, None, set()),
}
"""By state: what the row says, the booking, and exactly what the page offers."""


@pytest.mark.parametrize("state", STATES)
def test_the_page_offers_what_can_be_done(desk: Desk, invitation: Invitation, state: str) -> None:
    fields, booking, offered = STATES[state]
    Invitation.objects.filter(id=invitation.id).update(**fields)
    if booking:
        make_booking(invitation, booking)
    if fields.get("state") == InvitationState.DECLINED:
        Decline.objects.create(invitation=invitation, practice=invitation.practice)

    assert buttons(desk.patient(invitation)) == offered


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in ("link", *OF_A_BOOKING, "book", "move")])
def test_what_is_not_offered_is_refused_politely(desk: Desk, invitation: Invitation, state: str, name: str) -> None:
    fields, booking, _ = STATES[state]
    Invitation.objects.filter(id=invitation.id).update(**fields)
    if booking:
        make_booking(invitation, booking)

    for name in set(ACTIONS) - {"link", *OF_A_BOOKING, "book", "move"}:
        response = desk.see(name, invitation)
        if response.status_code == 200:
            check_page(response)
        else:
            assert (name, response.status_code) == (name, 302)


def test_the_patient_of_a_page_is_seen_with_all_that_there_is(desk: Desk, invitation: Invitation) -> None:
    WaitingPatient.objects.create(invitation=invitation, practice=invitation.practice)
    make_booking(invitation, BookingState.NOT_CANCELLED, reason="Your rules forbid it.")
    other = make_campaign(desk.practice, started=True, rows=0)
    assert other.patient_list is not None
    make_invitation(other, make_recipient(other.patient_list, nhs_number=invitation.recipient.nhs_number))

    page = desk.patient(invitation)

    assert "<" not in page.text
    for phrase in (
        "to hear of more times",
        "cancel it in your book",
        "I have cancelled the appointment",
        "Other invitations of this patient",
    ):
        assert phrase in page.text


@pytest.mark.parametrize("name", ["unlock", "decline", "reverse-decline", "cancel"])
def test_who_is_calling_must_be_checked(desk: Desk, invitation: Invitation, name: str) -> None:
    ready: dict[str, dict[str, Any]] = {
        "unlock": {"locked_at": timezone.now()},
        "reverse-decline": {"state": InvitationState.DECLINED},
    }
    Invitation.objects.filter(id=invitation.id).update(**ready.get(name, {"date_of_birth_failures": 0}))
    named = {"booking": str(make_booking(invitation).id)} if name == "cancel" else {"x": "y"}
    before = Invitation.objects.filter(id=invitation.id).values().get()

    page = check_page(desk.see(name, invitation, **named))

    assert page.title.startswith("Error: ")
    assert "Check who is calling, and tick the box" in page.text
    assert Invitation.objects.filter(id=invitation.id).values().get() == before


def test_a_text_is_sent_again_once(desk: Desk, invitation: Invitation) -> None:
    page = check_page(desk.see("send-again", invitation))
    (seen,) = [e.get("value") for e in page.all("input") if e.get("name") == "seen"]
    assert seen == "0"

    assert "The text is on its way." in desk.press("send-again", invitation, seen="0")
    assert "This was done already." in desk.press("send-again", invitation, seen="0")
    assert "on its way. Wait until it has gone" in desk.press("send-again", invitation, seen="1")
    assert Message.objects.filter(subject_id=invitation.id, purpose=Purpose.RESENT).count() == 1


@pytest.mark.parametrize("seen", ["", "x", "-1", "1e3", "²"])
def test_a_form_that_is_not_ours_sends_nothing(desk: Desk, invitation: Invitation, seen: str) -> None:
    desk.press("send-again", invitation, seen=seen)

    assert not Message.objects.exists()


@pytest.mark.parametrize("until", ["", "x", "2026-13-45T00:00:00+00:00", "2026-01-01T00:00:00"])
def test_an_odd_last_day_does_no_harm(desk: Desk, invitation: Invitation, until: str) -> None:
    desk.press("renew", invitation, until=until)


def test_a_link_that_was_ended_in_another_tab_is_renewed_as_it_was_seen(desk: Desk, invitation: Invitation) -> None:
    page = check_page(desk.see("renew", invitation))
    (until,) = [str(e.get("value")) for e in page.all("input") if e.get("name") == "until"]
    assert "The link is ended." in desk.press("end", invitation, go="on")

    assert "This was done already." in desk.press("renew", invitation, until=until)
    page = check_page(desk.see("renew", invitation))
    (until,) = [str(e.get("value")) for e in page.all("input") if e.get("name") == "until"]
    assert "The link is renewed." in desk.press("renew", invitation, until=until)


def test_the_link_is_shown_only_when_it_is_asked_for(desk: Desk, invitation: Invitation) -> None:
    link = link_for(invitation.id)
    assert link not in desk.patient(invitation).text
    assert desk.see("link", invitation).status_code == 405

    response = desk.see("link", invitation, show="it")

    page = check_page(response)
    (box,) = [e for e in page.all("input") if e.get("name") == "link"]
    assert (box.get("value"), box.get("readonly")) == (link, "readonly")
    assert response["Cache-Control"] == "no-store"
    assert AuditEvent.objects.filter(action="invitation.link_shown", actor=desk.staff).count() == 1


def test_cancelling_on_an_old_page_leaves_the_new_appointment_alone(desk: Desk, invitation: Invitation) -> None:
    old = make_booking(invitation, BookingState.CANCELLED)
    new = make_booking(invitation)

    desk.press("cancel", invitation, checked="on", booking=str(old.id))
    desk.press("cancel", invitation, checked="on", booking=ID)
    desk.press("cancel", invitation, checked="on", booking="x")

    new.refresh_from_db()
    assert new.state == BookingState.BOOKED
    assert "is being cancelled" in desk.press("cancel", invitation, checked="on", booking=str(new.id))
    new.refresh_from_db()
    assert (new.state, new.cancelled_by) == (BookingState.CANCELLING, desk.staff)


def test_another_patients_booking_cannot_be_reached(desk: Desk, invitation: Invitation) -> None:
    other = make_invitation(invitation.campaign)
    theirs = make_booking(other, BookingState.NOT_CANCELLED)
    path = reverse("staff:cancelled-by-hand", args=[invitation.id, theirs.id])

    assert desk.client.post(path).status_code == 404
    check_page(desk.client.get(reverse("staff:cancelled-by-hand", args=[other.id, theirs.id])))
    desk.client.post(reverse("staff:cancelled-by-hand", args=[other.id, theirs.id]))
    theirs.refresh_from_db()
    assert theirs.state == BookingState.CANCELLED


def test_the_time_that_is_kept_is_read_back_before_it_is_booked(desk: Desk, invitation: Invitation) -> None:
    slot = made_up_slot()
    SlotHold.objects.create(
        invitation=invitation, practice=invitation.practice, slot_id=slot.id, slot=to_json(slot),
        expires_at=timezone.now() + timedelta(minutes=10),
    )  # fmt: skip

    assert "Read it back to the patient." in check_page(desk.see("book-check", invitation)).text
    page = check_page(desk.see("book-check", invitation, slot=slot.id))
    assert page.title.startswith("Error: ")
    assert not Booking.objects.exists()

    desk.press("book-check", invitation, slot=slot.id, checked="on")
    desk.press("book-check", invitation, slot=slot.id, checked="on")
    assert Booking.objects.get().made_by == desk.staff


def test_a_time_that_is_no_longer_kept_leads_back_to_the_times(desk: Desk, invitation: Invitation) -> None:
    for post in ({}, {"slot": "1", "checked": "on"}):
        response = desk.see("book-check", invitation, **post)
        assert (response.status_code, response["Location"]) == (302, address("book", invitation))


def test_the_page_takes_as_many_queries_however_long_the_story_is(desk: Desk, invitation: Invitation) -> None:
    desk.patient(invitation)
    with CaptureQueriesContext(connection) as few:
        desk.patient(invitation)
    for step in range(20):
        make_message(invitation, purpose=Purpose.RESENT, step=step, state=MessageState.DELIVERED)
        AuditEvent.objects.create(
            practice=invitation.practice, actor=desk.staff, action="invitation.renewed", object_id=invitation.id
        )
    with CaptureQueriesContext(connection) as many:
        desk.patient(invitation)

    assert len(many) == len(few) <= 32
