"""What every page has around it."""

import pytest
from django.test import Client
from django.urls import reverse

from practices.models import User
from tests.factories import make_practice, make_staff
from tests.html import check_page

pytestmark = [pytest.mark.urls("tests.pages.urls"), pytest.mark.django_db]


def test_staff_see_their_practice_and_a_way_out(client: Client) -> None:
    practice = make_practice(name="Hill & Dale <Surgery>")
    client.force_login(make_staff(practice))
    page = check_page(client.get("/told/"))
    assert page.title == "Batches - Hill & Dale <Surgery> - Selfbook"
    assert "Ada Okafor" in page.text
    assert [form.get("action") for form in page.all("form")] == [reverse("account_logout")]
    assert [form.get("method") for form in page.all("form")] == ["post"]
    assert reverse("campaigns:home") in {link.get("href") for link in page.all("a")}


def test_news_of_what_was_done(client: Client) -> None:
    page = check_page(client.get("/told/"))
    assert "Saved <well>" in page.text
    assert [e.get("role") for e in page.with_class("nhsuk-notification-banner")] == ["alert", "region"]
    assert "Saved" not in check_page(client.get("/birth/")).text


def test_patients_see_the_surgery_and_its_number_and_no_way_into_the_staff_pages(client: Client) -> None:
    client.force_login(make_staff(make_practice()))
    page = check_page(client.get("/birth/"))
    links = {link.get("href") for link in page.all("a")}
    about = {f"/practice/A00099/{name}/" for name in ("privacy", "cookies", "accessibility")}
    assert links == {"#maincontent", "/somewhere/", "tel:+441632960000"} | about
    assert "Need help? Phone Example & Sons Surgery on 01632 960 000" in page.text
    assert "Ada Okafor" not in page.text


def test_somebody_without_a_practice_is_told_whom_to_ask(client: Client) -> None:
    client.force_login(User.objects.create_user("new@example.org", given_name="New", family_name="Person"))
    page = check_page(client.get("/no-practice/"))
    assert "ask your selfbook administrator" in page.text.lower()
    assert [form.get("action") for form in page.all("form")] == [reverse("account_logout")]


def test_static_files_have_their_hash_in_their_names(client: Client) -> None:
    page = check_page(client.get("/birth/"))
    files = [e.get("href", "") for e in page.all("link")] + [e.get("src", "") for e in page.all("script")]
    served = [name for name in files if name]
    assert len(served) == 4
    for name in served:
        response = client.get(name)
        assert response.status_code == 200, name
        assert "immutable" in response["Cache-Control"], name


def test_nothing_comes_from_anywhere_else(client: Client) -> None:
    html = client.get("/birth/").content.decode()
    css = b"".join(client.get("/static/nhsuk/nhsuk-frontend.min.css").streaming_content).decode()  # type: ignore[attr-defined] # WhiteNoise streams
    assert "//assets.nhs.uk" not in html + css
    assert "@font-face" not in css
