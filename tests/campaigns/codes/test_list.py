"""The staff's pages of SNOMED codes: found by term, id, kind and state; asked for by one, approved by another."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from stdnum import verhoeff

from campaigns.codes import search as code_search
from campaigns.codes import services as codes
from campaigns.codes.search import Standing
from campaigns.models import CodeKind, SnomedCode
from campaigns.models.codes import ONE_SOURCE
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from practices.models import AuditEvent, Practice, Role, User
from tests.campaigns import shipped
from tests.campaigns.rf2_files import concept_id
from tests.campaigns.wizard import errors, goes_to
from tests.factories import make_campaign, make_code, make_practice, make_staff
from tests.html import Page, check_page, text_of

pytestmark = pytest.mark.django_db

LIST, ASK = "/codes/", "/codes/ask/"
NEW = concept_id(41)
TERM = "Made-up screening invitation short message service text message"
ASKED = {"concept_id": NEW, "term": TERM, "kind": "invitation", "emis_code": "", "emis_scheme": ""}


@pytest.fixture
def staffs(client: Client, staff: User) -> Client:
    """A sender's."""
    client.force_login(staff)
    return client


@pytest.fixture
def manager(practice: Practice) -> User:
    return make_staff(practice, Role.MANAGER, given_name="Mina", family_name="Lowe")


@pytest.fixture
def managers(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def seen(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200
    return check_page(response)


def address(identity: str, name: str = "code") -> str:
    return reverse(f"campaigns:{name}", args=[identity])


def listed(page: Page) -> list[str]:
    """The ids in the table of codes."""
    return [
        e.get("href", "").split("/")[2]
        for e in page.all("a")
        if e.get("href", "").startswith("/codes/")
        and e.get("href", "").strip("/").count("/") == 1
        and "ask" not in e.get("href", "")
    ]


def release(**terms: str) -> None:
    SnomedRelease.objects.create(effective_date="2026-04-01", terms=len(terms))
    for number, (serial, term) in enumerate(terms.items()):
        assert number < 100
        SnomedTerm.objects.create(concept_id=concept_id(int(serial[1:])), term=term, full_name=f"{term} (procedure)")


# Finding


def test_every_code_that_ships_is_listed_with_what_it_is_for(staffs: Client) -> None:
    shipped.put_in()
    page = seen(staffs, LIST + "?q=asthma")
    rows = {text_of(row) for row in page.all("tr")}
    (sms,) = [row for row in rows if "928451000000107" in row.split("SNOMED id")[-1]]
    assert "Invitation" in sms
    assert "Ready to use" in sms
    (letter,) = [row for row in rows if "first letter" in row]
    assert "Never with a batch" in letter


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=influenza+DECLINED", {"315640000", "822931000000100"}),
        ("q=822931000000100", {"822931000000100"}),
        ("q=82293", {"822931000000100"}),
        ("q=rsv&kind=given", {"1303503001"}),
        ("q=rsv&kind=invitation", set()),
        ("q=asthma&kind=decline&standing=usable", {"763221007"}),
        ("q=health+check&standing=never&kind=given", {"523221000000100", "763661000000101"}),
    ],
)
def test_codes_are_found_by_words_id_kind_and_state(staffs: Client, query: str, expected: set[str]) -> None:
    shipped.put_in()
    page = seen(staffs, f"{LIST}?{query}")
    assert set(listed(page)) == expected
    assert bool(expected) is ("Selfbook has no code like that." not in page.text)


def test_an_address_that_no_form_made_lists_everything(staffs: Client) -> None:
    make_code(CodeKind.INVITATION)
    assert listed(seen(staffs, LIST + "?q=asthma&kind=nonsense")) == ["711408005"]


def test_the_pages_of_a_search_keep_what_was_searched_for(staffs: Client) -> None:
    shipped.put_in()
    page = seen(staffs, LIST + "?q=&kind=decline&page=2")
    links = [e.get("href", "") for e in page.all("a") if "page=1" in e.get("href", "")]
    assert links
    assert all("kind=decline" in link and link.count("page=") == 1 for link in links)


def test_without_a_release_staff_are_told_so(staffs: Client) -> None:
    assert "No release of SNOMED CT is loaded here" in seen(staffs, LIST + "?q=asthma").text


