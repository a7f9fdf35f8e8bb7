"""Managers and their staff: inviting, joining, roles, removing, sessions; and working in several practices."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from practices.models import AuditEvent, Membership, Practice, Role, StaffInvitation, User
from practices.staff import services as staff
from tests.factories import make_practice, make_staff
from tests.html import check_page
from tests.threads import at_once

pytestmark = pytest.mark.django_db

ANSWERS = {"given_name": "Grace", "family_name": "Hill", "password": "correct horse battery staple"}


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def manager(practice: Practice) -> User:
    return make_staff(practice, Role.MANAGER, given_name="Mary", family_name="Nolan")


@pytest.fixture
def at_work(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def invite(client: Client, email: str = "New@Example.org", role: str = "sender") -> str:
    """The path of the link that was emailed."""
    mail.outbox.clear()
    client.post(reverse("practices:invite"), {"email": email, "role": role})
    (sent,) = mail.outbox
    assert sent.to == [email.lower()]
    match = re.search(r"http://testserver(/join/\S+)", str(sent.body))
    assert match
    return match[1]


def actions(practice: Practice) -> list[str]:
    return list(AuditEvent.objects.filter(practice=practice).order_by("id").values_list("action", flat=True))


def test_the_staff_page(at_work: Client, practice: Practice) -> None:
    make_staff(practice, Role.VIEWER, given_name="Vera", family_name="Hughes")
    make_staff(make_practice(), given_name="Zed", family_name="Elsewhere")
    invite(at_work)
    page = check_page(at_work.get(reverse("practices:staff")))
    for phrase in ("Vera Hughes", "Mary Nolan (you)", "new@example.org", "Works until"):
        assert phrase in page.text
    assert "Elsewhere" not in page.text


def test_only_managers_have_it_in_the_head_of_the_page(client: Client, practice: Practice) -> None:
    for role in Role:
        client.force_login(make_staff(practice, role))
        links = [link.get("href") for link in check_page(client.get(reverse("campaigns:home"))).all("a")]
        assert (reverse("practices:staff") in links) == (role == Role.MANAGER)


def test_somebody_new_joins(at_work: Client, practice: Practice) -> None:
    link, browser = invite(at_work, role="viewer"), Client()
    first = browser.get(link)
    assert first.headers["Location"] == reverse("practices:joining"), "the token leaves the address bar"
    assert "Example Surgery" in check_page(browser.get(reverse("practices:joining"))).text
    wrong = check_page(browser.post(reverse("practices:joining"), ANSWERS | {"password": "short"}))
    assert "at least 12 characters" in wrong.text
    done = browser.post(reverse("practices:joining"), ANSWERS, follow=True)
    assert "You have joined Example Surgery" in check_page(done).text
    user = User.objects.get(email="new@example.org")
    assert user.check_password(ANSWERS["password"])
    assert user.memberships.get().role == Role.VIEWER
    assert not done.wsgi_request.user.is_authenticated, "joining logs nobody in"
    assert actions(practice)[-2:] == ["staff.invited", "staff.joined"]
    assert "This link does not work" in check_page(Client().get(link, follow=True)).title, "once only"


def test_the_database_holds_no_link(at_work: Client) -> None:
    token = invite(at_work).rstrip("/").rsplit("/", 1)[1]
    assert token not in str(list(StaffInvitation.objects.values()))
    assert token not in str(list(AuditEvent.objects.values()))


def test_somebody_from_another_practice_is_added(at_work: Client, practice: Practice) -> None:
    elsewhere = make_staff(make_practice(name="Other Surgery"), email="both@example.org")
    browser = Client()
    browser.get(invite(at_work, "both@example.org"))
    page = check_page(browser.get(reverse("practices:joining")))
    assert "You have an account already" in page.text
    browser.post(reverse("practices:joining"))
    assert set(elsewhere.memberships.values_list("practice__name", flat=True)) == {"Other Surgery", practice.name}
    elsewhere.refresh_from_db()
    assert elsewhere.given_name == "Ada", "nothing of their account has changed"


@pytest.mark.parametrize("what", ["withdrawn", "run out", "sent again", "unknown"])
def test_links_that_do_not_work(at_work: Client, what: str) -> None:
    link, later = invite(at_work), timezone.now()
    if what == "withdrawn":
        at_work.post(reverse("practices:withdraw", args=[StaffInvitation.objects.get().id]))
    elif what == "run out":
        later += timedelta(days=3, minutes=1)
    elif what == "sent again":
        assert invite(at_work) != link
    else:
        link = reverse("practices:join", args=["x" * 43])
    with time_machine.travel(later):
        response = Client().get(link, follow=True)
    assert response.status_code == 410
    assert "This link does not work" in check_page(response).title


def test_whoever_works_here_is_not_invited(at_work: Client, practice: Practice) -> None:
    there = make_staff(practice)
    page = check_page(at_work.post(reverse("practices:invite"), {"email": there.email.upper(), "role": "viewer"}))
    assert "works here already" in page.text
    empty = check_page(at_work.post(reverse("practices:invite"), {}))
    assert "Enter their email address" in empty.text
    assert "Choose what they may do" in empty.text
    assert mail.outbox == []


def test_a_role_changes_what_the_next_request_may_do(at_work: Client, practice: Practice) -> None:
    sender, browser = make_staff(practice, Role.SENDER), Client()
    browser.force_login(sender)
    assert browser.get(reverse("campaigns:new")).status_code == 200
    path = reverse("practices:role", args=[sender.id])
    check_page(at_work.get(path))
    at_work.post(path, {"role": "viewer"})
    assert browser.get(reverse("campaigns:new")).status_code == 403
    assert actions(practice) == ["staff.role_changed"]


def test_a_removed_member_is_out_at_once_and_logged_out(at_work: Client, practice: Practice) -> None:
    sender, browser = make_staff(practice), Client()
    browser.force_login(sender)
    path = reverse("practices:remove", args=[sender.id])
    check_page(at_work.get(path))
    assert Membership.objects.filter(user=sender).exists()
    check_page(at_work.post(path, follow=True))
    assert browser.get(reverse("campaigns:home")).headers["Location"].startswith(reverse("account_login"))
    assert actions(practice) == ["staff.removed"]


def test_sessions_are_ended_everywhere(at_work: Client, practice: Practice) -> None:
    sender, browsers = make_staff(practice), [Client(), Client()]
    for browser in browsers:
        browser.force_login(sender)
    at_work.post(reverse("practices:end-sessions", args=[sender.id]))
    for browser in browsers:
        assert not browser.get(reverse("campaigns:home")).wsgi_request.user.is_authenticated
    browsers[0].force_login(User.objects.get(pk=sender.pk))
    assert browsers[0].get(reverse("campaigns:home")).status_code == 200
    assert actions(practice) == ["staff.sessions_ended"]


@pytest.mark.parametrize("act", ["role", "remove"])
def test_a_practice_keeps_a_manager(at_work: Client, practice: Practice, manager: User, act: str) -> None:
    make_staff(practice, Role.MANAGER, is_active=False)
    response = at_work.post(reverse(f"practices:{act}", args=[manager.id]), {"role": "viewer"}, follow=True)
    assert "A practice needs a manager" in check_page(response).text
    assert manager.memberships.get().role == Role.MANAGER


@pytest.mark.django_db(transaction=True)
def test_two_managers_cannot_remove_each_other_at_once() -> None:
    practice = make_practice()
    pair = [make_staff(practice, Role.MANAGER) for _ in range(2)]

    def remove(which: int) -> Any:
        try:
            staff.remove(membership=pair[which].memberships.get(), by=pair[1 - which])
        except (staff.LastManager, Membership.DoesNotExist) as error:
            return type(error)
        return None

    at_once(lambda: remove(0), lambda: remove(1))
    assert practice.memberships.filter(role=Role.MANAGER).count() == 1


def test_somebody_in_two_practices_goes_from_one_to_the_other(client: Client) -> None:
    first, second = make_practice(name="First Surgery"), make_practice(name="Second Surgery")
    both = make_staff(first, Role.MANAGER)
    Membership.objects.create(user=both, practice=second, role=Role.VIEWER)
    client.force_login(both)
    client.post(reverse("patients:opt-outs"), {"term": "9990"})
    assert "9990" in check_page(client.get(reverse("patients:opt-outs"))).text
    page = check_page(client.get(reverse("practices:account")))
    assert "First Surgery, manager. You are here now." in page.text
    response = client.post(reverse("practices:switch"), {"practice": second.ods_code}, follow=True)
    assert "You are now working at Second Surgery" in check_page(response).text
    assert client.get(reverse("practices:staff")).status_code == 403, "the role is that of the practice"
    assert "9990" not in check_page(client.get(reverse("patients:opt-outs"))).text, "a search stays where it was made"


def test_nobody_goes_to_a_practice_where_they_do_not_work(client: Client) -> None:
    mine, theirs = make_practice(name="Mine"), make_practice(name="Theirs")
    client.force_login(make_staff(mine))
    assert client.post(reverse("practices:switch"), {"practice": theirs.ods_code}).status_code == 404
    assert "Mine" in check_page(client.get(reverse("campaigns:home"))).title


def test_whoever_was_removed_from_the_practice_they_chose_is_back_in_their_own(client: Client) -> None:
    mine, other = make_practice(name="Mine"), make_practice(name="Other")
    both = make_staff(mine)
    place = Membership.objects.create(user=both, practice=other)
    client.force_login(both)
    client.post(reverse("practices:switch"), {"practice": other.ods_code})
    place.delete()
    assert "Mine" in check_page(client.get(reverse("campaigns:home"))).title
