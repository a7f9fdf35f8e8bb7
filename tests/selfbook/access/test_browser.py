"""Joining a practice, setting up a second factor and using it, in a real browser."""

import re
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from practices.models import Practice, Role, User
from tests.factories import make_practice, make_staff
from tests.pages.browser import browser_page
from tests.selfbook.access.codes import code
from tests.system.visitor import Visitor

PASSWORD = "a long made-up password"  # the factory's


@pytest.fixture
def practice(served: str) -> Practice:
    return make_practice()


@pytest.fixture
def manager(practice: Practice) -> User:
    return make_staff(practice, Role.MANAGER, given_name="Mary", family_name="Nolan", email="mary@example.org")


@pytest.fixture(autouse=True)
def _required(settings: Settings, served: str) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    settings.PUBLIC_BASE_URL = served


class Window(Visitor):
    """Somebody of the staff, who looks over each page that they come to."""

    def when_they_log_in(self, email: str, password: str = PASSWORD) -> None:
        self.page.goto(f"{self.web_url}/account/login/")
        self.then_the_page_is("Log in")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.when_they_press("Log in")

    def follow(self, label: str) -> None:
        self.page.get_by_role("link", name=label).first.click()

    def when_they_set_up_an_app(self) -> None:
        self.then_the_page_is("Ways to prove it is you")
        self.when_they_press("Set up an app")
        self.then_the_page_is("Set up an app")
        secret = str(self.page.locator("#key").text_content()).replace(" ", "")
        self.page.get_by_label("Code from your app").fill("000000")
        self.when_they_press("Continue")
        self.then_the_problem_is(re.compile("The code is wrong"), self.page.get_by_label("Code from your app"))
        self.page.get_by_label("Code from your app").fill(code(secret))
        self.when_they_press("Continue")
        self.then_the_page_is("Your recovery codes")


def test_a_manager_invites_somebody_who_joins_and_sets_up_an_app(served: str, manager: User) -> None:
    with browser_page() as page:
        given = Window(page, served)
        given.when_they_log_in(manager.email)
        given.when_they_set_up_an_app()
        given.when_they_press("I have kept them")
        given.then_the_page_is("Batches")
        given.follow("Staff")
        given.then_the_page_is("Staff")
        given.when_they_press("Invite somebody")
        given.then_the_page_is("Invite somebody")
        given.when_they_press("Send the invitation")
        given.then_the_problem_is("Enter their email address", page.get_by_label("Their work email address"))
        page.get_by_label("Their work email address").fill("grace@example.org")
        page.get_by_label("Sender", exact=True).check()
        given.when_they_press("Send the invitation")
        given.then_the_page_is("Staff")
        expect(page.get_by_text("Invitation sent to grace@example.org")).to_be_visible()
        given.follow("Mary Nolan")
        given.then_the_page_is("Your account")
    link = re.search(r"http\S+/join/\S+", str(mail.outbox[-1].body))
    assert link
    with browser_page() as page:
        given = Window(page, served)
        page.goto(link[0])
        given.then_the_page_is("Join Example Surgery")
        assert page.url.endswith("/join/")
        page.get_by_label("First name").fill("Grace")
        page.get_by_label("Last name").fill("Hill")
        page.get_by_label("Choose a password", exact=True).fill("correct horse battery staple")
        given.when_they_press("Join")
        given.then_the_page_is("Log in")
        given.when_they_log_in("grace@example.org", "correct horse battery staple")
        given.when_they_set_up_an_app()


def test_changing_a_role_and_removing_without_a_script(served: str, settings: Settings, manager: User) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    make_staff(manager.memberships.get().practice, given_name="Rita", family_name="Shaw", email="rita@example.org")
    with browser_page(scripts=False) as page:
        given = Window(page, served)
        given.when_they_log_in(manager.email)
        given.follow("Staff")
        given.follow("Change role of Rita Shaw")
        given.then_the_page_is("Change the role of Rita Shaw")
        page.get_by_label("Viewer", exact=True).check()
        given.when_they_press("Save")
        given.then_the_page_is("Staff")
        page.get_by_role("button", name="Log out everywhere Rita Shaw").click()
        expect(page.get_by_text("Rita Shaw is logged out everywhere")).to_be_visible()
        given.follow("Remove Rita Shaw")
        given.then_the_page_is("Do you want to remove Rita Shaw?")
        given.when_they_press("Remove")
        expect(page.get_by_text("Rita Shaw does not work here any more")).to_be_visible()


def test_a_passkey_is_added_and_lets_its_owner_in(served: str, manager: User) -> None:
    here = served.replace("127.0.0.1", "localhost")  # passkeys belong to names, not to numbers
    with browser_page() as page:
        given, devices = Window(page, here), page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
        device: dict[str, Any] = options | {"hasResidentKey": True, "automaticPresenceSimulation": True}
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
        given.when_they_log_in(manager.email)
        given.when_they_press("Add a passkey")
        given.then_the_page_is("Add a passkey")
        page.get_by_label("Name").fill("Reception computer")
        given.when_they_press("Add a passkey")
        given.then_the_page_is("Your recovery codes")
        page.goto(f"{here}/account/second-factor/")
        given.then_the_page_is("Ways to prove it is you")
        expect(page.get_by_text("Reception computer, since")).to_be_visible()
        page.goto(f"{here}/")
        given.when_they_press("Log out")
        given.when_they_log_in(manager.email)
        given.then_the_page_is("Prove it is you")
        given.when_they_press("Use a passkey")
        given.then_the_page_is("Batches")
