"""Confirming: committed before a page says so, once per patient, once per slot, whoever presses what and when."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from booking.appointments import services
from booking.appointments.services import HoldGone, NotOpen, SlotUnavailable
from booking.models import Booking, BookingState, Decline, SlotHold
from booking.slots.offered import to_json
from booking.visits.links import Standing
from campaigns.models import Invitation, InvitationState
from practices.models import AuditEvent
from tests.booking.surgery import Patient, Surgery, made_up_slot
from tests.factories import make_campaign, make_invitation
from tests.html import check_page
from tests.tab import Tab

pytestmark = pytest.mark.django_db


def _held(number: int = 1) -> Invitation:
    invitation = make_invitation()
    services.hold(invitation_id=invitation.id, slot=made_up_slot(number))
    return invitation


def _together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment, each in a thread of its own; what was raised is returned."""

    def run(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as raised:
            return raised
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_confirming_commits_a_booking_for_the_worker_and_says_no_more_than_that(
    client: Client, surgery: Surgery
) -> None:
    slot_id = surgery.session()
    invitation = surgery.invite()
    patient = Patient(invitation, client).identified()
    patient.take(slot_id)

    answer = patient.confirm()

    assert (answer.status_code, answer["Location"]) == (303, "/b/done/")
    booking = Booking.objects.get()
    assert (booking.state, booking.slot_id) == (BookingState.PENDING, str(slot_id))
    assert booking.starts_at == datetime.fromisoformat(booking.slot["start"])
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.BOOKING
    assert not SlotHold.objects.exists()
    assert surgery.books() == []
    page = check_page(client.get("/b/done/"))
    assert "not booked yet" in page.text
    assert "Appointment booked" not in page.text
    assert page.by_id("booking").get("data-live")  # type: ignore[union-attr] # missing would fail just as well
    assert AuditEvent.objects.filter(action="booking.confirmed", object_id=booking.id).exists()


def test_confirming_ten_times_is_one_booking_on_the_same_page(client: Client, surgery: Surgery) -> None:
    slot_id = surgery.session()
    patient = Patient(surgery.invite(), client).identified()
    patient.take(slot_id)

    answered = {patient.confirm()["Location"] for _ in range(10)}

    assert answered == {"/b/done/"}
    assert Booking.objects.count() == 1
    assert client.get("/b/times/")["Location"] == "/b/done/"
    assert client.get("/b/decline/")["Location"] == "/b/done/"
    assert client.get("/b/")["Location"] == "/b/done/"


@pytest.mark.django_db(transaction=True)
def test_confirming_ten_times_at_once_is_one_booking() -> None:
    invitation = _held()

    results = _together([partial(services.confirm, invitation_id=invitation.id)] * 10)

    assert len({booking.id for booking in results}) == 1
    assert Booking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_patients_who_press_one_slot_one_gets_it() -> None:
    campaign = make_campaign(started=True, rows=10)
    invitations = [make_invitation(campaign) for _ in range(10)]
    slot = made_up_slot()

    presses = [partial(services.hold, invitation_id=invitation.id, slot=slot) for invitation in invitations]
    results = Counter(type(result) for result in _together(presses))

    assert results == {SlotHold: 1, SlotUnavailable: 9}


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_refuses_a_second_live_booking_of_a_slot_or_of_an_invitation() -> None:
    """The last guard: it holds with every lock and check of ours left out."""
    campaign = make_campaign(started=True, rows=2)
    first, second = make_invitation(campaign), make_invitation(campaign)

    def book(invitation: Invitation, number: int, state: str = BookingState.PENDING) -> Booking:
        slot = made_up_slot(number)
        return Booking.objects.create(
            practice=campaign.practice,
            invitation=invitation,
            slot_id=slot.id,
            slot=to_json(slot),
            starts_at=slot.start,
            ends_at=slot.end,
            state=state,
        )

    book(first, 1)
    for invitation, number in ((second, 1), (first, 2)):
        with pytest.raises(IntegrityError), transaction.atomic():
            book(invitation, number)
    book(second, 1, BookingState.SLOT_GONE)
    book(second, 2)


@pytest.mark.django_db(transaction=True)
def test_a_slot_held_by_nobody_any_more_but_booked_meanwhile_is_refused_in_words() -> None:
    """Two holds of one slot cannot be; should they ever, the second patient is told and nothing breaks."""
    campaign = make_campaign(started=True, rows=2)
    first, second = make_invitation(campaign), make_invitation(campaign)
    services.hold(invitation_id=first.id, slot=made_up_slot(1))
    services.hold(invitation_id=second.id, slot=made_up_slot(2))
    services.confirm(invitation_id=first.id)
    SlotHold.objects.filter(invitation=second).update(slot_id="1", slot=to_json(made_up_slot(1)))

    with pytest.raises(SlotUnavailable):
        services.confirm(invitation_id=second.id)

    assert Booking.objects.count() == 1
    assert Invitation.objects.get(id=second.id).state == InvitationState.OPEN


@pytest.mark.django_db(transaction=True)
def test_book_in_one_tab_and_decline_in_another_whoever_is_first_wins() -> None:
    for _ in range(5):
        invitation = _held()
        both = _together(
            [
                partial(services.confirm, invitation_id=invitation.id),
                partial(services.decline, invitation_id=invitation.id),
            ]
        )

        won, lost = sorted(both, key=lambda result: isinstance(result, Exception))

        assert isinstance(won, Booking | Decline)
        assert isinstance(lost, NotOpen)
        booked = isinstance(won, Booking)
        assert lost.standing == (Standing.USED_TO_BOOK if booked else Standing.DECLINED)
        assert invitation.bookings.count() == int(booked)
        assert Decline.objects.filter(invitation=invitation).count() == int(not booked)


def test_who_comes_second_in_the_other_tab_is_told(client: Client, surgery: Surgery) -> None:
    slot_id = surgery.session()
    booker, decliner = surgery.invite(), surgery.invite()
    first = Patient(booker, client).identified()
    first.take(slot_id)
    first.confirm()
    assert client.post("/b/decline/")["Location"] == "/b/done/"

    other = Patient(decliner).identified()
    other.take(slot_id + 1)
    other.client.post("/b/decline/")
    assert other.confirm()["Location"] == "/b/declined/"
    assert other.client.get("/b/times/")["Location"] == "/b/declined/"


@pytest.mark.django_db(transaction=True)
def test_two_phones_with_one_link_make_one_booking(surgery: Surgery) -> None:
    slot_id = surgery.session()
    invitation = surgery.invite()
    phones = [Patient(invitation, Tab()).identified() for _ in range(2)]
    phones[0].take(slot_id)
    phones[1].take(slot_id + 1)

    _together([phone.confirm for phone in phones])

    assert Booking.objects.count() == 1
    assert [check_page(phone.client.get("/b/done/")).title[:7] for phone in phones] == ["We are "] * 2


def test_a_hold_that_ran_out_still_counts_while_nobody_else_wants_the_slot() -> None:
    invitation = _held()
    SlotHold.objects.update(expires_at=timezone.now() - timedelta(minutes=15))

    assert services.confirm(invitation_id=invitation.id).state == BookingState.PENDING


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_runs_out_during_confirm_goes_to_one_of_the_two() -> None:
    for number in range(5):
        campaign = make_campaign(started=True, rows=2)
        slow, quick = make_invitation(campaign), make_invitation(campaign)
        slot = made_up_slot(number)
        services.hold(invitation_id=slow.id, slot=slot)
        SlotHold.objects.filter(invitation=slow).update(expires_at=timezone.now())

        confirmed, taken = _together(
            [
                partial(services.confirm, invitation_id=slow.id),
                partial(services.hold, invitation_id=quick.id, slot=slot),
            ]
        )

        if isinstance(confirmed, Booking):
            assert isinstance(taken, SlotUnavailable)
            assert not SlotHold.objects.filter(practice=campaign.practice).exists()
        else:
            assert isinstance(confirmed, HoldGone)
            assert isinstance(taken, SlotHold)


@pytest.mark.django_db(transaction=True)
def test_two_patients_who_swap_their_slots_at_once_do_not_break_each_other() -> None:
    campaign = make_campaign(started=True, rows=2)
    first, second = make_invitation(campaign), make_invitation(campaign)
    for _ in range(3):
        services.hold(invitation_id=first.id, slot=made_up_slot(1))
        services.hold(invitation_id=second.id, slot=made_up_slot(2))

        results = _together(
            [
                partial(services.hold, invitation_id=first.id, slot=made_up_slot(2)),
                partial(services.hold, invitation_id=second.id, slot=made_up_slot(1)),
            ]
        )

        assert all(isinstance(result, SlotHold | SlotUnavailable) for result in results)
        SlotHold.objects.all().delete()


def test_a_time_chosen_in_another_tab_is_not_booked_by_this_one(client: Client, surgery: Surgery) -> None:
    slot_id = surgery.session()
    patient = Patient(surgery.invite(), client).identified()
    patient.take(slot_id)
    patient.take(slot_id + 1)

    assert client.post("/b/check/", {"slot": str(slot_id)})["Location"] == "/b/times/?notice=run-out"

    assert not Booking.objects.exists()
    assert client.post("/b/check/", {"slot": str(slot_id + 1)})["Location"] == "/b/done/"


def test_a_time_that_has_begun_is_not_booked() -> None:
    invitation = make_invitation()
    services.hold(invitation_id=invitation.id, slot=made_up_slot(after=-timedelta(seconds=1)))

    with pytest.raises(SlotUnavailable):
        services.confirm(invitation_id=invitation.id)


def test_a_link_that_ran_out_or_was_locked_meanwhile_books_nothing() -> None:
    for change, standing in (
        ({"expires_at": timezone.now()}, Standing.EXPIRED),
        ({"locked_at": timezone.now()}, Standing.LOCKED),
    ):
        invitation = _held(2)
        Invitation.objects.filter(id=invitation.id).update(**change)
        with pytest.raises(NotOpen) as closed:
            services.confirm(invitation_id=invitation.id)
        assert closed.value.standing == standing
    assert not Booking.objects.exists()
