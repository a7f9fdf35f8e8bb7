"""Every address, with every method and every role, and with what belongs to a second practice.

The addresses come from the URLconf, so that a new one without a rule fails here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.models import AppointmentReport, BookingState, CancelledClinic
from campaigns.codes import services as codes
from campaigns.codes.by_day.groups import groups
from campaigns.models import Campaign, CodeKind, MessageTemplate, SnomedCode
from campaigns.models.workspace import FollowedUp
from integrations.models.states import CodeState
from patients.models import OptOut, OptOutSource, PatientRequest
from practices.models import Practice, Role, User
from practices.roles import ABOUT, MATRIX, Permission, may
from practices.staff import services as staff
from tests.booking.surgery import make_booking
from tests.campaigns.rf2_files import concept_id
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_practice, make_staff, nhs_number
from tests.html import check_page
from tests.selfbook.access.addresses import ADMIN, BY_NAME
from tests.selfbook.access.rules import OPEN, SIGNED_IN, STAFF
from tests.selfbook.access.shares import shares

pytestmark = pytest.mark.django_db

ORDER = ["viewer", "sender", "manager"]
METHODS = ["get", "post"]
UNUSED = ["put", "patch", "delete", "options"]
"""Methods that no page has (ASVS 4.1.4)."""


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done in here has not been done afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def browser_of(user: User | None) -> Client:
    """A browser in which somebody is logged in, or nobody."""
    client = Client()
    if user:
        client.force_login(user)
    return client


@contextmanager
def same_cookies(*clients: Client) -> Iterator[None]:
    """Browsers have the same cookies afterwards, whatever a page did to their session."""
    before = [deepcopy(client.cookies) for client in clients]
    yield
    for client, cookies in zip(clients, before, strict=True):
        client.cookies = cookies


def ask(client: Client, method: str, path: str) -> HttpResponseBase:
    """The answer, after which nothing has been done."""
    with undone():
        response: HttpResponseBase = getattr(client, method)(path)
        if response.streaming:
            list(response)
    return response


def make_url_arguments(practice: Practice, by: User, name: str) -> dict[str, Any]:
    """One of each thing that an address may be about, of this practice."""
    batch = make_campaign(practice, by, started=STAFF[name].sample == "sent")
    opt_out = OptOut.objects.create(
        practice=practice, nhs_number=nhs_number(7_000), source=OptOutSource.STAFF, created_by=by
    )
    invitation, _ = staff.invite(practice=practice, by=by, email="invited@example.org", role=Role.SENDER)
    template = MessageTemplate.objects.create(practice=practice, name="Nurse week", body="Dear {name}: {link}")
    arguments: dict[str, Any] = {"term": "Made-up text message sent", "kind": CodeKind.INVITATION}
    code = SnomedCode(practice=practice, concept_id=concept_id(41), **arguments)
    codes.write(code=code, by=make_staff(practice))
    arguments = {"campaign_id": batch.id, "opt_out_id": opt_out.id, "invitation_id": invitation.id}
    arguments |= {"template_id": template.id, "concept_id": code.concept_id, "user_id": by.id, "system": "emis"}
    arguments |= {"number": 2}
    done = FollowedUp.objects.create(practice=practice, campaign=batch, kind="cannot", about=batch.id, by=by)
    arguments |= {"followed_up_id": done.id, "request_id": copied(practice, by).id}
    if name.startswith("campaigns:code-day"):
        arguments |= {"key": code_day_of(batch)}
    if name.startswith("staff:appointment-report"):
        report = AppointmentReport.objects.create(practice=practice, source="upload", digest="0" * 64)
        arguments |= {"report_id": report.id}
    if name.startswith("staff:clinic"):
        return arguments | clinic_of(batch, by)
    return arguments | (patient_of(batch) if name.startswith("staff:") else {})


def copied(practice: Practice, by: User) -> PatientRequest:
    """A copy of a patient's data that another manager has agreed to."""
    agreed = {"state": "done", "decided_by": make_staff(practice, Role.MANAGER), "decided_at": timezone.now()}
    until = timezone.now() + timedelta(days=1)
    number = nhs_number(7_001)
    return PatientRequest.objects.create(
        practice=practice, kind="export", nhs_number=number, asked_by=by, available_until=until, **agreed
    )


