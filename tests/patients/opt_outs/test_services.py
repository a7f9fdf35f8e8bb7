"""Opt-outs: one patient or one phone, one practice, kept once, and ended."""

import pytest
from django.db import IntegrityError
from django.utils import timezone

from integrations.messaging.numbers import NotAMobile
from integrations.messaging.reply_words import StopWord
from patients.models import OptOut, OptOutSource
from patients.opt_outs import services as opt_outs
from patients.values.nhs_numbers import NotAnNhsNumber
from practices.models import AuditEvent, Practice, User
from tests.factories import make_practice, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db

NUMBER, MOBILE = "9990000018", "+447700900123"


@pytest.fixture
def practice(db: None) -> Practice:
    return make_practice()


@pytest.fixture
def staff(practice: Practice) -> User:
    return make_staff(practice)


def add(practice: Practice, by: User | None = None, **of: str) -> OptOut:
    return opt_outs.add(practice=practice, by=by, source=OptOutSource.STAFF, **of)


@pytest.mark.parametrize(
    ("written", "stored"),
    [({"nhs_number": "999 000 0018"}, (NUMBER, "")), ({"mobile": " 07700 900123"}, ("", MOBILE))],
)
def test_it_is_read_as_people_write_it(
    practice: Practice, staff: User, written: dict[str, str], stored: tuple[str, str]
) -> None:
    made = add(practice, staff, **written)
    assert (made.nhs_number, made.mobile) == stored
    assert (made.practice, made.created_by, made.source) == (practice, staff, OptOutSource.STAFF)
    assert list(opt_outs.live_of(practice)) == [made]


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ({"nhs_number": "9990000019"}, NotAnNhsNumber),
        ({"mobile": "01632 960000"}, NotAMobile),
        ({}, ValueError),
        ({"nhs_number": " ", "mobile": ""}, ValueError),
        ({"nhs_number": NUMBER, "mobile": MOBILE}, ValueError),
    ],
)
def test_what_is_neither_a_patient_nor_a_phone(
    practice: Practice, written: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        opt_outs.add(practice=practice, by=None, source=OptOutSource.STAFF, **written)
    assert not OptOut.objects.exists()


def test_added_again_it_is_the_same_one(practice: Practice, staff: User) -> None:
    assert add(practice, staff, mobile=MOBILE) == add(practice, mobile="07700900123")
    assert AuditEvent.objects.filter(action="opt_out.added").count() == 1


def test_each_practice_has_its_own(practice: Practice) -> None:
    assert add(practice, mobile=MOBILE) != add(make_practice(), mobile=MOBILE)


def test_an_ended_one_stays_and_a_new_one_may_follow(practice: Practice, staff: User) -> None:
    first = add(practice, mobile=MOBILE)
    opt_outs.end(opt_out=first, by=staff)
    first.refresh_from_db()
    assert first.ended_by == staff
    ended_at = first.ended_at
    assert ended_at is not None
    assert not opt_outs.live_of(practice).exists()
    opt_outs.end(opt_out=first, by=make_staff(practice))
    first.refresh_from_db()
    assert (first.ended_by, first.ended_at) == (staff, ended_at)
    assert add(practice, mobile=MOBILE) != first
    assert OptOut.objects.count() == 2


def test_who_did_it_is_kept_without_the_number(practice: Practice, staff: User) -> None:
    for of in ({"mobile": MOBILE}, {"nhs_number": NUMBER}):
        opt_outs.end(opt_out=add(practice, staff, **of), by=staff)
    events = list(AuditEvent.objects.order_by("id").values("action", "actor", "data"))
    assert [event["action"] for event in events] == ["opt_out.added", "opt_out.ended"] * 2
    assert {event["actor"] for event in events} == {staff.pk}
    assert NUMBER not in str(events)
    assert MOBILE[-9:] not in str(events)


def test_a_phone_that_says_stop_is_kept_once(practice: Practice) -> None:
    """However often it says so."""
    opt_outs.keep_stops(practice, {MOBILE, "+447700900124"}, None)
    opt_outs.keep_stops(practice, {MOBILE}, None)
    by_mobile = {entry.mobile: (entry.source, entry.created_by) for entry in opt_outs.live_of(practice)}
    assert by_mobile == dict.fromkeys((MOBILE, "+447700900124"), (OptOutSource.CHANNEL, None))
    assert OptOut.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of", [{"mobile": MOBILE}, {"nhs_number": NUMBER}])
def test_several_at_the_same_moment_keep_one(practice: Practice, staff: User, of: dict[str, str]) -> None:
    entries = at_once(lambda: add(practice, staff, **of), times=6)
    assert {entry.id for entry in entries} == {OptOut.objects.get().id}
    assert AuditEvent.objects.filter(action="opt_out.added").count() == 1


@pytest.mark.django_db(transaction=True)
def test_ended_and_added_at_the_same_moment(practice: Practice, staff: User) -> None:
    first = add(practice, mobile=MOBILE)
    at_once(lambda: opt_outs.end(opt_out=first, by=staff), lambda: add(practice, mobile=MOBILE), times=3)
    assert opt_outs.live_of(practice).count() <= 1
    first.refresh_from_db()
    assert first.ended_at is not None
    assert AuditEvent.objects.filter(action="opt_out.ended").count() == 1


def test_the_word_is_kept_and_filled_in_where_the_network_was_quicker(practice: Practice) -> None:
    opt_outs.keep_stops(practice, {MOBILE}, StopWord.QUIT)
    assert (OptOut.objects.get().source, OptOut.objects.get().how) == (OptOutSource.TEXT, "Texted QUIT")
    opt_outs.keep_stops(practice, {MOBILE}, None)
    opt_outs.keep_stops(practice, {MOBILE}, StopWord.STOP)
    assert OptOut.objects.get().how == "Texted QUIT"
    opt_outs.end_stops(practice, [MOBILE])
    opt_outs.keep_stops(practice, {MOBILE}, None)
    assert "we do not know" in opt_outs.live_of(practice).get().how
    opt_outs.keep_stops(practice, {MOBILE}, StopWord.STOP)
    assert opt_outs.live_of(practice).get().how == "Texted STOP"
    opt_outs.live_of(practice).update(source=OptOutSource.CHANNEL, word="unrecorded")
    opt_outs.live_of(practice).update(created_at=timezone.now() - opt_outs.SAME_STOP)
    opt_outs.keep_stops(practice, {MOBILE}, StopWord.STOP)
    assert opt_outs.live_of(practice).get().how == "By text. The word was not recorded"


@pytest.mark.parametrize("word", [*StopWord, "unrecorded"])
def test_every_word_can_be_kept_and_said(practice: Practice, word: str) -> None:
    made = OptOut.objects.create(practice=practice, mobile=MOBILE, source=OptOutSource.TEXT, word=word)
    assert made.how
    assert not made.how.endswith(".")


def test_no_other_word_can(practice: Practice) -> None:
    with pytest.raises(IntegrityError):
        OptOut.objects.create(practice=practice, mobile=MOBILE, source=OptOutSource.TEXT, word="my chest")
