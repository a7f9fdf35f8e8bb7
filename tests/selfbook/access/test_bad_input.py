"""Characters and numbers that PostgreSQL and Python cannot keep are bad input at every address, and never our error.

Which fields an address reads is noted while it reads them, so that a new field is tried without being named here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from django.db import DataError, connection
from django.http import HttpResponse, QueryDict
from django.test import Client, RequestFactory
from django.urls import reverse

from practices.models import Role, User
from selfbook.bad_input import ReadableFields
from tests.factories import make_practice, make_staff
from tests.html import check_page
from tests.selfbook.access.addresses import ADMIN, BY_NAME
from tests.selfbook.access.rules import OPEN, STAFF
from tests.selfbook.access.shares import shares
from tests.selfbook.access.test_walk import browser_of, make_url_arguments, same_cookies, undone

pytestmark = pytest.mark.django_db

BAD = ["\0", "1" * 5000]
"""Python reads no number of so many digits."""
HALF_A_PAIR = r"\ud800"
"""In an encoding of Python's: half of a surrogate pair. The encoding is the browser's choice."""


@contextmanager
def noting(patch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The names of the fields that are asked for in here."""
    names: set[str] = set()
    with patch.context() as inside:
        for method in ("__getitem__", "getlist", "__contains__"):
            inside.setattr(QueryDict, method, _noted(getattr(QueryDict, method), names))
        yield names


def _noted(method: Any, names: set[str]) -> Any:
    def ask(self: QueryDict, name: str, *more: Any) -> Any:
        names.add(name)
        return method(self, name, *more)

    return ask


def paths_of(names: list[str], manager: User) -> dict[str, str]:
    """Addresses of one share with something of the manager's practice in them, where they are about something."""
    practice = manager.memberships.get().practice
    arguments = {"token": "x", "connection_id": practice.id, "uidb36": "1", "key": "x-y", "provider_id": "nhs", "pk": 1}
    arguments |= {"provider": "twilio", "reference": "b" * 20, "ods_code": practice.ods_code}
    if names[0] in STAFF:
        arguments = make_url_arguments(practice, manager, names[0])
    return {name: BY_NAME[name].path(arguments) for name in names}


def send(client: Client, method: str, path: str, fields: dict[str, str]) -> int:
    """The status, after which nothing has been done."""
    with undone():
        response = getattr(client, method)(path, fields)
        if response.streaming:
            list(response)
    status: int = response.status_code
    return status


@pytest.mark.hazard("H-19.9")
@pytest.mark.parametrize("names", shares(BY_NAME))
def test_no_field_breaks_an_address(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    manager = make_staff(make_practice(), Role.MANAGER)
    anybody, at_work = Client(), browser_of(manager)
    for name, path in paths_of(names, manager).items():
        client = anybody if name in OPEN else at_work
        for method in ("get", "post"):
            with noting(monkeypatch) as fields, same_cookies(client):
                send(client, method, path, {})
            for field, bad in product(sorted(fields - {"csrfmiddlewaretoken"}), BAD):
                with same_cookies(client):
                    status = send(client, method, path, {field: bad})
                assert status < 500 or status == 503, f"{method} {name} {field}: {status}"


@pytest.mark.parametrize("names", shares(name for name in BY_NAME if BY_NAME[name].takes))
def test_no_address_has_a_nul_in_it(names: list[str], client: Client) -> None:
    manager = make_staff(make_practice(), Role.MANAGER)
    client.force_login(manager)
    for name, path in paths_of(names, manager).items():
        assert client.get(path[:-2] + quote("\0") + path[-2:]).status_code == 404, name


def test_no_search_or_row_of_the_admin_breaks(client: Client) -> None:
    client.force_login(User.objects.create_superuser("a@example.org", "x" * 20, given_name="A", family_name="B"))
    lists = [address.path({}) for address in ADMIN if address.name.endswith("_changelist")]
    assert len(lists) > 5
    for path in lists:
        assert client.get(path, {"q": "\0"}).status_code in (200, 302), path
        assert client.get(path, {"id__exact": "\0"}).status_code in (302, 400), path
        assert client.get(f"{path}%00/change/").status_code == 404, path


@pytest.mark.parametrize("cookie", ["session", "browser", "csrf"])
def test_no_cookie_or_header_has_one(cookie: str) -> None:
    client = Client(headers={"cookie": f'{cookie}="\\000\\000\\000\\000\\000\\000\\000\\000\\000"'})
    response = client.get(reverse("account_login"))
    assert response.status_code == 400
    assert "we could not understand that" in check_page(response).title
    assert Client().get(reverse("account_login"), headers={"user-agent": "a\0b"}).status_code == 400


def test_half_of_a_pair_of_surrogates_is_bad_input(client: Client) -> None:
    client.force_login(make_staff(make_practice(), Role.MANAGER))
    strange = {"content-type": "text/plain; charset=unicode_escape"}
    response = client.get(f"{reverse('campaigns:code-ask')}?id={HALF_A_PAIR}", headers=strange)
    assert response.status_code == 400
    assert "Nothing has been changed" in check_page(response).text


def test_an_error_of_ours_stays_one() -> None:
    """What fails for another reason is not put down to whoever typed."""
    request = RequestFactory().post("/", {"name": "Asha"})
    ReadableFields(lambda _: HttpResponse()).process_exception(request, ValueError("ours"))
    with pytest.raises(DataError), connection.cursor() as cursor:
        cursor.execute("SELECT %s", ["\0"])