def patient_of(batch: Campaign) -> dict[str, Any]:
    """A patient who was invited, and whose appointment we could not cancel."""
    invitation = make_invitation(batch)
    return {"invitation_id": invitation.id, "booking_id": make_booking(invitation, BookingState.NOT_CANCELLED).id}


def clinic_of(batch: Campaign, by: User) -> dict[str, Any]:
    """A day into which a patient has booked, and which was cancelled."""
    on = timezone.localtime(make_booking(make_invitation(batch)).starts_at).date()
    clinic = CancelledClinic.objects.create(practice=batch.practice, day=on, created_by=by)
    return {"clinic_id": clinic.id, "on": on.isoformat()}


def code_day_of(batch: Campaign) -> str:
    """A code and day of which a batch has something to file by hand."""
    before = timezone.now() - timedelta(minutes=1)
    make_coded_entry(make_invitation(batch), state=CodeState.NOT_FILED, due_at=None, settled_at=before)
    (group,) = groups(batch.practice)
    return group.key


def people(practice: Practice) -> dict[str, User | None]:
    """One of each role, an administrator who works in no practice, and somebody who is not logged in."""
    administrator = User.objects.create_superuser("a@example.org", "x" * 20, given_name="A", family_name="B")
    members: dict[str, User | None] = {role: make_staff(practice, Role(role)) for role in ORDER}
    return members | {"administrator": administrator, "nobody": None}


def test_every_address_has_a_rule() -> None:
    rules = [set(STAFF), OPEN, SIGNED_IN]
    assert set(BY_NAME) == set().union(*rules)
    assert sum(map(len, rules)) == len(BY_NAME), "an address has two rules"


def expected(least: str, who: str) -> set[int]:
    """The statuses that may answer somebody; an empty set for any that lets them in."""
    if least == "-":
        return {405}
    if who == "nobody":
        return {302}
    if who == "administrator":
        return {403}
    if least == "anybody":
        return {404}  # nothing was said of which practice
    return set() if ORDER.index(who) >= ORDER.index(least) else {403}


@pytest.mark.parametrize("names", shares(STAFF))
def test_who_may_do_what(names: list[str]) -> None:
    practice = make_practice()
    everybody = people(practice)
    manager = everybody["manager"]
    assert manager
    arguments = make_url_arguments(practice, manager, names[0])
    browsers = {who: browser_of(user) for who, user in everybody.items()}
    for name in names:
        with same_cookies(*browsers.values()):
            check_who_may(name, BY_NAME[name].path(arguments), browsers)


def check_who_may(name: str, path: str, browsers: dict[str, Client]) -> None:
    """Ask for this address with every method in everybody's browser."""
    rule, manager = STAFF[name], browsers["manager"]
    for who, client in browsers.items():
        for method in METHODS:
            least = rule.post if method == "post" else rule.get
            answer, wanted = ask(client, method, path), expected(least, who)
            message = f"{who} {method} {name}: {answer.status_code}"
            assert answer.status_code in (wanted or {200, 302, 400, 503}), message
            if who == "nobody" and answer.status_code == 302:
                assert answer.headers["Location"] == f"{reverse('account_login')}?next={path}", message
    assert ask(manager, "head", path).status_code in (expected(rule.get, "manager") or {200, 302, 400, 503}), name
    assert ask(browsers["nobody"], "head", path).status_code in expected(rule.get, "nobody"), name
    for method in UNUSED:
        assert ask(manager, method, path).status_code == 405, f"{method} {name}"