# Searching a release


def test_a_releases_terms_are_found_by_the_beginnings_of_words(staffs: Client) -> None:
    release(n1="Asthma monitoring call", n2="Asthma", n3="Brittle asthma", n4="Diabetes monitoring call")
    assert [row.term for row in code_search.terms("asth")] == ["Asthma", "Brittle asthma", "Asthma monitoring call"]
    assert [row.term for row in code_search.terms("CALL asthma")] == ["Asthma monitoring call"]
    assert [row.term for row in code_search.terms(concept_id(4))] == ["Diabetes monitoring call"]
    page = seen(staffs, LIST + "?q=brittle")
    assert "Brittle asthma (procedure)" in page.text
    assert f"/codes/ask/?id={concept_id(3)}" in [e.get("href") for e in page.all("a")]


@pytest.mark.parametrize(
    "query", ["", "as", "1 2 3", "' | !", "asthma & !(", "':*", "asth\\", "\0", "a" * 100, "12345678901234567890"]
)
def test_no_search_breaks(staffs: Client, query: str) -> None:
    release(n1="Asthma monitoring call")
    assert staffs.get(LIST, {"q": query}).status_code == 200
    assert len(code_search.terms(query.replace("\0", ""))) in (0, 1)


def test_what_is_a_code_already_is_not_offered_again(staffs: Client) -> None:
    code = make_code(CodeKind.INVITATION)
    SnomedTerm.objects.create(concept_id=code.pk, term=code.term, full_name=code.term)
    assert code_search.terms("short message") == []


def test_a_common_word_is_cut_off_and_answered_by_the_index(django_assert_max_num_queries: Any) -> None:
    terms = []
    for serial in range(700):
        stem = f"{880_000 + serial}00"
        identity = stem + verhoeff.calc_check_digit(stem)
        terms.append(SnomedTerm(concept_id=identity, term=f"Procedure {serial}", full_name=f"Procedure {serial}"))
    SnomedTerm.objects.bulk_create(terms)
    with django_assert_max_num_queries(1):
        assert len(code_search.terms("procedure")) == code_search.MOST_TERMS
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "snomed_term_words" in SnomedTerm.objects.matching("'xylo':*").explain()


# Asking


def test_a_code_that_is_asked_for_waits_for_a_second_person(staffs: Client, staff: User) -> None:
    assert goes_to(staffs.post(ASK, ASKED), address(NEW))
    code = SnomedCode.objects.get(concept_id=NEW)
    assert (code.term, code.kind, code.proposed_by, code.approved_at) == (TERM, "invitation", staff, None)
    assert code not in SnomedCode.objects.usable(CodeKind.INVITATION)
    page = seen(staffs, address(NEW))
    assert "You asked for this code, so somebody else must approve it." in page.text
    assert "Waiting for an administrator: no SNOMED release is loaded here" in page.text
    assert "Ask an administrator of Selfbook to look at it." in page.text
    assert "1 code of your practice waits for an administrator." in seen(staffs, LIST).text
    assert listed(seen(staffs, LIST + "?standing=administrator"))[-1] == NEW
    assert Standing.of(code) == Standing.ADMINISTRATOR
    assert AuditEvent.objects.get(action="code.added", practice=staff.memberships.get().practice).actor == staff


def test_with_a_release_it_waits_for_a_manager(staffs: Client) -> None:
    release(n41=TERM)
    assert "A manager or administrator has to approve it." in check_page(staffs.post(ASK, ASKED, follow=True)).text
    assert "1 code waits for a second person." in seen(staffs, LIST).text
    assert listed(seen(staffs, LIST + "?standing=waiting"))[-1] == NEW
    assert Standing.of(SnomedCode.objects.get()) == Standing.WAITING


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"concept_id": ""}, "Enter the SNOMED CT id"),
        ({"concept_id": "12345"}, "A SNOMED CT id is 6 to 18 digits"),
        ({"concept_id": "24700008"}, "The check digit is wrong"),
        ({"concept_id": "1149291000000110"}, "This is the id of a description"),
        ({"concept_id": "1303503001"}, "Selfbook has this code already"),
        ({"concept_id": "711408005"}, "Selfbook has this code already: Short message service"),
        ({"term": ""}, "Enter the term"),
        ({"term": "Made-up screening given"}, "This code says that care was given or done"),
        ({"term": "Made-up screening"}, "The term of an invitation says that the patient was invited"),
        ({"term": "Made-up screening declined"}, "this is the term of a decline, not of an invitation"),
        ({"kind": "decline"}, "The term of a decline says so"),
        ({"kind": ""}, "Choose what the code says"),
        ({"kind": "given"}, "Choose what the code says"),
        ({"emis_code": "9N3G"}, "Give both the EMIS code and its scheme"),
    ],
)
def test_what_must_not_be_asked_for_is_refused(staffs: Client, change: dict[str, str], error: str) -> None:
    shipped.put_in()
    count = SnomedCode.objects.count()
    assert error in errors(staffs.post(ASK, ASKED | change))
    assert SnomedCode.objects.count() == count


