"""The pages about privacy, cookies and accessibility: what they say, in whose name, and where they are linked."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations.links import token_for
from practices.models import AuditEvent, Practice, PracticeInformation, Role
from selfbook.information import services
from tests.factories import make_campaign, make_invitation, make_practice, make_staff
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db

PAGES = ["privacy", "cookies", "accessibility"]


def hrefs(page: Page) -> set[str]:
    return {str(link.get("href")) for link in page.all("a")}


def own(practice: Practice) -> set[str]:
    """The addresses of a practice's own pages."""
    return {reverse(f"information:{name}-of", args=[practice.ods_code]) for name in PAGES}


GENERAL = {f"/{name}/" for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_anybody_may_read_them_of_a_practice_and_of_none(client: Client, name: str) -> None:
    practice = make_practice(name="Hill & Dale <Surgery>")
    make_staff(practice)
    general = client.get(reverse(f"information:{name}"))
    assert "your GP surgery" in check_page(general).text
    for ods in (practice.ods_code, practice.ods_code.lower()):
        page = check_page(client.get(reverse(f"information:{name}-of", args=[ods])))
        assert "Hill & Dale <Surgery>" in page.text
    assert general.cookies.keys() == set()
    for unknown in ("X99999", "nobody", "-"):
        assert client.get(reverse(f"information:{name}-of", args=[unknown])).status_code == 404
    assert client.post(reverse(f"information:{name}")).status_code == 405


def test_staff_of_another_practice_see_the_page_of_the_one_it_is_about(client: Client) -> None:
    client.force_login(make_staff(make_practice(name="Somewhere Else")))
    for address in (*own(make_practice()), *GENERAL):
        assert "Somewhere Else" not in check_page(client.get(address)).text


def test_every_page_links_to_them(client: Client) -> None:
    practice = make_practice()
    invitation = make_invitation(make_campaign(practice, started=True, rows=0))
    first = client.get(f"/i/{token_for(invitation.id)}", follow=True)
    assert own(practice) <= hrefs(check_page(first))
    for address in (
        "/i/unknown",
        "/nowhere/",
        reverse("account_login"),
        reverse("account_reset_password"),
        "/b/finished/",
    ):
        assert hrefs(check_page(client.get(address))) >= GENERAL, address
    client.force_login(make_staff(practice))
    assert own(practice) <= hrefs(check_page(client.get(reverse("campaigns:home"))))


def test_no_personal_link_is_in_their_addresses(client: Client) -> None:
    practice = make_practice()
    invitation = make_invitation(make_campaign(practice, started=True, rows=0))
    token = token_for(invitation.id)
    page = check_page(client.get(f"/i/{token}", follow=True))
    reference = {link.split("/")[2] for link in hrefs(page) if link.startswith("/b/")}
    for address in own(practice):
        assert token not in address
        assert not any(part in address for part in reference)


@pytest.mark.parametrize(
    "fact",
    [
        *("controller", "processor", "article 6(1)(e)", "article 9(2)(h)", "EMIS", "Twilio", "NHS Notify", "90 days"),
        *(
            "object at any time",
            "delete them",
            "within 1 month",
            "Information Commissioner's Office",
            "by a computer alone",
        ),
        *(
            "comes from your record",
            "outside the UK",
            "reply STOP",
            "Run Ltd",
            "Ask the surgery for its data protection",
        ),
    ],
)
def test_patients_are_told_what_the_law_asks(client: Client, settings: Settings, fact: str) -> None:
    settings.OPERATOR_NAME = "Run Ltd"
    practice = make_practice()
    text = check_page(client.get(reverse("information:privacy-of", args=[practice.ods_code]))).text
    assert fact in " ".join(text.split())


def test_the_practice_s_own_days_are_named() -> None:
    practice = make_practice()
    assert services.retention_days(practice) == services.retention_days(None) == 90
    practice.retention_days = 30
    assert services.retention_days(practice) == 30


@pytest.mark.hazard("H-13.3")
@pytest.mark.parametrize(
    "part",
    [
        *("Compliance status", "partially compliant", "Non-accessible content", "Enforcement procedure", "WCAG 2.2 AA"),
        *("Equality Advisory and Support Service", "Feedback and contact", "Preparation of this statement"),
        *("accessibility regulations", "help@example.org"),
    ],
)
def test_the_statement_has_all_parts_of_the_model(client: Client, settings: Settings, part: str) -> None:
    settings.OPERATOR_NAME, settings.OPERATOR_CONTACT = "Run Ltd", "help@example.org"
    assert part in " ".join(check_page(client.get("/accessibility/")).text.split())


def change(client: Client, **fields: Any) -> Page:
    empty = dict.fromkeys(services.FIELDS, "")
    return check_page(client.post(reverse("information:change"), empty | fields, follow=True))


def test_a_practice_s_own_words_are_plain_text_in_paragraphs(client: Client) -> None:
    practice = make_practice()
    client.force_login(make_staff(practice, Role.MANAGER))
    words = {
        "privacy": "First <b>line</b>.\r\n\r\n# Second\r\n",
        "data_protection_contact": "Dr Okoro\r\ndpo@example.org",
    }
    assert "Saved" in change(client, **words, accessibility="We have a loop.").text
    assert "Nothing has changed" in change(client, **words, accessibility="We have a loop.").text
    page = check_page(Client().get(reverse("information:privacy-of", args=[practice.ods_code])))
    lines = ["".join(paragraph.itertext()).strip() for paragraph in page.all("p")]
    assert {"First <b>line</b>.", "# Second", "Dr Okoro", "dpo@example.org"} <= set(lines)
    assert "Ask the surgery for its data protection officer" not in page.text
    assert (
        "We have a loop."
        in Client().get(reverse("information:accessibility-of", args=[practice.ods_code])).content.decode()
    )
    (event,) = AuditEvent.objects.filter(action="practice.information")
    assert event.data["changed"] == list(services.FIELDS)
    assert "Saved" in change(client).text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a" * 4001, "Your own privacy information must be 4,000 characters or fewer"),
        ("a\0b", "Look for \ufffd in your text, and delete it"),
        ("a\ufffdb", "Look for \ufffd in your text, and delete it"),
        ("a\x1bb", "Look for \ufffd in your text, and delete it"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_remedy(client: Client, text: str, message: str) -> None:
    client.force_login(make_staff(make_practice(), Role.MANAGER))
    assert message in change(client, privacy=text).text
    assert not PracticeInformation.objects.exists()


def test_lines_end_with_one_character(client: Client) -> None:
    client.force_login(make_staff(make_practice(), Role.MANAGER))
    assert "Saved" in change(client, privacy="a\r\n" * 2000).text