@pytest.mark.hazard("H-15.1")
@pytest.mark.parametrize("names", shares(name for name in STAFF if set(BY_NAME[name].takes) - {"system"}))
def test_what_another_practice_has_is_not_there(names: list[str]) -> None:
    theirs = make_practice()
    arguments = make_url_arguments(theirs, make_staff(theirs), names[0])
    mine = {role: browser_of(make_staff(make_practice(), Role(role))) for role in ORDER[ORDER.index("sender") :]}
    for name in names:
        rule, path = STAFF[name], BY_NAME[name].path(arguments)
        with same_cookies(*mine.values()):
            for role, client in mine.items():
                for method in METHODS:
                    least = rule.post if method == "post" else rule.get
                    refused = expected(least, role) or {404}
                    assert ask(client, method, path).status_code in refused, f"{role} {method} {name}"


def test_what_is_refused_is_said_on_a_page(client: Client) -> None:
    client.force_login(make_staff(make_practice(), Role.VIEWER))
    page = check_page(client.get(reverse("campaigns:new")))
    assert "You cannot open this page" in page.title


@pytest.mark.parametrize("names", shares(SIGNED_IN))
def test_what_takes_a_login(names: list[str]) -> None:
    for who, user in people(make_practice()).items():
        client = browser_of(user)
        for name, method in product(names, ("get", "post")):
            with same_cookies(client):
                answer = ask(client, method, BY_NAME[name].path({"pk": 1, "provider_id": "nhs", "provider": "twilio"}))
            if answer.status_code == 405:
                assert method == "post"
            elif user is None:
                assert answer.status_code == 302, f"{who} {method} {name}"
                assert answer.headers["Location"].startswith(reverse("account_login"))
            else:
                assert answer.status_code in {200, 302, 404}, f"{who} {method} {name}"


@pytest.mark.parametrize("names", shares(OPEN))
def test_what_is_open_to_all_answers_all(names: list[str]) -> None:
    arguments = {"token": "x", "connection_id": make_practice().id, "uidb36": "1", "key": "x-y", "provider_id": "nhs"}
    arguments |= {"provider": "twilio", "reference": "b" * 20, "ods_code": make_practice().ods_code}
    for who, user in people(make_practice()).items():
        client = browser_of(user)
        for name in names:
            with same_cookies(client):
                answer = ask(client, "get", BY_NAME[name].path(arguments))
            assert answer.status_code in {200, 302, 403, 404, 405, 410}, f"{who} {name}: {answer.status_code}"
            assert answer.status_code != 302 or "?next=" not in answer.headers["Location"], f"{who} {name}"


def test_the_admin_is_for_administrators() -> None:
    arguments = {"object_id": "1", "content_type_id": 1, "app_label": "practices", "url": "x", "id": "1"}
    practice = make_practice()
    for user in (make_staff(practice, Role.MANAGER), None):
        client = browser_of(user)
        for address in ADMIN:
            if address.name in {"admin:login", "admin:logout"}:
                continue
            named = "<" not in address.name and not address.name.endswith("$")
            path = address.path(arguments) if named else reverse("admin:index") + "no/such/page/"
            for method in ("get", "post"):
                answer = ask(client, method, path)
                assert answer.status_code in {302, 403, 404}, f"{method} {path}"
                assert answer.status_code != 302 or "login" in answer.headers["Location"], f"{method} {path}"


def test_the_matrix_names_every_role_and_gives_more_to_each() -> None:
    assert set(MATRIX) == set(ABOUT) == set(Role)
    assert MATRIX[Role.VIEWER] < MATRIX[Role.SENDER] < MATRIX[Role.MANAGER] == set(Permission)


def test_nobody_without_a_role_may_anything() -> None:
    assert not any(may(None, permission) for permission in Permission)
    with pytest.raises(ValueError, match="no such thing"):
        may(Role.MANAGER, "no such thing")


@pytest.mark.parametrize("names", shares(STAFF))
def test_no_page_opens_to_a_password_alone(names: list[str], settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    practice = make_practice()
    manager = make_staff(practice, Role.MANAGER)
    client, arguments = browser_of(manager), make_url_arguments(practice, manager, names[0])
    for name in names:
        path = BY_NAME[name].path(arguments)
        for method in METHODS:
            with same_cookies(client):
                answer = ask(client, method, path)
            assert answer.status_code == 302, f"{method} {name}: {answer.status_code}"
            assert answer.headers["Location"] == reverse("mfa_index")
