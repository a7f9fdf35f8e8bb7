"""Whatever comes in by a link, a date of birth or a button: a test for each input of docs/reference/inputs.md.

Dead links (inputs#dead-links), steps out of order (inputs#steps-out-of-order), what is pressed twice
(inputs#pressed-twice) and so on. Addresses, the neutral page and the clock are tested in full beside those.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from booking.models import Booking, BookingState, Decline, SlotHold
from campaigns.models import Invitation, InvitationState
from core.wording import nhs_time
from integrations.links import token_for
from tests.booking.surgery import BORN, WRONG, Patient, Surgery, boxes
from tests.factories import make_campaign, make_invitation, make_practice
from tests.html import check_page, page_of, text_of
from tests.tab import Tab

pytestmark = pytest.mark.django_db
NO_SLOTS = ["", "-1", "0", str(10**20), "1;drop", "1 or 1=1", "Slot/1", "1.0", "\uff11", "\x00", "A" * 5000]


def at_birth(invitation: Invitation, client: Client | None = None) -> Patient:
    """A patient who is being asked for the date of birth."""
    patient = Patient(invitation, client)
    patient.open_link()
    patient.choose()
    return patient


def failures(invitation: Invitation) -> int:
    return Invitation.objects.get(id=invitation.id).date_of_birth_failures


# The link.


def test_a_link_that_lost_or_gained_a_character_gets_the_neutral_page() -> None:
    token = token_for(make_invitation().id)

    for text in (token[:-1], token + "x", token[1:], token.upper(), token.lower(), quote(quote(f"{token}."))[:-5]):
        answer = Tab().get(f"/i/{text}")
        assert answer.status_code == 404
        assert "This link does not work" in page_of(answer).text


def test_what_a_text_message_app_put_behind_it_does_no_harm() -> None:
    token = token_for(make_invitation().id)

    for behind in (".", ")", ">", "%2E", "%29", "%3E", quote("\u201d")):
        assert Tab().get(f"/i/{token}{behind}").status_code == 303


def test_a_link_leads_to_its_own_practice_whichever_page_was_open_before(client: Client) -> None:
    first, two = (
        make_invitation(make_campaign(make_practice(name=name), started=True))
        for name in ("Elm Surgery", "Oak Surgery")
    )
    Patient(first, client).identified("decline")

    Patient(two, client).open_link()
    page = check_page(client.get("/b/")).text

    assert "Oak Surgery" in page
    assert "Elm Surgery" not in page
    assert client.get("/b/decline/")["Location"] == "/b/date-of-birth/"


def test_under_a_name_that_is_not_ours_nothing_is_shown() -> None:
    invitation = make_invitation()

    answer = Tab().get(f"/i/{token_for(invitation.id)}", headers={"host": "other-surgery.example"})

    assert answer.status_code == 400
    assert invitation.practice.name not in answer.content.decode()


def test_a_hundred_previews_and_then_the_patient() -> None:
    invitation = make_invitation()
    for agent in ("WhatsApp/2.23", "facebookexternalhit/1.1", "Google-Safety", "curl/8", "") * 10:
        robot = Tab(headers={"user-agent": agent})
        robot.get(f"/i/{token_for(invitation.id)}", follow=True)
        robot.head(f"/i/{token_for(invitation.id)}")

    untouched = Invitation.objects.get(id=invitation.id)
    assert (untouched.opened_at, untouched.date_of_birth_failures) == (None, 0)
    assert untouched.state == InvitationState.OPEN
    Patient(invitation).identified()


@pytest.mark.parametrize(
    ("fields", "heading"),
    [
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expired"),
        ({"state": InvitationState.WITHDRAWN}, "withdrawn"),
        ({"state": InvitationState.DECLINED}, "already been used"),
        ({"state": InvitationState.BOOKED}, "Your appointment"),
        ({"state": InvitationState.BOOKING}, "Your appointment"),
    ],
)
def test_a_link_that_is_over_says_which_way_and_gives_the_phone_number(fields: dict[str, Any], heading: str) -> None:
    invitation = make_invitation(**fields)

    page = page_of(Tab().get(f"/i/{token_for(invitation.id)}", follow=True))

    assert heading in page.title
    assert invitation.practice.phone in page.text
    for personal in ("Asha", "Patel", "Flu", "1958", invitation.recipient.nhs_number):
        assert personal not in page.text


# The date of birth.


@pytest.mark.parametrize(
    ("typed", "error", "boxes_wrong"),
    [
        (("", "", ""), "Enter your date of birth", ["day", "month", "year"]),
        (("9", "", ""), "Date of birth must include a month and a year", ["month", "year"]),
        (("\u00b2", "3", "1958"), "Day must be a number, like 15", ["day"]),
        (("1e1", "3", "1958"), "Day must be a number, like 15", ["day"]),
        (("-1", "3", "1958"), "Day must be a number, like 15", ["day"]),
        (("9", "3", "58"), "Year must have 4 numbers, like 1984", ["year"]),
        (("9", "3", "0015"), "Year must have 4 numbers, like 1984", ["year"]),
        (("31", "2", "1958"), "Check the day and the month", ["day", "month"]),
        (("29", "2", "1958"), "Check the day, the month and the year", ["day", "month", "year"]),
        (("9", "3", "2999"), "Date of birth must be in the past", ["year"]),
        (("9" * 4000, "<b>", "1958"), "Day must be a number", ["day", "month"]),
    ],
)
def test_a_date_that_is_none_is_asked_again_box_by_box_and_is_no_try(
    client: Client, typed: tuple[str, str, str], error: str, boxes_wrong: list[str]
) -> None:
    patient = at_birth(make_invitation(), client)
    names = [f"date_of_birth_{part}" for part in ("day", "month", "year")]

    page = check_page(client.post("/b/date-of-birth/", dict(zip(names, typed, strict=True))))

    assert page.title.startswith("Error: ")
    (summary,) = page.with_class("nhsuk-error-summary")
    assert summary.get("data-module") == "nhsuk-error-summary"  # its script moves the focus there
    (link,) = list(summary.iter("a"))
    assert error in text_of(link)
    assert link.get("href") == f"#id_date_of_birth-{boxes_wrong[0]}"
    inputs = [field for field in page.all("input") if field.get("name") in names]
    assert tuple(field.get("value") or "" for field in inputs) == typed
    marked = [field.get("name") for field in inputs if "nhsuk-input--error" in field.get("class", "")]
    assert marked == [f"date_of_birth_{part}" for part in boxes_wrong]
    assert failures(patient.invitation) == 0


@pytest.mark.parametrize("typed", [("9", "March", "1958"), (" 09 ", "mar.", "1958 "), ("\uff19", "\uff13", "1958")])
def test_a_right_date_however_it_is_written_opens(client: Client, typed: tuple[str, str, str]) -> None:
    at_birth(make_invitation(), client)
    names = [f"date_of_birth_{part}" for part in ("day", "month", "year")]

    answer = client.post("/b/date-of-birth/", dict(zip(names, typed, strict=True)))

    assert answer["Location"] == "/b/times/"


def test_boxes_that_were_not_sent_at_all_or_sent_twice_break_nothing(client: Client) -> None:
    patient = at_birth(make_invitation(), client)

    for sent in ({}, {"date_of_birth": "1958-03-09"}, boxes(BORN) | {"date_of_birth_day": ["1", "x"]}):
        assert client.post("/b/date-of-birth/", sent).status_code == 200
    assert failures(patient.invitation) == 0


def test_day_and_month_the_wrong_way_round_is_just_wrong(client: Client) -> None:
    patient = at_birth(make_invitation(), client)

    swapped = check_page(patient.tell_birth(BORN.replace(day=BORN.month, month=BORN.day)))
    other = check_page(patient.tell_birth(WRONG))

    first, second = (text_of(page.with_class("nhsuk-error-message")[0]) for page in (swapped, other))
    assert first == second
    assert failures(patient.invitation) == 2


def test_the_right_date_opens_at_the_fifth_try_and_not_at_the_sixth() -> None:
    at_the_fifth, at_the_sixth = at_birth(make_invitation()), at_birth(make_invitation())

    assert [at_the_fifth.tell_birth(WRONG).status_code for _ in range(4)] == [200] * 4
    assert at_the_fifth.tell_birth().status_code == 303
    assert [at_the_sixth.tell_birth(WRONG).status_code for _ in range(5)] == [200] * 4 + [410]
    assert at_the_sixth.tell_birth().status_code == 410


def test_guesses_from_fifty_addresses_still_lock_the_link() -> None:
    invitation = make_invitation()

    guessers = [at_birth(invitation, Tab(REMOTE_ADDR=f"203.0.113.{number}")) for number in range(50)]

    assert [guesser.tell_birth(WRONG).status_code for guesser in guessers] == [200] * 4 + [410] * 46
    assert failures(invitation) == 5


# The way through the pages.


def test_without_cookies_a_page_explains_and_goes_nowhere() -> None:
    invitation = make_invitation()
    followed = Tab().get(f"/i/{token_for(invitation.id)}")

    answer = Tab().get(followed["Location"])

    assert answer.status_code == 403
    assert not answer.has_header("Location")
    assert "block cookies" in check_page(answer).text


@pytest.mark.parametrize("token", [None, "", "x", "a" * 64])
@pytest.mark.parametrize("path", ["/b/", "/b/date-of-birth/", "/b/times/", "/b/check/", "/b/decline/"])
def test_a_form_without_its_proof_is_explained_and_changes_nothing(path: str, token: str | None) -> None:
    client = Tab(enforce_csrf_checks=True)
    invitation = make_invitation()
    Patient(invitation, client).open_link()
    sent = {"choice": "book", **boxes(WRONG)} | ({} if token is None else {"csrfmiddlewaretoken": token})

    answer = client.post(path, sent)

    assert answer.status_code == 403
    assert "open that link again" in page_of(answer).text
    assert failures(invitation) == 0
    assert Invitation.objects.get(id=invitation.id).opened_at is None


def test_nobody_confirms_or_declines_without_a_date_of_birth(client: Client, surgery: Surgery) -> None:
    slot = surgery.session()
    patient = at_birth(surgery.invite(), client)

    for path, sent in (("/b/times/", {"slot": str(slot)}), ("/b/check/", {}), ("/b/decline/", {}), ("/b/tell-me/", {})):
        assert client.post(path, sent)["Location"] == "/b/date-of-birth/"
    assert (SlotHold.objects.count(), Booking.objects.count(), Decline.objects.count()) == (0, 0, 0)
    assert Invitation.objects.get(id=patient.invitation.id).state == InvitationState.OPEN


def test_nobody_changes_or_reads_an_appointment_without_a_date_of_birth(client: Client, surgery: Surgery) -> None:
    slot = surgery.session()
    booking = surgery.booked(surgery.invite())
    Patient(booking.invitation, client).open_link()

    for path in ("/b/cancel/", "/b/move/", "/b/move/check/", "/b/appointment.ics", "/b/done/"):
        assert client.get(path)["Location"] == "/b/date-of-birth/"
    for path in ("/b/cancel/", "/b/move/", "/b/move/check/"):
        sent = {"booking": str(booking.id), "slot": str(slot + 1)}
        assert client.post(path, sent)["Location"] == "/b/date-of-birth/"
    assert Booking.objects.get().state == BookingState.BOOKED
    assert not SlotHold.objects.exists()


def test_nobody_cancels_an_appointment_that_is_not_theirs(client: Client, surgery: Surgery) -> None:
    surgery.session()
    mine, hers = (surgery.booked(surgery.invite()) for _ in range(2))
    Patient(mine.invitation, client).back()

    for named in (str(hers.id), "", "1", "' or 1=1", "\x00", "0" * 5000):
        assert client.post("/b/cancel/", {"booking": named})["Location"] == "/b/done/"
    assert set(Booking.objects.values_list("state", flat=True)) == {BookingState.BOOKED}


@pytest.mark.parametrize("slot", NO_SLOTS)
def test_a_slot_that_is_none_is_refused_and_the_times_are_shown(client: Client, surgery: Surgery, slot: str) -> None:
    surgery.session()
    patient = Patient(surgery.invite(), client).identified()

    answer = patient.take(slot)

    assert answer["Location"].startswith("/b/times/?notice=")
    assert "You do not have an appointment yet" in check_page(client.get(answer["Location"])).text
    assert not SlotHold.objects.exists()


def test_a_slot_of_another_type_or_practice_or_past_or_taken_is_refused(client: Client, surgery: Surgery) -> None:
    soon = (timezone.now() + timedelta(minutes=5)).isoformat()
    gone_by = (timezone.now() - timedelta(minutes=5)).isoformat()
    taken = surgery.session(after=5, count=1)
    surgery.confirmed(surgery.invite())
    others = [
        Surgery(surgery.sandbox).session(),
        surgery.session(slot_type="Another clinic"),
        surgery.session(start=soon, count=1),
        surgery.session(start=gone_by, count=1),
        taken,
    ]
    patient = Patient(surgery.invite(), client).identified()

    assert {patient.take(slot)["Location"].partition("?")[0] for slot in others} == {"/b/times/"}
    assert not SlotHold.objects.exists()


def test_confirm_pressed_again_or_after_going_back_is_one_booking_on_one_page(client: Client, surgery: Surgery) -> None:
    slot = surgery.session()
    patient = Patient(surgery.invite(), client).identified()
    patient.take(slot)

    answers = [patient.confirm() for _ in range(2)]
    client.get("/b/check/")
    client.get("/b/times/")
    answers.append(patient.confirm())

    assert {answer["Location"] for answer in answers} == {"/b/done/"}
    assert Booking.objects.count() == 1


def test_of_two_phones_with_one_link_one_books_and_the_other_sees_it(surgery: Surgery) -> None:
    slot = surgery.session()
    invitation = surgery.invite()
    mother, son = (Patient(invitation, Tab()).identified() for _ in range(2))
    mother.take(slot)
    son.take(slot + 1)

    mother.confirm()
    son.confirm()

    assert Booking.objects.count() == 1
    shown = [check_page(phone.client.get("/b/done/")).by_id("maincontent") for phone in (mother, son)]
    assert text_of(shown[0]) == text_of(shown[1])  # type: ignore[arg-type] # every page has its main content


def test_after_twenty_five_minutes_somebody_else_may_have_the_slot_and_the_patient_is_offered_others(
    client: Client, surgery: Surgery
) -> None:
    slot = surgery.session()
    with time_machine.travel(timezone.now(), tick=True) as clock:
        away = Patient(surgery.invite(), client).identified()
        away.take(slot)
        clock.shift(timedelta(minutes=25))
        Patient(surgery.invite(), Tab()).identified().take(slot)

        answer = away.confirm()
        page = check_page(client.get(answer["Location"]))

    assert answer["Location"] == "/b/times/?notice=run-out"
    assert "no longer kept for you" in page.text
    assert [button.get("value") for button in page.all("button") if button.get("name") == "slot"] == [str(slot + 1)]
    assert not Booking.objects.exists()


def test_a_slot_that_starts_while_the_patient_reads_is_not_booked(client: Client, surgery: Surgery) -> None:
    with time_machine.travel(timezone.now(), tick=True) as clock:
        start = timezone.now() + timedelta(minutes=70)
        slot = surgery.session(start=start.replace(microsecond=0).isoformat(), count=1)
        patient = Patient(surgery.invite(), client).identified()
        assert nhs_time(start) in check_page(client.get("/b/times/")).text
        patient.take(slot)
        for _ in range(3):
            clock.shift(timedelta(minutes=24))
            client.get("/b/check/")
        assert patient.confirm()["Location"] == "/b/times/?notice=taken"

    assert not Booking.objects.exists()


@pytest.mark.parametrize("language", ["cy", "ar", "zh-Hant", "*", "x" * 500])
def test_a_browser_in_another_language_gets_the_same_page(client: Client, language: str) -> None:
    Patient(make_invitation(), client).open_link()

    asked = [client.get("/b/", headers={"accept-language": accepted}) for accepted in ("en-GB", language)]

    assert [check_page(answer).text for answer in asked] == [check_page(asked[0]).text] * 2
    assert asked[1].has_header("Content-Language") is asked[0].has_header("Content-Language")


def test_on_a_shared_computer_going_back_shows_nothing_personal(client: Client, surgery: Surgery) -> None:
    slot = surgery.session()
    patient = Patient(surgery.invite(), client)
    answers = [patient.open_link(), client.get("/b/"), patient.choose(), client.get("/b/date-of-birth/")]
    answers += [patient.tell_birth(WRONG), patient.tell_birth(), client.get("/b/times/"), patient.take(slot)]
    answers += [client.get("/b/check/"), patient.confirm(), client.get("/b/done/"), client.get("/b/decline/")]

    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
