"""The list of free slots that all patients share: how seldom the clinical system is asked, and what is shown then."""

import json
from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest
from django.core.cache import cache
from django.utils import timezone

from booking.appointments import services
from booking.slots import free_list
from booking.slots import offered as slots
from booking.slots.listing import FreeList, by_time, list_from_json, list_to_json
from campaigns.models import Campaign, Invitation
from integrations.clinical.port import Omission
from tests.booking.surgery import Surgery, made_up_slot
from tests.threads import at_once
from tests.waiting import PATIENCE

PATIENTS = 1_000
AT_ONCE = 25
SEARCH = "gp_connect.slots"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_read() -> Iterator[None]:
    free_list._held.clear()
    yield
    free_list._held.clear()


def ids(invitation: Invitation) -> list[str]:
    return [slot.id for slot in slots.available(invitation)]


def look(invitation: Invitation, times: int) -> None:
    """Patients who come one after another to one process, all of them as new to it as if it had just begun."""
    for _ in range(times):
        free_list._held.clear()
        assert len(ids(invitation)) == 2


@pytest.mark.parametrize("guarded", [True, False], ids=["shared", "each for itself"])
def test_a_thousand_patients_cost_the_clinical_system_a_handful_of_calls(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    surgery.session()
    invitation = surgery.invite()
    look(invitation, 1)
    once = surgery.calls(SEARCH)
    slots.forget(surgery.campaign)
    patients = PATIENTS if guarded else PATIENTS // 10
    if not guarded:
        monkeypatch.setattr(free_list, "free", free_list._ask)

    at_once(lambda: look(invitation, patients // AT_ONCE), times=AT_ONCE)

    asked = surgery.calls(SEARCH) / once - 1
    if guarded:
        assert asked <= 3, "once, and again when what is kept gets old"
    else:
        assert asked == patients


def test_while_one_asks_the_others_see_the_list_before(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    surgery.session()
    invitation = surgery.invite()
    before = ids(invitation)
    monkeypatch.setattr(free_list, "FRESH_SECONDS", -1)
    slots.forget(surgery.campaign)
    ids(invitation)  # kept, and no longer fresh
    asked, go_on, ask = Event(), Event(), free_list._ask

    def slow(campaign: Campaign) -> FreeList:
        asked.set()
        assert go_on.wait(PATIENCE)
        return ask(campaign)

    monkeypatch.setattr(free_list, "_ask", slow)

    def others() -> list[str]:
        assert asked.wait(PATIENCE)
        try:
            return ids(invitation)
        finally:
            go_on.set()

    first, second = at_once(lambda: ids(invitation), others)
    assert first == second == before


def test_a_slot_that_comes_free_while_somebody_asks_is_not_lost(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    surgery.session(count=1)
    invitation = surgery.invite()
    ask = free_list._ask

    def meanwhile(campaign: Campaign) -> FreeList:
        listed = ask(campaign)
        surgery.session(after=4, count=1)
        slots.forget(campaign)
        return listed

    monkeypatch.setattr(free_list, "_ask", meanwhile)
    assert len(ids(invitation)) == 1
    monkeypatch.setattr(free_list, "_ask", ask)
    assert len(ids(invitation)) == 2


def test_an_old_list_still_leaves_out_what_our_patients_took_since(surgery: Surgery) -> None:
    surgery.session(count=3)
    mine, hers, his = surgery.invite(), surgery.invite(), surgery.invite()
    first, second, third = slots.available(mine)
    services.hold(invitation_id=hers.id, slot=first)
    services.hold(invitation_id=his.id, slot=second)
    services.confirm(invitation_id=his.id)

    assert slots.available(mine) == [third]
    slots.forget(surgery.campaign)
    assert slots.available(mine) == [third]


def test_a_clinical_system_that_is_down_is_tried_less_often_the_longer_it_lasts(surgery: Surgery) -> None:
    surgery.sandbox.fault(SEARCH, "status", status=503, times=None)
    invitation = surgery.invite()
    failure, remaining = free_list._failure_key(surgery.campaign), []
    for _ in range(4):
        with pytest.raises(slots.Unavailable):
            slots.available(invitation)
        remaining.append(cache._cache.get_client().ttl(cache.make_key(failure)))  # type: ignore[attr-defined] # Redis
        cache.delete(failure)

    assert [seconds <= limit for seconds, limit in zip(remaining, (5, 5, 30, 30), strict=True)] == [True] * 4
    assert remaining[2] > 5


def test_a_list_is_kept_whole_and_looked_into_by_time() -> None:
    slot, other = made_up_slot(1), made_up_slot(2, after=timedelta(days=4))
    listed = FreeList(timezone.now(), tuple(by_time([other, slot])), ((Omission.NO_START, 2),), 3)
    again = list_from_json(json.loads(json.dumps(list_to_json(listed))))

    assert again == listed
    assert again is not None
    assert (again.left_out, again.unmarked) == (((Omission.NO_START, 2),), 3)
    assert [time.slots for time in again.between(slot.start, other.start)] == [(slot,)]
    assert [time.slots for time in again.between(slot.start, other.end)] == [(slot,), (other,)]
    match = again.time_of("2")
    assert match is not None
    assert match.slots == (other,)
    assert again.time_of("3") is None


def test_a_batch_limited_to_clinicians_sessions_and_days_offers_no_others(surgery: Surgery) -> None:
    surgery.session(clinician="Sr Sara Black", name="Morning", count=1)
    surgery.session(clinician="Dr Ben White", name="Morning", count=1)
    surgery.session(clinician="Sr Sara Black", name="Evening", count=1)
    surgery.session(after=20, clinician="Sr Sara Black", name="Morning", count=1)
    invitation = surgery.invite()
    assert len(ids(invitation)) == 4

    def seen(**limits: object) -> set[tuple[str, str]]:
        Campaign.objects.filter(id=surgery.campaign.id).update(**limits)
        offers = slots.available(Invitation.objects.select_related("campaign__started_by").get(id=invitation.id))
        return {(slot.clinician, slot.session_name) for slot in offers}

    assert seen(clinicians=["Sr Sara Black"]) == {("Sr Sara Black", "Morning"), ("Sr Sara Black", "Evening")}
    assert seen(sessions=["Morning"]) == {("Sr Sara Black", "Morning")}
    assert seen(clinicians=["Dr Nobody"]) == set()
    assert seen(clinicians=[], sessions=[], horizon_days=7)
    fewer = slots.available(Invitation.objects.select_related("campaign__started_by").get(id=invitation.id))
    assert len(fewer) == 3
