"""The staff's pages about who wants no texts."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients.models import OptOut, OptOutSource
from practices.models import AuditEvent, Practice, User
from tests.factories import make_practice, make_staff, nhs_number
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db

LIST, ADD = "/opt-outs/", "/opt-outs/add/"


@pytest.fixture
def practice(db: None) -> Practice:
    return make_practice()


@pytest.fixture
def staff(practice: Practice) -> User:
    return make_staff(practice)


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def make_opt_out(practice: Practice, **fields: Any) -> OptOut:
    values = {"source": OptOutSource.STAFF} | ({} if "mobile" in fields else {"nhs_number": "9990000018"})
    return OptOut.objects.create(practice=practice, **values | fields)


def see(desk: Client, address: str = LIST) -> Page:
    return check_page(desk.get(address))


def remove(opt_out: OptOut) -> str:
    return reverse("patients:opt-out-remove", args=[opt_out.id])


def test_every_staff_page_leads_there(desk: Client) -> None:
    page = see(desk, reverse("campaigns:home"))
    assert LIST in [link.get("href") for link in page.all("a")]


def test_nobody_has_opted_out_yet(desk: Client) -> None:
    assert "Nobody has opted out of texts yet" in see(desk).text


def test_the_list_says_who_by_whom_and_when(desk: Client, practice: Practice, staff: User) -> None:
    make_opt_out(practice, created_by=staff)
    make_opt_out(practice, mobile="+447700900123", source=OptOutSource.CHANNEL)
    make_opt_out(practice, mobile="+447700900124", source=OptOutSource.TEXT, word="cancel")
    make_opt_out(practice, mobile="+447700900125", source=OptOutSource.PATIENT)
    make_opt_out(practice, mobile="+447700900999", ended_at=timezone.now())
    page = see(desk)
    rows = [text_of(row) for row in page.all("tbody")[0]]
    assert len(rows) == 4
    origins = [
        "Pressed “Stop texts” on their page",
        "Texted CANCEL. The text service takes",
        "The phone network blocks",
        "Added by",
    ]
    for row, how in zip(rows, origins, strict=True):
        assert how in row
    assert "Mobile 07700 900 123" in rows[2]
    assert "NHS number 999 000 0018" in rows[3]
    assert "Ada Okafor" in rows[3]
    assert f"{timezone.localdate():%B %Y}" in rows[3]


@pytest.mark.parametrize(("source", "is_blocked"), [(OptOutSource.TEXT, True), (OptOutSource.PATIENT, False)])
def test_removing_one_that_the_text_service_keeps_too_says_so(
    desk: Client, practice: Practice, source: OptOutSource, is_blocked: bool
) -> None:
    opt_out = make_opt_out(practice, mobile="+447700900123", source=source)
    assert ("text START" in see(desk, remove(opt_out)).text) == is_blocked


def test_long_lists_have_pages(desk: Client, practice: Practice) -> None:
    for serial in range(60):
        make_opt_out(practice, nhs_number=nhs_number(serial))
    page = see(desk, LIST + "?page=2")
    assert len(list(page.all("tbody")[0])) == 10
    assert "?page=1" in [link.get("href") for link in page.all("a")]


@pytest.mark.parametrize(
    ("answers", "stored"),
    [
        ({"kind": "nhs_number", "nhs_number": " 999-000 0018"}, ("9990000018", "")),
        ({"kind": "mobile", "mobile": "7700 900123"}, ("", "+447700900123")),
        ({"kind": "mobile", "mobile": "07700900123", "nhs_number": "nonsense"}, ("", "+447700900123")),
    ],
)
def test_adding_one(desk: Client, staff: User, answers: dict[str, str], stored: tuple[str, str]) -> None:
    for _ in range(2):
        response = desk.post(ADD, answers)
        assert (response.status_code, response.headers["Location"]) == (302, LIST)
    opt_out = OptOut.objects.get()
    assert (opt_out.nhs_number, opt_out.mobile) == stored
    assert (opt_out.source, opt_out.created_by) == (OptOutSource.STAFF, staff)
    assert "Opt-out added" in see(desk).text
    (event,) = AuditEvent.objects.filter(object_id=opt_out.id)
    assert event.actor == staff
    assert "7700" not in str(event.data)
    assert "9990000018" not in str(event.data)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({}, "Choose NHS number or mobile number"),
        ({"kind": "nhs_number"}, "Enter an NHS number"),
        ({"kind": "nhs_number", "nhs_number": "9990000019"}, "NHS number is mistyped"),
        ({"kind": "nhs_number", "nhs_number": "999000001"}, "NHS number is not 10 digits"),
        ({"kind": "nhs_number", "nhs_number": "9" * 200}, "NHS number is not 10 digits"),
        ({"kind": "mobile", "mobile": "  "}, "Enter a mobile number"),
        ({"kind": "mobile", "mobile": "0113 496 0000"}, "Landline number"),
        ({"kind": "mobile", "mobile": "07700 9001"}, "Mobile number is too short"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_lists(desk: Client, answers: dict[str, str], error: str) -> None:
    page = check_page(desk.post(ADD, answers))
    assert page.title.startswith("Error: ")
    assert error in page.text
    assert not OptOut.objects.exists()


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("999 000 0018", ["NHS number 999 000 0018"]),
        ("0018", ["NHS number 999 000 0018"]),
        ("07700 900123", ["Mobile 07700 900 123"]),
        ("+44 7700 900 123", ["Mobile 07700 900 123"]),
        ("123", ["Mobile 07700 900 123"]),
        ("07700 900999", []),
        ("Patel", []),
        ("%", []),
    ],
)
def test_a_search_by_number(desk: Client, practice: Practice, term: str, expected: list[str]) -> None:
    make_opt_out(practice)
    make_opt_out(practice, mobile="+447700900123")
    response = desk.post(LIST, {"term": term})
    assert response.headers["Location"] == LIST  # what was searched for is in no address
    page = see(desk)
    shown = [text_of(row[0]).removeprefix("Who ") for row in page.all("tbody")[0]] if page.all("tbody") else []
    assert shown == expected
    assert [e.get("value") for e in page.all("input") if e.get("name") == "term"] == [term]
    desk.post(LIST, {"term": term, "clear": "yes"})
    assert len(list(see(desk).all("tbody")[0])) == 2


def test_a_term_that_is_far_too_long(desk: Client) -> None:
    """It is refused with a sentence (inputs#searches)."""
    page = check_page(desk.post(LIST, {"term": "9" * 10_000}))
    assert "must be 100 characters or fewer" in page.text


def test_removing_one_is_asked_first(desk: Client, practice: Practice, staff: User) -> None:
    opt_out = make_opt_out(practice, created_by=staff)
    page = see(desk, remove(opt_out))
    assert "NHS number 999 000 0018" in page.text
    assert OptOut.objects.live().exists()
    for _ in range(2):
        assert desk.post(remove(opt_out)).headers["Location"] == LIST
    opt_out.refresh_from_db()
    assert opt_out.ended_by == staff
    assert AuditEvent.objects.filter(object_id=opt_out.id).count() == 1
    assert "Nobody has opted out" in see(desk).text


def test_another_practices_opt_out_is_not_there(desk: Client) -> None:
    opt_out = make_opt_out(make_practice())
    assert "Nobody has opted out" in see(desk).text
    assert desk.get(remove(opt_out)).status_code == 404
    assert desk.post(remove(opt_out)).status_code == 404
    opt_out.refresh_from_db()
    assert opt_out.ended_at is None


@pytest.mark.parametrize("address", [LIST, ADD, "/samples/emis.csv"])
def test_only_staff_see_them(client: Client, address: str) -> None:
    assert client.get(address).status_code == 302


@pytest.mark.parametrize(("system", "heading"), [("emis", "NHS Number"), ("systmone", "Title,First name")])
def test_samples_download(desk: Client, system: str, heading: str) -> None:
    response = desk.get(f"/samples/{system}.csv")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{system}-sample.csv"'
    assert response.content.decode().startswith("\ufeff" + heading)
    assert desk.get("/samples/vision.csv").status_code == 404


@pytest.mark.parametrize(
    "number", ["0906 123 4567", "070 1234 5678", "01632 960000", "0871 200 0000", "+33 6 12 34 56 78"]
)
def test_a_number_that_is_no_mobile_is_refused_in_words(desk: Client, number: str) -> None:
    page = check_page(desk.post(ADD, {"kind": "mobile", "mobile": number}))
    assert page.title.startswith("Error: ")
    assert not OptOut.objects.exists()