def test_with_a_release_its_own_term_is_taken(staffs: Client) -> None:
    release(n41=TERM)
    page = seen(staffs, f"{ASK}?id={NEW}")
    fields = {e.get("name"): e.get("value") for e in page.all("input")}
    assert (fields["concept_id"], fields["term"]) == (NEW, TERM)
    assert goes_to(staffs.post(ASK, ASKED | {"term": "My own words: invited"}), address(NEW))
    assert SnomedCode.objects.get(concept_id=NEW).term == TERM
    assert f"{TERM} (procedure)" in seen(staffs, address(NEW)).text


def test_with_a_release_an_id_that_is_not_in_it_is_refused(staffs: Client) -> None:
    release(n1="Something else")
    assert "not an active concept of the SNOMED CT release of 1 April 2026" in errors(staffs.post(ASK, ASKED))


# Approving


def asked(practice: Practice, by: User) -> SnomedCode:
    code = SnomedCode(practice=practice, concept_id=NEW, term=TERM, kind=CodeKind.INVITATION)
    codes.write(code=code, by=by)
    return code


@pytest.fixture
def waiting(staff: User, practice: Practice) -> SnomedCode:
    release(n41=TERM)
    return asked(practice, staff)


def approve(client: Client, **answers: str) -> Any:
    page = seen(client, address(NEW))
    fingerprint = next(e.get("value", "") for e in page.all("input") if e.get("name") == "seen")
    return client.post(address(NEW), {"seen": fingerprint, "compared": "on", **answers})


def test_a_manager_is_the_second_person(managers: Client, manager: User, waiting: SnomedCode) -> None:
    assert goes_to(approve(managers), address(NEW))
    waiting.refresh_from_db()
    assert (waiting.approved_by, waiting.is_usable) == (manager, True)
    page = seen(managers, address(NEW))
    assert "The code is approved. Staff can choose it for a batch." in page.text
    assert "Approved by Mina Lowe" in page.text
    assert "Who can use it Only Example Surgery" in page.text
    assert waiting in SnomedCode.objects.usable(CodeKind.INVITATION, waiting.practice)
    assert waiting not in SnomedCode.objects.usable(CodeKind.INVITATION)


def test_the_box_must_be_ticked(managers: Client, waiting: SnomedCode) -> None:
    assert "Tick the box once you have looked the id up" in errors(approve(managers, compared=""))
    waiting.refresh_from_db()
    assert not waiting.is_approved


def test_what_was_changed_meanwhile_is_not_approved(managers: Client, waiting: SnomedCode) -> None:
    assert "was changed after you opened this page" in errors(approve(managers, seen="something else"))


def test_nobody_approves_their_own(managers: Client, manager: User) -> None:
    asked(manager.memberships.get().practice, manager)
    assert "somebody else must approve it" in seen(managers, address(NEW)).text
    refused = managers.post(address(NEW), {"compared": "on"})
    assert refused.status_code == 403
    assert "Somebody else must check it." in Page(refused.content.decode()).text
    assert AuditEvent.objects.get(action="code.approval_refused").data["reason"] == "the same account"
    assert not SnomedCode.objects.get(concept_id=NEW).is_approved


