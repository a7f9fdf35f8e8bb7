"""Django's forms as NHS.UK components."""

import pytest
from django.test import Client

from tests.html import Page, check_page, text_of

pytestmark = [pytest.mark.urls("tests.pages.urls"), pytest.mark.django_db]


def summary_links(page: Page) -> dict[str, str]:
    """The words of the error summary's links, by where they lead."""
    (summary,) = page.with_class("nhsuk-error-summary")
    return {link.get("href", ""): text_of(link) for link in summary.iter("a")}


def value(page: Page, identity: str) -> str:
    element = page.by_id(identity)
    assert element is not None
    return text_of(element) if element.tag == "textarea" else element.get("value", "")


def test_an_untouched_form_says_nothing_is_wrong(client: Client) -> None:
    page = check_page(client.get("/every-field/"))
    assert page.with_class("nhsuk-error-summary") == []
    assert page.title == "Every field - Selfbook"
    assert "As on <the> list" in page.text
    assert value(page, "id_hidden") == "kept"


def test_each_error_is_by_its_field_and_in_the_summary(client: Client) -> None:
    page = check_page(
        client.post("/every-field/", {"rows": "many", "born_day": "31", "born_month": "4", "born_year": "1984"})
    )
    links = summary_links(page)
    assert links["#id_name"] == "Enter a name"
    assert links["#id_rows"] == "How many must be a number"
    assert links["#id_several"] == "Choose one"
    assert links["#id_agreed"] == "Tick that you have checked"
    assert links["#id_born-day"] == "Date of birth must be a real date. Check the day and the month"
    for href in links:
        target = page.by_id(href.removeprefix("#"))
        assert target is not None
        assert target.tag in {"input", "select", "textarea"}


def test_what_was_typed_is_kept_but_for_passwords(client: Client) -> None:
    data = {
        "name": '<script>"x"</script>',
        "rows": "many",
        "message": "a text that is longer than twenty",
        "password": "secret",
        "colour": "blue",
        "several": ["red", "blue"],
        "agreed": "on",
        "many": "7",
    }
    page = check_page(client.post("/every-field/", data))
    assert value(page, "id_name") == '<script>"x"</script>'
    assert value(page, "id_rows") == "many"
    assert value(page, "id_message") == "a text that is longer than twenty"
    assert value(page, "id_password") == ""
    checked = {(e.get("name"), e.get("value")) for e in page.all("input") if "checked" in e.attrib}
    assert checked == {("colour", "blue"), ("several", "red"), ("several", "blue"), ("agreed", "on")}
    assert [e.get("value") for e in page.all("option") if "selected" in e.attrib] == ["7"]


def test_choices(client: Client) -> None:
    page = check_page(client.get("/every-field/"))
    radios = [e.get("value") for e in page.all("input") if e.get("name") == "colour"]
    assert radios == ["red", "blue"]
    assert [e.get("value") for e in page.all("option")] == ["", "red", "blue", "7"]
    assert "Like a <rose>" in page.text
    assert page.by_id("sky") is not None
    assert not [e for e in page.all("input", "option") if "checked" in e.attrib]


def test_browsers_are_told_what_they_need(client: Client) -> None:
    page = check_page(client.get("/every-field/"))
    attributes = {e.get("name"): e.attrib for e in page.all("input", "textarea", "button")}
    assert attributes["rows"]["inputmode"] == "numeric"
    assert attributes["rows"]["type"] == "text"
    assert attributes["upload"]["accept"] == ".csv"
    assert attributes["message"]["data-preview-url"] == "/preview/"
    assert "maxlength" not in attributes["message"]
    assert not [name for name, attrs in attributes.items() if "required" in attrs]


def test_an_error_of_the_whole_form_leads_to_its_start(client: Client) -> None:
    page = check_page(client.post("/every-field/", {"name": "Nobody"}))
    (summary,) = page.with_class("nhsuk-error-summary")
    first = next(summary.iter("a"))
    assert (text_of(first), first.get("href")) == ("These answers do not fit together", "#id_name")


def test_the_date_of_birth_question(client: Client) -> None:
    page = check_page(client.get("/birth/"))
    assert page.title == "What is your date of birth? - Example & Sons Surgery - Selfbook"
    boxes = {e.get("name"): e for e in page.all("input") if e.get("type") == "text"}
    assert list(boxes) == ["date_of_birth_day", "date_of_birth_month", "date_of_birth_year"]
    assert [e.get("autocomplete") for e in boxes.values()] == ["bday-day", "bday-month", "bday-year"]
    assert {e.get("inputmode") for e in boxes.values()} == {"numeric"}


def test_only_the_wrong_box_of_a_date_is_marked(client: Client) -> None:
    data = {"date_of_birth_day": "15", "date_of_birth_month": "Smarch", "date_of_birth_year": "1984"}
    page = check_page(client.post("/birth/", data))
    assert page.title.startswith("Error: What is your date of birth?")
    assert list(summary_links(page)) == ["#id_date_of_birth-month"]
    assert [e.get("name") for e in page.with_class("nhsuk-input--error")] == ["date_of_birth_month"]
    assert [value(page, f"id_date_of_birth-{part}") for part in ("day", "month", "year")] == ["15", "Smarch", "1984"]


def test_a_right_date_passes(client: Client) -> None:
    data = {"date_of_birth_day": "15", "date_of_birth_month": "3", "date_of_birth_year": "1984"}
    assert client.post("/birth/", data).content == b"1984-03-15"
