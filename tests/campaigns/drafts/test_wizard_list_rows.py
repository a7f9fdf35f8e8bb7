"""The rows of a list: chosen, searched without a trace in any address, and a page at a time."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from practices.models import Practice
from tests.campaigns.lists import HEADER, PEOPLE, hrefs, list_of, row_numbers
from tests.campaigns.wizard import Wizard, errors, goes_to
from tests.factories import make_campaign, make_practice, make_staff
from tests.html import check_page
from tests.patients.list_files import systmone

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(at_upload: Wizard) -> Wizard:
    at_upload.upload(systmone(*PEOPLE, header=HEADER))
    return at_upload


def search_rows(wizard: Wizard, term: str) -> list[str]:
    """The rows that a search shows."""
    response = wizard.answer("search", term=term)
    assert goes_to(response, wizard.address("patient-rows") + "?search=on")
    page = check_page(wizard.client.get(response.headers["Location"]))
    return row_numbers(page) if page.all("tbody") else []


@pytest.mark.parametrize(
    ("show", "rows"),
    [
        ("", ["2", "3", "4", "5", "6"]),
        ("can", ["2", "3", "4"]),
        ("cannot", ["5", "6"]),
        ("reason-mobile_missing", ["6"]),
        ("tidied-mobile_zero", ["4"]),
        ("shared", ["2", "3", "4", "5", "6"]),
        ("reason-nonsense", ["2", "3", "4", "5", "6"]),
        ("' OR 1=1", ["2", "3", "4", "5", "6"]),
    ],
)
def test_rows_are_chosen_by_what_became_of_them(people: Wizard, show: str, rows: list[str]) -> None:
    assert row_numbers(people.see("patient-rows", f"?show={show}")) == rows


def test_the_choices_have_their_counts(people: Wizard) -> None:
    page = people.see("patient-rows")
    options = [(e.get("value"), "".join(e.itertext()).strip()) for e in page.all("option")]
    assert options[:3] == [("", "All rows (5)"), ("can", "Can be sent (3)"), ("cannot", "Cannot be sent (2)")]
    assert ("reason-mobile_landline", "Cannot be sent: Landline number (1)") in options
    assert all(value != "shared" for value, _ in options)


@pytest.mark.parametrize(
    ("term", "rows"),
    [
        ("Patel", ["2"]),
        ("patel  ASHA", ["2"]),
        ("zoë", ["4"]),
        ("o", ["3", "4"]),
        ("999 000 0026", ["3"]),
        ("9990000042", ["5"]),
        ("07700 900 123", ["2"]),
        ("+44 7700 900125", ["4"]),
        ("0113 496 0000", ["5"]),
        ("6", ["6"]),
        ("99", []),
        ("nobody", []),
        ("%", []),
        ("_", []),
        ("'", []),
        ("()", []),
    ],
)
def test_a_search_finds_rows_by_number_or_name(people: Wizard, term: str, rows: list[str]) -> None:
    """Signs that mean something to a database stand for themselves (inputs#searches)."""
    assert search_rows(people, term) == rows


def test_the_term_is_in_the_box_and_in_no_address(people: Wizard) -> None:
    search_rows(people, "Patel")
    page = people.see("patient-rows", "?search=on")
    assert [e.get("value") for e in page.all("input") if e.get("name") == "term"] == ["Patel"]
    assert "1 row for “Patel”" in page.text
    addresses = hrefs(page) + [form.get("action", "") for form in page.all("form")]
    assert not any("patel" in address.lower() for address in addresses)


def test_a_search_goes_on_over_choices_and_ends_when_cleared(people: Wizard) -> None:
    assert search_rows(people, "s") == ["2", "4", "5", "6"]
    assert row_numbers(people.see("patient-rows", "?show=can&search=on")) == ["2", "4"]
    assert row_numbers(people.see("patient-rows", "?show=cannot")) == ["5", "6"]
    assert goes_to(people.answer("search", term="e", clear="yes"), people.address("patient-rows"))
    assert len(row_numbers(people.see("patient-rows", "?search=on"))) == 5
    assert "search" not in str(dict(people.client.session.items()))


def test_nothing_found_says_what_to_do(people: Wizard) -> None:
    people.answer("search", term="Nobody")
    assert "0 rows for “Nobody”" in (text := people.see("patient-rows", "?search=on").text)
    assert "clear the search to see all rows" in text


def test_a_term_that_is_far_too_long(people: Wizard) -> None:
    """It is refused with a sentence."""
    assert "must be 100 characters or fewer" in errors(people.answer("search", term="x" * 10_000))
    assert goes_to(people.answer("search", term=" "), people.address("patient-rows"))


def test_a_search_is_of_one_list(people: Wizard, practice: Practice) -> None:
    people.answer("search", term="Patel")
    people.of(make_campaign(practice, people.staff, rows=2))
    assert len(row_numbers(people.see("patient-rows", "?search=on"))) == 2


def test_long_lists_have_pages(wizard: Wizard, practice: Practice) -> None:
    wizard.of(make_campaign(practice, wizard.staff, rows=120))
    page = wizard.see("patient-rows", "?show=can&page=2")
    assert len(row_numbers(page)) == 25
    assert "120 rows, page 2 of 5" in page.text
    for number in (1, 3):
        assert f"?show=can&page={number}" in hrefs(page)
    for odd in ("?page=nonsense", "?page=99", "?page=-1"):
        wizard.see("patient-rows", odd)
    wizard.answer("search", term="Asha")
    page = wizard.see("patient-rows", "?search=on&page=5")
    assert len(row_numbers(page)) == 20
    assert "?show=&search=on&page=4" in hrefs(page)


def test_a_page_costs_the_same_however_many_rows_it_has(wizard: Wizard, practice: Practice) -> None:
    def queries(rows: int) -> int:
        wizard.of(make_campaign(practice, wizard.staff, rows=rows))
        list_of(wizard).recipients.update(verdict="cannot", reasons=["mobile_missing"])
        with CaptureQueriesContext(connection) as seen:
            wizard.see("patient-rows", "?show=cannot")
        return len(seen)

    assert queries(2) == queries(20)


@pytest.mark.parametrize("step", ["patients", "patient-rows", "cannot-be-sent"])
def test_another_practices_rows_are_not_there(people: Wizard, step: str) -> None:
    staff = make_staff(make_practice())
    other = Client()
    other.force_login(staff)
    assert other.get(people.address(step)).status_code == 404


@pytest.mark.parametrize("step", ["search", "include"])
def test_another_practices_choices_are_not_there(people: Wizard, step: str) -> None:
    other = Client()
    other.force_login(make_staff(make_practice()))
    assert other.post(people.address(step), {"term": "a", "invited": "yes"}).status_code == 404
    assert people.client.get(people.address(step)).status_code == 405
