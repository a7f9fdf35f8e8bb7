"""Which accounts count as one person: a decision over facts, and where those facts come from."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from practices.models import AuditEvent, Practice, Role, User, same_person
from practices.models.accounts import AccountTie, FormerAddress, UsedBrowser
from practices.models.same_person import Account, Relation, Tie, TieKind
from practices.staff import second_persons
from practices.staff import services as staff
from tests.factories import make_practice, make_staff

A, B, C, D = (UUID(int=number) for number in range(1, 5))
PHONE, DESK = UUID(int=11), UUID(int=12)
NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
EARLIER = NOON - timedelta(days=1)
MADE, SESSION = TieKind.MADE, TieKind.SESSION


def account(name: str = "", *boxes: str, **browsers: datetime) -> Account:
    places = {"phone": PHONE, "desk": DESK}
    return Account(name, frozenset(boxes), {places[place]: since for place, since in browsers.items()})


# The decision


@pytest.mark.parametrize(
    ("invited", "maker", "expected"),
    [
        (account("bo"), account("al"), Relation.BROWSER),
        (account("bo", desk=NOON), account("al", desk=EARLIER), Relation.BROWSER),
        (account("bo", desk=EARLIER), account("al", desk=NOON), Relation.OTHER),
        (account("bo", desk=NOON, phone=NOON), account("al", desk=EARLIER), Relation.OTHER),
        (account("bo", phone=NOON), account("al"), Relation.OTHER),
        (account("bo", phone=NOON), account("bo", desk=NOON), Relation.NAME),
        (account("", phone=NOON), account("", desk=NOON), Relation.OTHER),
        (account("bo", "x", phone=NOON), account("al", "x", desk=NOON), Relation.ADDRESS),
    ],
)
def test_an_account_that_somebody_invited(invited: Account, maker: Account, expected: Relation) -> None:
    facts, ties = {A: maker, B: invited}, [Tie(B, A, MADE)]
    assert same_person.relation(A, B, facts, ties) == same_person.relation(B, A, facts, ties) == expected
    assert expected.is_second_person is (expected == Relation.OTHER)


def test_accounts_without_a_tie_are_two_people() -> None:
    facts = {A: account("bo", "x"), B: account("bo", "y")}
    assert same_person.relation(A, B, facts, []) == Relation.OTHER
    assert same_person.relation(A, A, facts, []) == Relation.SAME


def test_whoever_joined_where_another_was_logged_in_counts_as_them() -> None:
    facts = {A: account("al", desk=EARLIER), B: account("bo", phone=EARLIER)}
    assert same_person.relation(A, B, facts, [Tie(B, A, SESSION)]) == Relation.SESSION


def test_one_person_may_have_more_than_two_accounts() -> None:
    facts = {A: account("al", "x"), B: account("bo", "x", "y"), C: account("cy", "y"), D: account("di", phone=NOON)}
    ties = [Tie(D, A, MADE)]
    assert same_person.relation(A, C, facts, ties) == Relation.THROUGH
    assert same_person.relation(B, C, facts, ties) == Relation.ADDRESS
    assert same_person.relation(D, C, facts, ties) == Relation.OTHER
    two = {A: account("al"), B: account("bo"), C: account("cy")}
    assert same_person.relation(B, C, two, [Tie(B, A, MADE), Tie(C, A, MADE)]) == Relation.THROUGH


@pytest.mark.parametrize("relation", [one for one in Relation if one != Relation.OTHER])
def test_every_refusal_says_why(relation: Relation) -> None:
    sentence = same_person.refusal(relation, "the one that wrote the code")
    assert sentence.startswith("This account and the one that wrote the code seem to be the same person (")
    assert sentence.endswith("). Somebody else must check it.")


@pytest.mark.parametrize("other", [("ADA", "okafor"), ("Okafor", "Ada"), ("Adá", " Okafor "), ("Ada-Okafor", "")])
def test_one_name_in_many_ways(other: tuple[str, str]) -> None:
    assert same_person.name_to_compare(*other) == same_person.name_to_compare("Ada", "Okafor")


# The facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def manager(practice: Practice) -> User:
    return make_staff(practice, Role.MANAGER, given_name="Mina", family_name="Lowe", email="mina@example.org")


@pytest.fixture
def other(practice: Practice) -> User:
    return make_staff(practice, email="other@example.org")


def relation(first: User, two: User) -> Relation:
    return second_persons.relation(first, two)


def test_two_members_of_staff_are_two_people(manager: User, other: User) -> None:
    assert relation(manager, other) == Relation.OTHER
    assert relation(manager, manager) == Relation.SAME


@pytest.mark.hazard("H-19.1")
@pytest.mark.parametrize("way", ["tag", "allauth", "openid", "openid-token", "former", "former-console"])
def test_an_address_in_common(manager: User, other: User, way: str) -> None:
    if way == "tag":
        User.objects.filter(pk=other.pk).update(email="mina+2@example.org")
    elif way == "allauth":
        EmailAddress.objects.create(user=other, email="Mina@Example.org", verified=False)
    elif way.startswith("openid"):
        claims = {"email": "mina@example.org"}
        data = {"id_token": claims} if way == "openid-token" else claims
        SocialAccount.objects.create(user=other, provider="nhs", uid="1", extra_data=data)
    else:
        other.email = "mina+old@example.org"
        other.save()
        if way == "former":
            other.email = "new@example.org"
            other.save()
        else:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE practices_user SET email = 'new@example.org' WHERE id = %s", [other.pk])
        assert FormerAddress.objects.filter(user=other).count() == 2
    assert relation(manager, other) == Relation.ADDRESS


def joined(practice: Practice, by: User, signed_in: User | None = None, **fields: str) -> User:
    invitation, _ = staff.invite(practice=practice, by=by, email="zoe@example.org", role=Role.SENDER)
    new = User(given_name="Zoe", family_name="Hall", **fields)
    return staff.join(invitation=invitation, new=new, signed_in=signed_in)


def test_an_invited_account_is_nobody_else_until_it_is_used_elsewhere(practice: Practice, manager: User) -> None:
    zoe = joined(practice, manager)
    assert relation(manager, zoe) == Relation.BROWSER
    UsedBrowser.objects.create(user=zoe, browser=uuid4())
    assert relation(manager, zoe) == Relation.OTHER


def test_who_was_there_already_owes_nothing_to_who_invites_them(practice: Practice, manager: User) -> None:
    zoe = make_staff(make_practice(), email="zoe@example.org")
    assert joined(practice, manager) == zoe
    assert relation(manager, zoe) == Relation.OTHER


def test_an_administrator_says_that_they_are_two(practice: Practice, manager: User) -> None:
    zoe = joined(practice, manager, signed_in=manager)
    assert relation(manager, zoe) == Relation.SESSION
    third = make_staff(make_practice(), is_staff=True)
    for tie in AccountTie.objects.all():
        with pytest.raises(second_persons.NoThirdPerson):
            second_persons.say_two_people(tie=tie, by=manager)
        for _ in range(2):
            second_persons.say_two_people(tie=tie, by=third)
    assert relation(manager, zoe) == Relation.OTHER
    events = AuditEvent.objects.filter(action="account.two_people")
    assert sorted(event.data["kind"] for event in events) == ["made", "session"]


PASSWORD = {"password": "correct horse battery staple"}
PERSON = {"given_name": "Zoe", "family_name": "Hall", **PASSWORD}


def invitation_link(practice: Practice, by: User) -> str:
    _, token = staff.invite(practice=practice, by=by, email="zoe@example.org", role=Role.MANAGER)
    return reverse("practices:join", args=[token])


def log_in(client: Client, email: str, password: str) -> None:
    assert client.post(reverse("account_login"), {"login": email, "password": password}).status_code == 302


def use(client: Client, link: str) -> User:
    client.get(link)
    assert client.post(reverse("practices:joining"), PERSON).status_code == 302
    return User.objects.get(email="zoe@example.org")


def test_joining_in_the_inviters_session_is_seen(client: Client, practice: Practice, manager: User) -> None:
    client.force_login(manager)
    zoe = use(client, invitation_link(practice, manager))
    log_in(Client(), zoe.email, PASSWORD["password"])
    assert relation(zoe, manager) == Relation.SESSION


def test_joining_in_the_inviters_browser_counts_until_it_is_used_elsewhere(
    client: Client, practice: Practice, manager: User
) -> None:
    log_in(client, manager.email, "a long made-up password")
    assert client.cookies[settings.BROWSER_COOKIE_NAME]["httponly"]
    link = invitation_link(practice, manager)
    client.post(reverse("account_logout"))
    zoe = use(client, link)
    log_in(client, zoe.email, PASSWORD["password"])
    assert relation(zoe, manager) == Relation.BROWSER
    elsewhere = Client()
    log_in(elsewhere, zoe.email, PASSWORD["password"])
    assert relation(zoe, manager) == Relation.OTHER
    elsewhere.post(reverse("account_logout"))
    log_in(elsewhere, manager.email, "a long made-up password")
    assert relation(zoe, manager) == Relation.OTHER, "it was Zoe's browser first"


def test_an_invitation_used_where_a_colleague_is_logged_in_ties_to_that_colleague(
    client: Client, practice: Practice, manager: User, other: User
) -> None:
    client.force_login(other)
    zoe = use(client, invitation_link(practice, manager))
    assert relation(zoe, other) == Relation.SESSION


def test_a_cookie_that_is_none_of_ours_is_replaced(client: Client, manager: User) -> None:
    client.cookies[settings.BROWSER_COOKIE_NAME] = "nonsense"
    log_in(client, manager.email, "a long made-up password")
    assert UUID(client.cookies[settings.BROWSER_COOKIE_NAME].value) == UsedBrowser.objects.get().browser


def test_a_patients_page_sets_no_browser_cookie(client: Client) -> None:
    assert settings.BROWSER_COOKIE_NAME not in client.get("/health/").cookies


def test_an_account_that_an_administrator_adds_is_theirs_at_first_and_a_third_may_speak_for_both(
    client: Client, practice: Practice
) -> None:
    first, third = (
        User.objects.create_superuser(f"{name}@example.org", "x" * 20, given_name=name, family_name="Min")
        for name in ("first", "third")
    )
    client.force_login(first)
    person = {"email": "zoe@example.org", "given_name": "Zoe", "family_name": "Hall", "usable_password": "true"}
    passwords = {"password1": PASSWORD["password"], "password2": PASSWORD["password"]}
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    client.post(reverse("admin:practices_user_add"), person | passwords | inline)
    zoe = User.objects.get(email="zoe@example.org")
    assert relation(first, zoe) == Relation.BROWSER
    path, tie = reverse("admin:practices_accounttie_changelist"), AccountTie.objects.get()
    form = {"action": "say_two_people", "_selected_action": [str(tie.pk)]}
    assert "You are one of the two" in client.post(path, form, follow=True).content.decode()
    client.force_login(third)
    assert "count as two people now" in client.post(path, form, follow=True).content.decode()
    assert relation(first, zoe) == Relation.OTHER