def test_a_sender_cannot_approve_and_a_viewer_cannot_ask(
    client: Client, practice: Practice, waiting: SnomedCode
) -> None:
    client.force_login(make_staff(practice))
    assert "A manager or an administrator has to approve it." in seen(client, address(NEW)).text
    assert client.post(address(NEW), {"compared": "on"}).status_code == 403
    refused = client.post(address(NEW, "code-turn-down"), follow=True)
    assert "Only the person who asked for it, or a manager, can turn it down." in check_page(refused).text
    client.force_login(make_staff(practice, Role.VIEWER))
    assert seen(client, LIST)
    assert client.get(ASK).status_code == client.post(ASK, ASKED).status_code == 403
    assert client.post(address(NEW, "code-turn-down")).status_code == 403
    assert SnomedCode.objects.filter(concept_id=NEW, approved_at=None).exists()


def test_what_a_practice_has_is_nobody_elses(client: Client, managers: Client, waiting: SnomedCode) -> None:
    other = make_practice()
    client.force_login(make_staff(other, Role.MANAGER))
    for _ in range(2):  # while it waits, and once it is approved
        assert NEW not in seen(client, LIST).text.split("All codes")[1]
        assert client.get(address(NEW)).status_code == 404
        assert client.post(address(NEW), {"compared": "on"}).status_code == 404
        assert client.post(address(NEW, "code-turn-down")).status_code == 404
        assert client.get(address(waiting.pk)).status_code == 404
        approve_if_waiting(managers)
    assert goes_to(client.post(ASK, ASKED), address(NEW)), "another practice may ask for it, too"
    assert SnomedCode.objects.filter(concept_id=NEW).count() == 2


def approve_if_waiting(managers: Client) -> None:
    if "Be the second person" in seen(managers, address(NEW)).text:
        approve(managers)


# Turning down


def test_a_code_is_taken_back_or_turned_down(
    staffs: Client, managers: Client, waiting: SnomedCode, staff: User
) -> None:
    assert "Take it back" in seen(staffs, address(NEW)).text
    assert goes_to(staffs.post(address(NEW, "code-turn-down")), LIST)
    assert not SnomedCode.objects.filter(concept_id=NEW).exists()
    asked(staff.memberships.get().practice, staff)
    assert "Turn it down" in seen(managers, address(NEW)).text
    managers.post(address(NEW, "code-turn-down"))
    assert not SnomedCode.objects.filter(concept_id=NEW).exists()
    assert AuditEvent.objects.filter(action="code.turned_down").count() == 2


def test_a_code_with_a_past_is_not_deleted(managers: Client, practice: Practice, waiting: SnomedCode) -> None:
    make_campaign(practice, invitation_code=waiting)
    response = managers.post(address(NEW, "code-turn-down"), follow=True)
    assert "has been in use before. Ask an administrator to switch it off." in check_page(response).text
    assert SnomedCode.objects.filter(concept_id=NEW).exists()


def test_an_approved_code_is_not_turned_down(managers: Client) -> None:
    code = make_code(CodeKind.INVITATION)
    response = managers.post(address(code.pk, "code-turn-down"), follow=True)
    assert "is not waiting for a second person" in check_page(response).text
    assert SnomedCode.objects.filter(pk=code.pk).exists()


@pytest.mark.parametrize("name", ["code-list", "code-ask"])
def test_the_pages_are_for_staff_who_are_logged_in(client: Client, name: str) -> None:
    assert client.get(reverse(f"campaigns:{name}")).status_code == 302


def test_a_code_that_was_published_once_is_marked_wherever_it_is_seen(
    staffs: Client, administrator: User, practice: Practice
) -> None:
    code = make_code(CodeKind.INVITATION, source="One page")
    plain = make_code(CodeKind.DECLINE)
    SnomedCode.objects.filter(pk=code.pk).update(one_source=True)
    assert seen(staffs, LIST).text.count(ONE_SOURCE) == 1
    assert f"One page. {ONE_SOURCE}" in seen(staffs, address(code.concept_id)).text
    assert ONE_SOURCE not in seen(staffs, address(plain.concept_id)).text
    admins = Client()
    admins.force_login(administrator)
    changelist = reverse("admin:campaigns_snomedcode_changelist")
    for path, count in ((changelist, 1), (f"{changelist}?one_source__exact=0", 0)):
        assert admins.get(path).content.decode().count(ONE_SOURCE) == count
    assert ONE_SOURCE in admins.get(reverse("admin:campaigns_snomedcode_change", args=[code.pk])).content.decode()
