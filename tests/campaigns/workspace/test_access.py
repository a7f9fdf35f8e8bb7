"""Who may see which batch. The addresses come from the urlconf, so that none is forgotten.

The addresses of templates and codes are walked in tests/selfbook/access, with those of the other rooms.
"""

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, reverse

from campaigns.models import Campaign
from campaigns.urls import urlpatterns
from practices.models import Membership, User
from tests.factories import make_campaign, make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db

ALL: list[URLPattern] = [route for route in urlpatterns if set(route.pattern.converters) <= {"campaign_id", "system"}]
BATCH_PAGES = [str(pattern.name) for pattern in ALL if "campaign_id" in str(pattern.pattern)]
METHODS = ["get", "post"]
ONLY_POSTED = (
    "answer-columns",
    "include-booked",
    "message-preview",
    "search",
    "include",
    "undo",
    "pause",
    "stop-inviting",
    "stop-plan",
    "go-on-inviting",
    "resume",
    "duplicate",
    "done",
    "list-done",
    "send-back",
    "take-back",
    "template-preview",
)
MORE = {"guide": {"system": "emis"}}
"""What an address needs besides the batch."""


def address(name: str, batch: Campaign) -> str:
    of_batch = {"campaign_id": batch.id} if name in BATCH_PAGES else {}
    return reverse(f"campaigns:{name}", kwargs=of_batch | MORE.get(name, {}))


def ask(client: Client, method: str, path: str) -> HttpResponseBase:
    response: HttpResponseBase = getattr(client, method)(path)
    return response


def test_the_walk_finds_the_addresses() -> None:
    assert len(ALL) >= 17
    assert len(BATCH_PAGES) >= 15


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("started", [False, True], ids=["draft", "sent"])
@pytest.mark.parametrize("name", BATCH_PAGES)
def test_another_practices_batch_is_not_there(client: Client, name: str, started: bool, method: str) -> None:
    theirs = make_campaign(started=started)
    client.force_login(make_staff(make_practice()))
    response = ask(client, method, address(name, theirs))
    assert Campaign.objects.filter(id=theirs.id).exists()
    if response.status_code == 405:  # nothing is said about any batch
        return
    assert response.status_code == 404
    check_page(response)


@pytest.mark.parametrize("name", BATCH_PAGES)
def test_another_practices_batch_looks_like_one_that_never_was(client: Client, name: str) -> None:
    theirs = make_campaign()
    mine = make_staff(make_practice())
    client.force_login(mine)
    path = address(name, theirs)
    if name in ONLY_POSTED:
        there, gone = client.post(path), client.post(path.replace(str(theirs.id), str(mine.id)))
    else:
        there, gone = client.get(path), client.get(path.replace(str(theirs.id), str(mine.id)))
    assert there.status_code == gone.status_code == 404
    assert check_page(there).text == check_page(gone).text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [str(pattern.name) for pattern in ALL])
def test_nobody_without_a_login(client: Client, name: str, method: str) -> None:
    path = address(name, make_campaign())
    response = ask(client, method, path)
    if response.status_code == 405:
        return
    assert response.status_code == 302
    assert response.headers["Location"] == f"{reverse('account_login')}?next={path}"


@pytest.mark.parametrize("name", [str(pattern.name) for pattern in ALL])
def test_somebody_without_a_practice(client: Client, name: str) -> None:
    client.force_login(User.objects.create(email="new@example.org", given_name="New", family_name="Person"))
    path = address(name, make_campaign())
    response = client.post(path) if name in ONLY_POSTED else client.get(path)
    assert response.status_code == 403
    assert "You are not in a practice yet" in check_page(response).title


def test_an_administrator_without_a_practice_is_shown_the_way(client: Client) -> None:
    client.force_login(User.objects.create(email="a@example.org", given_name="A", family_name="B", is_staff=True))
    page = check_page(client.get(reverse("campaigns:home")))
    assert reverse("admin:index") in [link.get("href") for link in page.all("a")]


def test_somebody_who_left_is_out_at_once(client: Client) -> None:
    batch = make_campaign()
    client.force_login(batch.created_by)
    assert client.get(address("summary", batch)).status_code == 200
    Membership.objects.all().delete()
    assert client.get(address("summary", batch)).status_code == 403


def test_an_account_that_is_switched_off_is_out_at_once(client: Client) -> None:
    batch = make_campaign()
    client.force_login(batch.created_by)
    User.objects.update(is_active=False)
    assert client.get(address("summary", batch)).status_code == 302
