"""Practices, people, and the trail of what they did."""

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from practices.audit import trail as audit
from practices.middleware import current_practice, membership_of
from practices.models import AuditEvent, Membership, Practice, User
from tests.factories import make_practice, make_staff

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("code", ["A00099", "Y00001", "RXX", "8HK12"])
def test_ods_codes(code: str) -> None:
    Practice(name="A", ods_code=code, phone="1", clinical_system="emis").full_clean()


@pytest.mark.parametrize("code", ["a00099", "A 0099", "", "A", "A0009900000", "A00099/.."])
def test_what_is_no_ods_code(code: str) -> None:
    with pytest.raises(ValidationError) as fault:
        Practice(name="A", ods_code=code, phone="1", clinical_system="emis").full_clean()
    assert list(fault.value.message_dict) == ["ods_code"]


def test_one_practice_for_an_ods_code() -> None:
    practice = make_practice()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_practice(ods_code=practice.ods_code)


def test_one_place_for_a_person_in_a_practice() -> None:
    practice = make_practice()
    staff = make_staff(practice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=staff, practice=practice)


def test_one_account_for_an_email_address_however_it_is_written() -> None:
    User.objects.create_user("Ada@Example.org", "a long made-up password", given_name="Ada", family_name="Okafor")
    again = User(email="ADA@example.org", given_name="Ada", family_name="Okafor", password="x")
    with pytest.raises(ValidationError) as fault:
        again.full_clean()
    assert "email" in fault.value.message_dict


@pytest.mark.parametrize(
    ("make", "is_administrator"), [("create_user", False), ("create_superuser", True)], ids=["staff", "administrator"]
)
def test_making_users(make: str, is_administrator: bool) -> None:
    user = getattr(User.objects, make)("Ada@Example.org", "secret words", given_name="Ada", family_name="Okafor")
    assert (user.email, user.get_full_name(), user.get_short_name(), str(user)) == (
        "ada@example.org",
        "Ada Okafor",
        "Ada",
        "Ada Okafor",
    )
    assert (user.is_staff, user.is_superuser) == (is_administrator, is_administrator)
    assert user.check_password("secret words")
    assert "secret words" not in user.password


def test_the_practice_of_a_request_is_where_its_person_works() -> None:
    practice = make_practice()
    staff = make_staff(practice)
    seen: list[Any] = []

    def look(request: HttpRequest) -> HttpResponse:
        seen.append(getattr(request, "practice", "nothing"))
        return HttpResponse()

    handle = current_practice(look)
    request = RequestFactory().get("/")
    request.user, request.session = staff, SessionStore()
    handle(request)
    assert seen == [practice]
    Membership.objects.all().delete()
    assert membership_of(staff) is None
    handle(request)
    assert not seen[-1]


def test_the_trail_says_who_did_what() -> None:
    practice = make_practice()
    staff = make_staff(practice)
    audit.record("campaign.sent", practice=practice, actor=staff, object_id=practice.id, rows=3)
    audit.record("outbox.swept", practice=None, actor=None)
    sent, swept = AuditEvent.objects.order_by("id")
    assert (sent.practice, sent.actor, sent.object_id, sent.data) == (practice, staff, practice.id, {"rows": 3})
    assert (swept.practice, swept.actor, swept.data) == (None, None, {})


def test_what_was_done_is_not_forgotten_with_who_did_it() -> None:
    practice = make_practice()
    staff = make_staff(practice)
    audit.record("campaign.sent", practice=practice, actor=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        staff.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        practice.delete()
