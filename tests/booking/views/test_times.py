"""The times page: what is offered, in which order, and what happens when a time is pressed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.appointments import services
from booking.models import Booking, SlotHold
from booking.slots import offered as slots
from booking.slots.offered import by_day
from campaigns.models import Invitation
from core.wording import nhs_date
from tests.booking.surgery import LONDON, Patient, Surgery, day, local, made_up_slot
from tests.factories import make_invitation
from tests.html import check_page

pytestmark = pytest.mark.django_db


def test_times_are_by_day_next_first_morning_and_afternoon(client: Client, surgery: Surgery) -> None:
    surgery.session(after=9, at="14:00:00", count=1)
    surgery.session(after=2, at="14:00:00", count=1)
    surgery.session(after=2, at="11:50:00", count=2)
    Patient(surgery.invite(), client).identified()

    page = check_page(client.get("/b/times/"))

    buttons = [" ".join("".join(button.itertext()).split()) for button in page.all("button")]
    first, second = nhs_date(day(2)), nhs_date(day(9))
    assert buttons == [f"11:50am on {first}", f"midday on {first}", f"2pm on {first}", f"2pm on {second}"]
    assert [heading.text for heading in page.all("h2")] == ["Morning", "Afternoon", "Afternoon"]
    assert [part.get("open") is not None for part in page.all("details")] == [True, False]


def test_only_the_batch_slot_type_in_the_horizon_with_notice_is_offered(surgery: Surgery, settings: Settings) -> None:
    soon = (timezone.now().astimezone(LONDON) + timedelta(minutes=30)).replace(microsecond=0)
    surgery.session(start=(soon).isoformat(), count=1)
    surgery.session(after=5, slot_type="Another clinic")
    surgery.session(after=5, at="10:00:00", delivery_channel="Telephone")
    surgery.session(after=43, count=1)
    last = surgery.session(after=42, at="17:00:00", count=1)
    invitation = surgery.invite()

    assert [slot.id for slot in slots.available(invitation)] == [str(last)]
    settings.BOOKING_HORIZON_DAYS = 7
    slots.forget(surgery.campaign)
    assert slots.available(invitation) == []


def test_other_patients_holds_and_bookings_are_left_out_and_the_own_hold_is_not(surgery: Surgery) -> None:
    surgery.session(count=4)
    mine, hers, his = surgery.invite(), surgery.invite(), surgery.invite()
    first, second, third, fourth = slots.available(mine)
    services.hold(invitation_id=mine.id, slot=first)
    services.hold(invitation_id=hers.id, slot=second)
    services.hold(invitation_id=his.id, slot=third)
    services.confirm(invitation_id=his.id)

    assert slots.available(mine) == [first, fourth]
    SlotHold.objects.filter(invitation=hers).update(expires_at=timezone.now())
    assert slots.available(mine) == [first, second, fourth]


def test_slots_that_differ_only_in_who_is_seen_are_one_time(client: Client, surgery: Surgery) -> None:
    surgery.session(count=1, clinician="Sr Sara Black")
    surgery.session(count=1, clinician="Dr Ben White")
    patients = [Patient(surgery.invite()).identified() for _ in range(3)]
    page = check_page(patients[0].client.get("/b/times/"))
    assert len(page.all("button")) == 1
    pressed = page.all("button")[0].get("value") or ""

    answered = [patient.take(pressed)["Location"] for patient in patients]

    assert answered == ["/b/check/", "/b/check/", "/b/times/?notice=taken"]
    assert SlotHold.objects.values("slot_id").distinct().count() == 2


@pytest.mark.hazard("H-11.2")
def test_places_are_told_apart_when_there_are_several(client: Client, surgery: Surgery) -> None:
    surgery.session(count=1, location="North site", address="1 High Street, Leeds")
    south = surgery.session(count=1, location="South site", address="2 Low Road, Leeds")
    patient = Patient(surgery.invite(), client).identified()

    text = check_page(client.get("/b/times/")).text
    for phrase in ("North site", "1 High Street, Leeds", "South site", "2 Low Road, Leeds"):
        assert phrase in text

    patient.take(south)
    text = check_page(client.get("/b/check/")).text
    assert "South site, 2 Low Road, Leeds" in text
    assert surgery.practice.address not in text or not surgery.practice.address


def test_many_days_come_on_several_pages(client: Client, surgery: Surgery) -> None:
    for after in range(1, 18):
        surgery.session(after=after, count=1)
    Patient(surgery.invite(), client).identified()

    pages = [check_page(client.get("/b/times/", {"page": number})) for number in (1, 2, 3)]

    assert [len(page.all("details")) for page in pages] == [7, 7, 3]
    assert "Show more days" in pages[0].text
    assert "Earlier days" in pages[2].text
    for strange in ("0", "99", "x", "-1"):
        assert client.get("/b/times/", {"page": strange}).status_code == 200


def test_a_pressed_time_is_kept_and_shown_to_check(client: Client, surgery: Surgery) -> None:
    slot_id = surgery.session()
    invitation = surgery.invite()
    patient = Patient(invitation, client).identified()

    assert patient.take(slot_id)["Location"] == "/b/check/"

    page = check_page(client.get("/b/check/"))
    for phrase in (nhs_date(day(3)), "9am", "Branch Surgery", surgery.practice.name, surgery.practice.phone):
        assert phrase in page.text
    assert "not booked yet" in page.text
    held = SlotHold.objects.get()
    assert held.slot_id == str(slot_id)
    assert timedelta(minutes=9) < held.expires_at - timezone.now() <= timedelta(minutes=10)
    assert surgery.books() == []


def test_another_choice_replaces_the_first(surgery: Surgery) -> None:
    slot_id = surgery.session()
    first, second = Patient(surgery.invite()).identified(), Patient(surgery.invite()).identified()
    first.take(slot_id)
    assert second.take(slot_id)["Location"] == "/b/times/?notice=taken"

    first.take(slot_id + 1)

    assert SlotHold.objects.count() == 1
    assert second.take(slot_id)["Location"] == "/b/check/"


@pytest.mark.parametrize("slot", ["", "-1", "999999", "1;drop table", str(10**20), "Slot/1", "\x00"])
def test_a_slot_that_is_not_offered_is_refused_and_the_list_shown_again(
    client: Client, surgery: Surgery, slot: str
) -> None:
    surgery.session()
    patient = Patient(surgery.invite(), client).identified()

    answer = patient.take(slot)

    assert answer["Location"] == "/b/times/?notice=taken"
    page = check_page(client.get(answer["Location"]))
    assert "taken that time" in page.text
    assert not SlotHold.objects.exists()


def test_a_slot_of_another_practice_or_type_is_refused(client: Client, surgery: Surgery) -> None:
    other = Surgery(surgery.sandbox)
    theirs, telephone = other.session(), surgery.session(after=4, slot_type="Telephone consultation")
    patient = Patient(surgery.invite(), client).identified()

    assert patient.take(theirs)["Location"] == "/b/times/?notice=taken"
    assert patient.take(telephone)["Location"] == "/b/times/?notice=taken"


def test_an_unknown_notice_is_ignored(client: Client, surgery: Surgery) -> None:
    surgery.session()
    Patient(surgery.invite(), client).identified()

    assert "<b>" not in client.get("/b/times/?notice=<b>").content.decode()


@pytest.mark.hazard("H-13.1")
def test_when_nothing_is_free_the_page_says_so_with_the_phone_number(client: Client, surgery: Surgery) -> None:
    Patient(surgery.invite(), client).identified()

    page = check_page(client.get("/b/times/"))

    assert "no free times" in page.text
    assert surgery.practice.phone in page.text


@pytest.mark.django_db(transaction=True)
def test_while_the_clinical_system_is_down_patients_are_asked_to_try_later_and_nothing_is_lost(
    client: Client, surgery: Surgery
) -> None:
    surgery.session()
    surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    invitation = surgery.invite()
    Patient(invitation, client).identified()

    response = client.get("/b/times/")

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    page = check_page(response)
    assert surgery.practice.phone in page.text
    assert "Your link works until" in page.text
    assert Invitation.objects.get().state == "open"
    calls = surgery.calls("gp_connect.slots")
    assert client.get("/b/times/").status_code == 503
    assert surgery.calls("gp_connect.slots") == calls, "the next patient is told at once"
    surgery.sandbox.control("faults", method="DELETE")
    slots.forget(surgery.campaign)
    assert client.get("/b/times/").status_code == 200


def test_a_practice_without_a_connection_is_told_to_try_later(client: Client) -> None:
    Patient(make_invitation(), client).identified()

    assert client.get("/b/times/").status_code == 503


def test_many_patients_cost_the_clinical_system_one_search(surgery: Surgery) -> None:
    surgery.session()
    patients = [surgery.invite() for _ in range(5)]
    slots.available(patients[0])
    calls = surgery.calls("gp_connect.slots")

    for invitation in patients:
        slots.available(invitation)

    assert surgery.calls("gp_connect.slots") == calls


def test_without_redis_the_clinical_system_is_asked_each_time(surgery: Surgery, settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    surgery.session()
    invitation = surgery.invite()

    assert len(slots.available(invitation)) == 2
    slots.forget(surgery.campaign)
    assert len(slots.available(invitation)) == 2


def test_a_slot_is_kept_in_rows_exactly_as_it_came() -> None:
    slot = made_up_slot()

    assert slots.from_json(slots.to_json(slot)) == slot


@pytest.mark.parametrize("moment", ["2026-10-25T09:00", "2027-03-28T09:00", "2028-02-29T09:00", "2026-12-31T23:50"])
def test_days_and_halves_of_the_day_are_those_of_london(moment: str) -> None:
    slot = replace(made_up_slot(), start=local(moment).astimezone(tz=timezone.get_default_timezone()))

    (offered_day,) = by_day([slot])

    assert offered_day.date == local(moment).date()
    assert bool(offered_day.morning) == (local(moment).hour < 12)


def test_a_summer_evening_in_utc_is_the_next_day_in_london() -> None:
    slot = replace(made_up_slot(), start=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))

    assert by_day([slot])[0].date == date(2026, 7, 2)


def test_a_hold_that_ran_out_goes_to_who_asks_next() -> None:
    first, second = make_invitation(), make_invitation()
    second.practice = first.practice
    second.save()
    slot = made_up_slot()
    services.hold(invitation_id=first.id, slot=slot)
    with pytest.raises(services.SlotUnavailable):
        services.hold(invitation_id=second.id, slot=slot)
    SlotHold.objects.update(expires_at=timezone.now())

    services.hold(invitation_id=second.id, slot=slot)

    assert SlotHold.objects.get().invitation == second
    with pytest.raises(services.HoldGone):
        services.confirm(invitation_id=first.id)
    assert not Booking.objects.exists()
